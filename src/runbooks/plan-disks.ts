import type { DiskFacts, VmFacts } from '../model/inventory.js';
import { pairOf } from './outlook.js';
import type { Scene } from './plan-scene.js';

/** What becomes of a VM's disks when it moves to a host as it is. */
export interface DiskCopy {
  readonly copyStorage: 'none' | 'all';
  /** Targets of disks that both hosts see: where none is copied, only of files that were seen to be the same. */
  readonly shared: readonly string[];
  /** Those that are copied. */
  readonly disks: readonly DiskFacts[];
}

/** Disks that both hosts see stay where they are; others go along. Without a host, as on any that was not looked at. */
export function copyOf(scene: Scene, facts: VmFacts, host?: string): DiskCopy {
  const outlook = host === undefined ? undefined : scene.outlooks.get(pairOf(facts.host, host));
  const seen = outlook?.sharedDisks(facts.id) ?? [];
  const isInSite = facts.site === scene.target.site;
  const isStaying = (disk: DiskFacts): boolean => (isInSite && disk.isShared) || seen.includes(disk.target);
  const disks = facts.disks.filter((disk) => !isStaying(disk));
  // Of disks that the hosts reach over the network libvirt knows by itself that both have them.
  const seenFiles = facts.disks.map(({ target }) => target).filter((target) => seen.includes(target));
  return disks.length === 0
    ? { copyStorage: 'none', shared: seenFiles, disks }
    : { copyStorage: 'all', shared: facts.disks.filter(isStaying).map(({ target }) => target), disks };
}

export function usedBytesOf(disks: readonly DiskFacts[]): number {
  return disks.reduce((sum, disk) => sum + disk.usedBytes, 0);
}
