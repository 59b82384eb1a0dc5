/** One evacuation by Lifeboat's command line, and what its report and libvirt's events tell of it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ourUriOf, uriOf } from './lab.mjs';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/**
 * Empties the source with at most `atOnce` moves at once. `commandMs` is the whole command, `movesMs` from the first move's
 * begin to the last one's end, `gapsMs` how long each slot was empty between two moves, `downtimesMs` as Lifeboat says.
 */
export async function evacuate({ guests, source, targets, atOnce, transport }) {
  const folder = await mkdtemp(join(tmpdir(), 'lifeboat-bench-'));
  const estate = join(folder, 'lifeboat.yaml');
  const runbook = join(folder, 'evacuate.yaml');
  await writeFile(estate, estateOf({ hosts: [source, ...targets], transport, folder }));
  await writeFile(runbook, runbookOf({ guests, source, atOnce }));
  const { connect, DomainEventStoppedDetailType, DomainEventType } = await import('node-libvirt');
  const host = await connect(uriOf.tcp(source));
  const leftAt = [];
  await host.subscribe('domain.lifecycle', ({ dom, event, detail }) => {
    const hasMoved = event === DomainEventType.STOPPED && detail === DomainEventStoppedDetailType.MIGRATED;
    if (hasMoved && guests.includes(dom.name)) leftAt.push(Date.now());
  });
  try {
    const began = performance.now();
    const argv = [program, 'evacuate', runbook, '--estate', estate, '-o', 'json'];
    const { stdout } = await run(process.execPath, argv, { maxBuffer: 2 ** 26 });
    const commandMs = performance.now() - began;
    const { report } = JSON.parse(stdout);
    const moves = report.stages
      .flatMap(({ lanes }) => lanes.flatMap(({ steps }) => steps))
      .filter(({ kind }) => kind === 'migrate');
    const startedAt = moves.map((move) => move.startedAt).toSorted((a, b) => a - b);
    const endedAt = moves.map((move) => move.endedAt);
    return {
      commandMs,
      movesMs: Math.max(...endedAt) - startedAt[0],
      gapsMs: gapsOf({ startedAt, leftAt, atOnce }),
      downtimesMs: report.vms.map(({ downtimeMs }) => downtimeMs),
    };
  } catch (error) {
    throw new Error(`lifeboat evacuate failed (${error.code}): ${error.stderr}${error.stdout}`, { cause: error });
  } finally {
    await host.close();
    await rm(folder, { recursive: true });
  }
}

/** From the end of the n-th move, by libvirt's own event, to the begin of the one that could take its place. */
function gapsOf({ startedAt, leftAt, atOnce }) {
  return startedAt.slice(atOnce).map((started, index) => Math.max(0, started - leftAt[index]));
}

export function estateOf({ hosts, transport, folder }) {
  const site = hosts[0].site;
  const lines = hosts.map(
    (host) =>
      `      ${host.name}: { uri: "${ourUriOf[transport](host)}", address: ${host.address}, peer-uri: qemu+tcp://${host.name}/system }`,
  );
  return `version: 1
sites:
  ${site}:
    hosts:
${lines.join('\n')}
    networks: { prod: br-prod, drill: br-drill }
tls: off
store: { sqlite: ${join(folder, 'lifeboat.db')} }
`;
}

function runbookOf({ guests, source, atOnce }) {
  return `version: 1
name: bench
protect: { from: { host: ${source.name} }, to: ${source.site} }
groups: [{ name: all, vms: [${guests.join(', ')}] }]
limits: { per-host: ${atOnce}, per-link: ${atOnce} }
`;
}
