/**
 * Calls per second of the cheapest call that still asks the host: ours one after the other, ours with five in flight,
 * libvirt-python in a tight loop, and one `virsh` process for each call. All over the same UNIX socket of the same host.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
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
  const cpu = pin();
  const { connect } = await import('node-libvirt');
  const libvirt = await connect(host.uri);
  const python = await startPython(host.uri);
  try {
    await sequential(libvirt, WARM_UP_CALLS);
    await pipelined(libvirt, WARM_UP_CALLS);
    await python.run(WARM_UP_CALLS);
    await virsh(host.uri, VIRSH_CALLS);
    const rates = await interleave({
      rounds: ROUNDS,
      slices: SLICES,
      contenders: [
        { name: 'sequential', run: () => sequential(libvirt, CALLS) },
        { name: 'python', run: () => python.run(CALLS) },
        { name: 'pipelined', run: () => pipelined(libvirt, CALLS) },
        { name: 'virsh', run: () => virsh(host.uri, VIRSH_CALLS) },
      ],
    });
    return summary(rates, cpu);
  } finally {
    await python.stop();
    await libvirt.close();
  }
}

/**
 * Keeps all clients on one CPU, the last that this process may use, and says which. Otherwise a client that happens to
 * share a CPU with the daemon is a third faster than one that does not, for as long as the scheduler leaves it there,
 * and the ratio of two clients says where each of them was put.
 */
function pin() {
  if (availableParallelism() < 2) return 'the only CPU';
  const words = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' }).stdout ?? '';
  const cpu = words.match(/(\d+)\s*$/)?.[1];
  const { status } = spawnSync('taskset', ['-acp', String(cpu), String(process.pid)], { stdio: 'ignore' });
  if (cpu !== undefined && status === 0) return `CPU ${cpu}`;
  console.error('the clients cannot be kept on one CPU, so that ratios vary more: install util-linux for `taskset`');
  return 'any CPU';
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

function summary(rates, cpu) {
  const ratio = (name, peer) => Number(medianRatio(rates[name], rates[peer]).toPrecision(4));
  const rate = (name) => Math.round(median(rates[name]));
  const row = (label, name, compared) => [
    label,
    String(rate(name)),
    `${Math.round(Math.min(...rates[name]))}..${Math.round(Math.max(...rates[name]))}`,
    compared,
  ];
  const ratios = {
    python: ratio('sequential', 'python'),
    virsh: ratio('sequential', 'virsh'),
    pipelined: ratio('pipelined', 'python'),
  };
  return {
    table: [
      [`clients on ${cpu}`, 'calls/s', `range of ${ROUNDS} rounds`, 'ours to it'],
      row('node-libvirt, one after the other', 'sequential', ''),
      row(`node-libvirt, ${IN_FLIGHT} in flight`, 'pipelined', ''),
      row('libvirt-python, tight loop', 'python', `${ratios.python} (${IN_FLIGHT} in flight: ${ratios.pipelined})`),
      row('virsh, a process for each call', 'virsh', String(ratios.virsh)),
    ],
    metrics: { sequential: rate('sequential'), pipelined: rate('pipelined') },
    peers: { python: rate('python'), virsh: rate('virsh') },
    ratios,
  };
}
