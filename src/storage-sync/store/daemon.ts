import { FailureError } from '../../model/failure.js';
import { openQmp, type Qmp } from '../qmp/qmp.js';
import { daemonLost, fromMonitor } from './failures.js';
import { attempt, succeed } from './host-commands.js';
import { monitorSocket, nbdSocket, pidFile, type Seat } from './seat.js';

/** How long the monitor of a daemon that is to end may be silent, ms, before a signal is sent instead. */
const monitorWithinMs = 5_000;

/** A running storage daemon. Two daemons never have the same `instance`. */
export interface Daemon {
  readonly pid: number;
  readonly instance: string;
}

/** How long a daemon that was told to end may take, s, before it is killed. */
const endsWithinSeconds = 30;

/** The VM's daemon, when one runs. A pid file of one that does not is removed. */
export async function findDaemon(seat: Seat): Promise<Daemon | undefined> {
  const { exitCode, stdout } = await attempt(seat, ['cat', pidFile(seat)]);
  if (exitCode !== 0) {
    return undefined;
  }
  const pid = Number(stdout.trim());
  if (Number.isSafeInteger(pid) && pid > 1) {
    const told = await attempt(seat, ['cat', `/proc/${pid}/cmdline`]);
    const words = told.stdout.split('\0');
    if (told.exitCode === 0 && words[0]?.endsWith('qemu-storage-daemon') && words.includes(pidFile(seat))) {
      const stat = await attempt(seat, ['cat', `/proc/${pid}/stat`]);
      if (stat.exitCode === 0) {
        return { pid, instance: `${pid}-${startOf(stat.stdout)}` };
      }
    }
  }
  await succeed(seat, ['rm', '-f', '--', pidFile(seat)]);
  return undefined;
}

/** The VM's daemon; it is started when none runs. A call that was cut off may have started it: the next one finds it. */
export async function ensureDaemon(seat: Seat): Promise<Daemon> {
  const running = await findDaemon(seat);
  if (running !== undefined) {
    return running;
  }
  await succeed(seat, ['mkdir', '-p', '-m', '0700', '--', seat.runFolder]);
  const socket = monitorSocket(seat).replaceAll(',', ',,');
  const argv = [
    'qemu-storage-daemon',
    '--daemonize',
    '--pidfile',
    pidFile(seat),
    '--chardev',
    `socket,id=monitor,path=${socket},server=on,wait=off`,
    '--monitor',
    'chardev=monitor',
  ];
  const { exitCode, stderr } = await attempt(seat, argv).catch((error: unknown) => {
    throw error instanceof FailureError && error.failure.code === 'command-not-found' ? daemonMissing(seat) : error;
  });
  const started = await findDaemon(seat);
  if (started === undefined) {
    throw new FailureError({
      code: 'storage-daemon-failed',
      kind: 'permanent',
      message: `The storage daemon of the VM ${seat.vmId} on ${seat.on} did not start (status ${exitCode})`,
      hint: `see the cause; its pid file and socket are in ${seat.runFolder}`,
      cause: stderr.trim(),
    });
  }
  return started;
}

/**
 * Ends the VM's daemon, and returns when it is seen gone with all its exports and locks: asked to, so that it writes all
 * it has; killed when it does not answer. Nothing happens when none runs.
 */
export async function endDaemon(seat: Seat): Promise<void> {
  const running = await findDaemon(seat);
  if (running === undefined) {
    return;
  }
  if (!(await isToldToQuit(seat))) {
    // Somebody may hold its only monitor. This ends it as well, but is noticed up to a second later.
    await attempt(seat, ['kill', '-s', 'TERM', String(running.pid)]);
  }
  if (!(await isGone(seat, running))) {
    await attempt(seat, ['kill', '-s', 'KILL', String(running.pid)]);
    if (!(await isGone(seat, running))) {
      throw daemonLost(seat, `does not end (pid ${running.pid})`);
    }
  }
  // What it removes by itself when it ends well is left when it was killed; the socket of NBD always is.
  await succeed(seat, ['rm', '-f', '--', pidFile(seat), monitorSocket(seat), nbdSocket(seat)]);
}

/** Talks to the daemon over a connection of its own, which is closed in the end; QMP's errors become failures. */
export async function withMonitor<Answer>(seat: Seat, talk: (qmp: Qmp) => Promise<Answer>): Promise<Answer> {
  try {
    await using qmp = await openQmp(await seat.sockets.connect(seat.on, monitorSocket(seat), seat.signal), seat.signal);
    return await talk(qmp);
  } catch (error) {
    throw fromMonitor(seat, error);
  }
}

/** Whether the daemon has taken the order over its monitor. */
async function isToldToQuit(seat: Seat): Promise<boolean> {
  try {
    const stream = await seat.sockets.connect(seat.on, monitorSocket(seat), seat.signal);
    await using qmp = await openQmp(stream, seat.signal, { deadlineMs: monitorWithinMs });
    await qmp.execute('quit', {}, seat.signal);
    return true;
  } catch (error) {
    const failure = fromMonitor(seat, error);
    if (failure instanceof FailureError && failure.failure.kind === 'transient') {
      return false;
    }
    throw failure;
  }
}

async function isGone(seat: Seat, { pid }: Daemon): Promise<boolean> {
  const wait = ['timeout', String(endsWithinSeconds), 'tail', `--pid=${pid}`, '-s', '0.05', '-f', '/dev/null'];
  return (await attempt(seat, wait)).exitCode === 0;
}

/** Field 22 of /proc/PID/stat, after the name in brackets that may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function startOf(stat: string): string {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function daemonMissing({ on }: Seat): FailureError {
  return new FailureError({
    code: 'storage-daemon-missing',
    kind: 'permanent',
    message: `${on} has no qemu-storage-daemon`,
    hint: 'install it there; Debian and Ubuntu have it in qemu-system-common or qemu-utils',
  });
}
