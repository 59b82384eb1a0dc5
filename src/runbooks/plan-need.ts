import type { DiskFacts, VmFacts } from '../model/inventory.js';
import type { Need } from './capacity.js';
import type { Scene } from './plan-scene.js';

/** An overlay begins empty; so much of a disk's size has to be free for what its VM writes. */
const overlayShare = 0.05;
/** A sparse copy may grow while it is made: so much of what is not yet used has to be free. */
const growthShare = 0.1;

export type Mapped = { readonly networks: readonly string[] } | { readonly unmapped: string };

/** The VM's networks by their names at the target: what is `prod` on its own site is `prod` there. */
export function mapNetworks(scene: Scene, facts: VmFacts): Mapped {
  const home = facts.seenOn === 'replica' ? scene.source.site : facts.site;
  if (home === scene.target.site) {
    return { networks: facts.networks };
  }
  const logicalNames = Object.entries(scene.estate.sites[home]?.networks ?? {});
  const networks: string[] = [];
  for (const name of facts.networks) {
    const logical = logicalNames.find(([, own]) => own === name)?.[0];
    const there = logical === undefined ? undefined : scene.targetSite.networks[logical];
    if (there === undefined) {
      const missing =
        logical === undefined ? `${home} gives ${name} no name` : `${scene.target.site} has no network ${logical}`;
      return { unmapped: `network ${name} has no counterpart at ${scene.target.site}: ${missing}` };
    }
    networks.push(there);
  }
  return { networks };
}

/** What a VM that runs over an overlay needs. */
export function needOverOverlay(facts: VmFacts, networks: readonly string[]): Need {
  const diskBytes = facts.disks.reduce((sum, disk) => sum + Math.ceil(disk.sizeBytes * overlayShare), 0);
  return { ...computeNeed(facts), networks, diskBytes };
}

/** What a VM needs that goes to another host with copies of these of its disks. */
export function needWithDisks(facts: VmFacts, networks: readonly string[], copied: readonly DiskFacts[]): Need {
  return { ...computeNeed(facts), networks, diskBytes: copied.reduce((sum, disk) => sum + copyBytes(disk), 0) };
}

/** A live VM carries the CPU it was started with: its host's, when it asks for none. */
export function withLiveCpu(scene: Scene, facts: VmFacts, need: Need): Need {
  const cpuModel = facts.cpuModel ?? scene.hosts.get(facts.host)?.cpuModel;
  return cpuModel === undefined || cpuModel === '' ? need : { ...need, cpuModel };
}

/** Bytes of the disks that no other host of the site sees. */
export function usedBytes(facts: VmFacts): number {
  return facts.disks.filter(({ isShared }) => !isShared).reduce((sum, disk) => sum + disk.usedBytes, 0);
}

function computeNeed({ memoryBytes, vcpus, cpuModel }: VmFacts): Omit<Need, 'networks' | 'diskBytes'> {
  return { memoryBytes, vcpus, ...(cpuModel === undefined ? {} : { cpuModel }) };
}

function copyBytes({ format, sizeBytes, usedBytes: used }: DiskFacts): number {
  return format === 'raw' ? sizeBytes : used + Math.ceil(Math.max(0, sizeBytes - used) * growthShare);
}
