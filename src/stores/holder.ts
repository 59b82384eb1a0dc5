import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * This process, as the holder of a lease: host name, process id, its start time in clock ticks since boot, and where process
 * ids mean what they mean here: the boot and the PID namespace. What the system does not say is left empty.
 */
export function thisHolder(): string {
  return [hostname(), String(process.pid), startOf('self') ?? '', boot(), pidNamespace()].join(':');
}

/**
 * Whether a holder has certainly ended: it was a process of this machine and is no more, its id is another process's now,
 * or the machine has been started again since. Whoever cannot be judged from here, such as a process of another machine or
 * of another container, counts as alive until its lease lapses.
 */
export function isHolderDead(holder: string): boolean {
  const [host, pid, start, itsBoot, itsNamespace] = holder.split(':');
  if (host !== hostname() || pid === undefined || !/^[1-9]\d*$/.test(pid) || itsBoot === undefined) {
    return false;
  }
  if (itsBoot !== boot()) {
    return itsBoot !== '' && boot() !== '';
  }
  if (itsNamespace !== pidNamespace()) {
    return false;
  }
  if (!isRunning(Number(pid))) {
    return true;
  }
  const itsStart = startOf(pid);
  return itsStart !== undefined && start !== '' && itsStart !== start;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Field 22 of proc_pid_stat(5), counted from behind the command's name, which may hold anything. */
function startOf(pid: string): string | undefined {
  const stat = readIfThere(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(19);
}

function boot(): string {
  return readIfThere(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
}

function pidNamespace(): string {
  return readIfThere(() => readlinkSync('/proc/self/ns/pid').replace(/\D/g, ''));
}

/** Systems without /proc say nothing, which is no error: then only the process id tells. */
function readIfThere(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
