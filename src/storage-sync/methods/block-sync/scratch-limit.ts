/** Part of the free scratch space that a backup may take before the cycle is given up, and what stays free then. */
const usableShare = 0.8;
const keptShare = 0.2;

/** What was free before the backup began, what it has taken, and what is free now; bytes. */
export interface ScratchUse {
  readonly freeAtBeginning: number;
  readonly usedBytes: number;
  readonly freeNow: number;
}

/**
 * Whether the cycle must end now. When the scratch space is full the VM's own writes fail and it pauses, so a fifth is left.
 * What is free now counts as well: another backup may take from the same space.
 */
export function isScratchSpent({ freeAtBeginning, usedBytes, freeNow }: ScratchUse): boolean {
  return usedBytes >= usableShare * freeAtBeginning || freeNow <= keptShare * freeAtBeginning;
}
