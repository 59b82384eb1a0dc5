import { FailureError } from '../../model/failure.js';
import type { HostShell } from '../host-shell.js';

/** What libvirt does not tell of a host: its bridges, and the room in its images folder. */
export interface Surroundings {
  readonly bridges: readonly string[];
  /** Free bytes in the folder; undefined when there is no such folder. */
  readonly diskFreeBytes?: number;
}

/** Names every bridge, then the free bytes of the folder given. */
const script = [
  'for each in /sys/class/net/*/bridge; do [ -d "$each" ] && each=${each%/bridge} && echo "bridge ${each##*/}"; done',
  'df --output=avail -B1 "$1" 2>/dev/null | tail -n 1 | sed "s/^ */free /"',
].join('; ');

/** Asks the host's shell; undefined where it has none that can be reached. */
export async function surroundingsOf(
  shell: HostShell,
  { host, images }: { readonly host: string; readonly images: string },
  signal: AbortSignal,
): Promise<Surroundings | undefined> {
  try {
    const argv = ['sh', '-c', script, 'sh', images];
    const { stdout, exitCode } = await shell.run({ on: host, argv, environment: {} }, signal);
    return exitCode === 0 || stdout !== '' ? readSurroundings(stdout) : undefined;
  } catch (error) {
    if (error instanceof FailureError && !signal.aborted) {
      return undefined;
    }
    throw error;
  }
}

export function readSurroundings(text: string): Surroundings {
  const lines = text.split('\n').map((line) => line.trim().split(' '));
  const bridges = lines.flatMap(([what, name]) => (what === 'bridge' && name !== undefined ? [name] : []));
  const free = lines.find(([what, bytes]) => what === 'free' && /^\d+$/.test(bytes ?? ''))?.[1];
  return { bridges, ...(free === undefined ? {} : { diskFreeBytes: Number(free) }) };
}
