import type { Inventory } from '../model/inventory.js';
import { digestOf } from './subject.js';

/**
 * Digest of what a plan rests on: which hosts there are and what they offer, where each VM is and what it needs, which
 * replicas exist and who may run what. Times, free space and points that come and go by themselves are left out, since
 * they would make every saved plan stale within minutes; the steps of the plan look at them again.
 */
export function inventoryDigest(inventory: Inventory): string {
  const hosts = inventory.hosts.map(
    ({ observedAt: _at, memoryFreeBytes: _memory, diskFreeBytes: _disk, unreachable, ...host }) => ({
      ...host,
      isReachable: unreachable === undefined,
    }),
  );
  const vms = inventory.vms.map(({ observedAt: _at, dirtyBytesPerSecond: _dirty, disks, ...vm }) => ({
    ...vm,
    disks: disks.map(({ usedBytes: _used, ...disk }) => disk),
  }));
  const replicas = inventory.replicas.map(({ vm, site, host, method }) => ({ vm, site, host, method }));
  const authority = inventory.authority.map(({ since: _since, proof: _proof, ...rest }) => rest);
  return digestOf(
    JSON.stringify({
      hosts: sorted(hosts, ({ name }) => name),
      vms: sorted(vms, ({ id, host }) => `${id} ${host}`),
      replicas: sorted(replicas, ({ vm, site, host }) => `${vm} ${site} ${host}`),
      authority: sorted(authority, ({ vm }) => vm),
    }),
  );
}

function sorted<T>(list: readonly T[], key: (item: T) => string): readonly T[] {
  return list.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
}
