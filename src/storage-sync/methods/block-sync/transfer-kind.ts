import type { ProvenDisk, TransferKind } from '../../../model/replica.js';
import { differedText } from '../../differed-text.js';
import type { CycledDisk } from './cycle-request.js';

export interface Transferred {
  readonly transfer: TransferKind;
  /** Why it was a resync. */
  readonly reason?: string;
}

/** What the transfers of all disks came to together: one disk that was compared, or differed, makes it a resync. */
export function transferOf(
  disks: readonly Pick<CycledDisk, 'how' | 'why'>[],
  proof: readonly ProvenDisk[] = [],
): Transferred {
  const differed = proof.find(({ differedBytes }) => differedBytes > 0);
  if (differed !== undefined) {
    return { transfer: 'resync', reason: `the replica differed: ${differedText(differed)}` };
  }
  const compared = disks.find(({ how }) => how === 'resync');
  if (compared !== undefined) {
    return { transfer: 'resync', ...(compared.why === undefined ? {} : { reason: compared.why }) };
  }
  return { transfer: disks.every(({ how }) => how === 'seed') ? 'seed' : 'delta' };
}
