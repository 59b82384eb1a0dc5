/**
 * A host with fifty running VMs: how long `lifeboat plan` takes to say how it would be emptied, from the start of the process
 * to its end, and how long one look at it takes, beside a script that asks for one VM after the other.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hostsNamed, labThatIsUp, uriOf } from './evacuation/lab.mjs';
import { estateOf } from './evacuation/lifeboat.mjs';
import { median, medianRatio } from './rounds.mjs';
import { startManyVms } from './worlds/many-vms.mjs';

export const title = 'a host with fifty VMs: the time of a look and of a plan';
export const needsHosts = false;
export const options = {
  rounds: { type: 'string', default: '7' },
  vms: { type: 'string', default: '50' },
  transport: { type: 'string', default: 'ssh' },
};

const run = promisify(execFile);
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const IMAGES = '/var/lib/libvirt/images';
const LOOKS_IN_FLIGHT = 128;

export async function bench(_, { rounds, vms, transport }) {
  const takeDown = await labThatIsUp();
  const folder = await mkdtemp(join(tmpdir(), 'lifeboat-bench-'));
  try {
    const hosts = await hostsNamed((process.env.LIFEBOAT_LAB_HOSTS ?? 'north-1,north-2,north-3').split(','));
    const estate = join(folder, 'lifeboat.yaml');
    await writeFile(estate, estateOf({ hosts, transport, folder }));
    const { names, remove } = await startManyVms({ host: hosts[0], count: Number(vms), prefix: 'many' });
    try {
      return summary({
        names,
        rows: await measure({ host: hosts[0], names, estate, rounds: Number(rounds) }),
        transport,
      });
    } finally {
      await remove();
    }
  } finally {
    await rm(folder, { recursive: true });
    await takeDown();
  }
}

async function measure({ host, names, estate, rounds }) {
  const { connect } = await import('node-libvirt');
  const { askHost } = await import('../build/hypervisors/libvirt/host-look.js');
  const libvirt = await connect(uriOf.tcp(host), { maxInFlight: LOOKS_IN_FLIGHT });
  const contenders = {
    plan: async () => await planOf({ host, names, estate }),
    look: async () => await askHost(libvirt, IMAGES),
    script: async () => {
      for (const name of names) await run('virsh', ['-q', '-c', uriOf.tcp(host), 'dumpxml', name]);
    },
  };
  const rows = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, work] of Object.entries(contenders)) {
        const began = performance.now();
        await work();
        rows[name].push(performance.now() - began);
      }
    }
    return rows;
  } finally {
    await libvirt.close();
  }
}

/** Plans as a person does, and sees that it is a plan for all of them. */
async function planOf({ host, names, estate }) {
  const { stdout } = await run(process.execPath, [program, 'plan', host.name, '-e', estate, '-o', 'json'], {
    maxBuffer: 2 ** 26,
  });
  const missing = names.filter((name) => !stdout.includes(`"${name}"`));
  if (missing.length > 0) throw new Error(`the plan lacks ${missing.join(', ')}`);
}

function summary({ names, rows, transport }) {
  const row = (label, times) => [
    label,
    Math.round(median(times)).toString(),
    `${Math.round(Math.min(...times))}..${Math.round(Math.max(...times))}`,
  ];
  return {
    table: [
      [`${names.length} VMs, over ${transport}`, 'ms', `range of ${rows.plan.length} rounds`],
      row('lifeboat plan HOST, the whole command', rows.plan),
      row('one look at the host', rows.look),
      row('a script: virsh dumpxml for each VM', rows.script),
    ],
    metrics: { planMs: Math.round(median(rows.plan)), lookMs: Math.round(median(rows.look)) },
    peers: { scriptMs: Math.round(median(rows.script)) },
    ratios: { script: Number(medianRatio(rows.look, rows.script).toPrecision(3)) },
  };
}
