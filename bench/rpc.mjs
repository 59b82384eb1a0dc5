/**
 * Calls per second of the cheapest call that still asks the host: ours one after the other, ours with five in flight,
 * libvirt-python in a tight loop, and one `virsh` process for each call. All over the same UNIX socket of the same host.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { interleave, median, medianRatio } from './rounds.mjs';

export const title = 'calls per second: node-libvirt, libvirt-python, virsh';

const ROUNDS = 15;
const SLICES = 4;
const CALLS = 1000;
const VIRSH_CALLS = 2;
const WARM_UP_CALLS = 5000;
/** Calls before each slice's clock starts, so that nobody is charged for waking up after its neighbour. */
const SLICE_WARM_UP_CALLS = 20;
const IN_FLIGHT = 5;
const peerScript = fileURLToPath(new URL('./peers/rpc.py', import.meta.url));

export async function bench([host]) {
  const { connect } = await import('node-libvirt');
  const libvirt = await connect(host.uri);
  try {
    const everywhere = pin(null);
    const cpu = pin(lastOf(everywhere));
    const rates = await measure(host, libvirt, ['sequential', 'python', 'pipelined', 'virsh']);
    pin(everywhere);
    return summary({ rates, free: await measure(host, libvirt, ['sequential', 'python']), cpu });
  } finally {
    await libvirt.close();
  }
}

/** Rounds of the named contenders, by name their calls per second. Its own Python runs where this process may run now. */
async function measure(host, libvirt, names) {
  const python = await startPython(host.uri);
  const contenders = [
    { name: 'sequential', run: () => sequential(libvirt, CALLS) },
    { name: 'python', run: () => python.run(CALLS) },
    { name: 'pipelined', run: () => pipelined(libvirt, CALLS) },
    { name: 'virsh', run: () => virsh(host.uri, VIRSH_CALLS) },
  ].filter(({ name }) => names.includes(name));
  try {
    await sequential(libvirt, WARM_UP_CALLS);
    await python.run(WARM_UP_CALLS);
    return await interleave({ rounds: ROUNDS, slices: SLICES, contenders });
  } finally {
    await python.stop();
  }
}

/**
 * Keeps this process and its children on the CPUs of the list, such as `0-1`, and says on which they may run; `null` only
 * asks. A client that happens to share a CPU with the daemon is a third faster than one that does not, for as long as the
 * scheduler leaves it there; kept on one CPU, the clients are compared and not their places.
 */
function pin(cpus) {
  const words = cpus === null ? ['-cp'] : ['-acp', cpus];
  const { status, stdout } = spawnSync('taskset', [...words, String(process.pid)], { encoding: 'utf8' });
  if (status !== 0) throw new Error('the clients cannot be kept on one CPU: install util-linux for `taskset`');
  return cpus ?? stdout.trim().split(/\s/).at(-1);
}

/** The last CPU of a list such as `0-1` or `0,2`. */
function lastOf(cpus) {
  return cpus.match(/\d+$/)?.[0] ?? '0';
}

async function sequential(libvirt, calls) {
  for (let call = 0; call < SLICE_WARM_UP_CALLS; call++) await libvirt.connectGetLibVersion();
  const start = process.hrtime.bigint();
  for (let call = 0; call < calls; call++) await libvirt.connectGetLibVersion();
  return { calls, seconds: secondsSince(start) };
}

async function pipelined(libvirt, calls) {
  for (let call = 0; call < SLICE_WARM_UP_CALLS; call++) await libvirt.connectGetLibVersion();
  let left = calls;
  const lane = async () => {
    while (left-- > 0) await libvirt.connectGetLibVersion();
  };
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return { calls, seconds: secondsSince(start) };
}

/** One shell runs the loop, since starting processes from Node.js itself would cost more than `virsh` takes. */
async function virsh(uri, calls) {
  const loop = 'i=0; while [ "$i" -lt "$1" ]; do virsh -c "$2" hostname >/dev/null || exit 1; i=$((i + 1)); done';
  const start = process.hrtime.bigint();
  const shell = spawn('sh', ['-c', loop, 'sh', String(calls), uri], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(shell, 'exit');
  if (code !== 0) throw new Error(`virsh hostname fails at ${uri}: install libvirt-clients, or see its message above`);
  return { calls, seconds: secondsSince(start) };
}

async function startPython(uri) {
  const peer = spawn(pythonWithLibvirt(), [peerScript, uri], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${peerScript} has ended at ${uri}: see its message above`);
    return value;
  };
  await answer();
  return {
    async run(calls) {
      peer.stdin.write(`${SLICE_WARM_UP_CALLS} ${calls}\n`);
      return { calls, seconds: Number(await answer()) / 1e9 };
    },
    async stop() {
      peer.stdin.end();
      if (peer.exitCode === null) await once(peer, 'exit');
    },
  };
}

/** Debian's bindings belong to Debian's Python, which need not be the first one in PATH. */
function pythonWithLibvirt() {
  for (const python of ['python3', '/usr/bin/python3']) {
    if (spawnSync(python, ['-c', 'import libvirt'], { stdio: 'ignore' }).status === 0) return python;
  }
  throw new Error('no Python here can `import libvirt`: install python3-libvirt, then run the bench again');
}

function secondsSince(start) {
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function summary({ rates, free, cpu }) {
  const ratio = (from, name, peer) => Number(medianRatio(from[name], from[peer]).toPrecision(4));
  const rate = (from, name) => Math.round(median(from[name]));
  const row = (label, from, name, compared = '') => [
    label,
    String(rate(from, name)),
    `${Math.round(Math.min(...from[name]))}..${Math.round(Math.max(...from[name]))}`,
    compared,
  ];
  const ratios = {
    python: ratio(rates, 'sequential', 'python'),
    pythonUnpinned: ratio(free, 'sequential', 'python'),
    virsh: ratio(rates, 'sequential', 'virsh'),
    pipelined: ratio(rates, 'pipelined', 'python'),
  };
  return {
    table: [
      [`clients on CPU ${cpu}`, 'calls/s', `range of ${ROUNDS} rounds`, 'ours to it'],
      row('node-libvirt, one after the other', rates, 'sequential'),
      row(`node-libvirt, ${IN_FLIGHT} in flight`, rates, 'pipelined'),
      row(
        'libvirt-python, tight loop',
        rates,
        'python',
        `${ratios.python} (${IN_FLIGHT} in flight: ${ratios.pipelined})`,
      ),
      row('virsh, a process for each call', rates, 'virsh', String(ratios.virsh)),
      ['clients on any CPU', '', '', ''],
      row('node-libvirt, one after the other', free, 'sequential'),
      row('libvirt-python, tight loop', free, 'python', String(ratios.pythonUnpinned)),
    ],
    metrics: { sequential: rate(rates, 'sequential'), pipelined: rate(rates, 'pipelined') },
    peers: { python: rate(rates, 'python'), virsh: rate(rates, 'virsh') },
    ratios,
  };
}
