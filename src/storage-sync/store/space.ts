import { FailureError } from '../../model/failure.js';
import { succeed } from './host-commands.js';
import type { Seat } from './seat.js';

/** Left free whatever happens: 1 GiB, or 5 % of a file system smaller than 20 GiB. A full disk would spoil every replica on it. */
export function reserveBytes(totalBytes: number): number {
  return Math.min(2 ** 30, Math.floor(totalBytes / 20));
}

/** Refuses what does not fit beside the reserve, before anything is changed. */
export async function demandSpace(seat: Seat, path: string, neededBytes: number): Promise<void> {
  const said = await succeed(seat, ['df', '--output=avail,size', '-B1', '--', path]);
  const [free = 0, total = 0] = said.trim().split('\n').at(-1)?.trim().split(/\s+/).map(Number) ?? [];
  const reserve = reserveBytes(total);
  if (free - reserve < neededBytes) {
    throw new FailureError({
      code: 'no-space',
      kind: 'permanent',
      message: `${path} on ${seat.on} has ${free} bytes free; ${neededBytes} are needed, and ${reserve} stay in reserve`,
      hint: 'free some disk space, or keep fewer points',
    });
  }
}
