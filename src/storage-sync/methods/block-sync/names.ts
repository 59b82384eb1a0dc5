import type { Place } from '../../../model/place.js';

/**
 * Names that a cycle gives, so that whoever comes after a stop knows what is left over and whose it is. Each replica has a
 * chain of checkpoints of its own, and no name is ever given twice: a bitmap of that name is of that moment, wherever it is
 * found.
 */
export function chainOf({ site, host }: Place): string {
  return `lifeboat.${plain(site)}.${plain(host)}.`;
}

/** The checkpoint of the point with that id, in the chain of the replica at that place. */
export function checkpointName(to: Place, pointId: string): string {
  return `${chainOf(to)}${pointId}`;
}

/** The id of the point of that moment: `20261128T093000123Z`. */
export function pointIdAt(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:.]/g, '');
}

/** The folder of one VM in the scratch space of its host. All in it is ours. */
export function workFolder(scratch: string, vmId: string): string {
  return `${scratch}/lifeboat-${vmId}`;
}

/** libvirt takes no slash in the name of a checkpoint, and a dot ends a part of ours. */
function plain(name: string): string {
  return encodeURIComponent(name).replaceAll('.', '%2E');
}
