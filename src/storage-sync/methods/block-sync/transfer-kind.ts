import type { TransferKind } from '../../../model/replica.js';
import type { CycledDisk } from './cycle-request.js';

export interface Transferred {
  readonly transfer: TransferKind;
  /** Why it was a resync. */
  readonly reason?: string;
}

/** What the transfers of all disks came to together: one disk that was compared makes it a resync. */
export function transferOf(disks: readonly Pick<CycledDisk, 'how' | 'why'>[]): Transferred {
  const compared = disks.find(({ how }) => how === 'resync');
  if (compared !== undefined) {
    return { transfer: 'resync', ...(compared.why === undefined ? {} : { reason: compared.why }) };
  }
  return { transfer: disks.every(({ how }) => how === 'seed') ? 'seed' : 'delta' };
}
