import type { Place } from '../../model/place.js';
import { isRecord } from '../qmp/message.js';
import { isTarget, isVmId } from './layout.js';
import { isCount, type PointManifest, parseManifest, parseRecord } from './manifest.js';

/**
 * What `replica.json` says: the layers that count, and the one change that may be under way. Whatever else lies in the
 * folder was left by a stop and may go. It is replaced as a whole, so it is always one state or the next.
 */
export interface ReplicaState {
  readonly version: 1;
  readonly vm: { readonly id: string; readonly name: string };
  readonly method: 'mirror' | 'block-sync';
  /** Where the VM lives whose disks these are. */
  readonly source: Place;
  readonly disks: readonly DiskState[];
  /** The number that the next layer gets. Numbers are never used again. */
  readonly nextLayer: number;
  /** The newest layers were to become this point; the layers `nextLayer` of all disks are there above them. */
  readonly publishing?: PointManifest;
  readonly merging?: Merging;
  /** A source writes to the incoming layers by itself, or has until it broke. */
  readonly mirror?: MirrorRecord;
  /** The run that ended writing to the replica by a promotion. */
  readonly closedBy?: string;
}

/**
 * It is there from before the first write of a mirror until what it has written is published or thrown away: without
 * `readyAt` the incoming layers hold a part of the disks, and are of no use to anybody.
 */
export interface MirrorRecord {
  /** The daemon that it writes to. Once that has ended, what was written since the last point counts no longer. */
  readonly instance: string;
  readonly address: string;
  readonly port: number;
  /** What the names of its exports begin with. No two mirrors have the same. */
  readonly prefix: string;
  /** When it was seen ready: since then the guest is told that a write is done only after it is here. */
  readonly readyAt?: number;
}

export interface DiskState {
  readonly target: string;
  readonly sizeBytes: number;
  /** From the base up; the last is `incoming`. */
  readonly layers: readonly number[];
  /** The VM has the disk no longer, but points have it. */
  readonly isRemoved?: true;
}

/**
 * `commit` the layers are being written into the base; all of them are there, and reading through them gives the right
 * data however far it has come · `remove` the base has it all, and the layers count no longer.
 */
export interface Merging {
  readonly phase: 'commit' | 'remove';
  /** Points that are given up by it. */
  readonly points: readonly string[];
  /** Per target the layers above the base that go into it, or of a disk that is gone all of its layers. */
  readonly layers: Readonly<Record<string, readonly number[]>>;
}

/** The state, or why the text is none. */
export function parseState(text: string): ReplicaState | string {
  const value = parseRecord<ReplicaState>(text);
  if (typeof value === 'string') {
    return value;
  }
  const { version, vm, method, source, disks, nextLayer, publishing, merging, mirror, closedBy } = value;
  if (version !== 1) {
    return `its version is ${JSON.stringify(version)}, and not 1`;
  }
  if (!isRecord(vm) || !isVmId(String(vm['id'])) || typeof vm['name'] !== 'string') {
    return 'it does not name its VM';
  }
  if ((method !== 'mirror' && method !== 'block-sync') || !isRecord(source) || !isCount(nextLayer)) {
    return 'its method, source or next layer are not right';
  }
  if (!Array.isArray(disks) || !disks.every(isDiskState)) {
    return 'its disks are not right';
  }
  if (publishing !== undefined && typeof parseManifest(JSON.stringify(publishing)) === 'string') {
    return 'the point that it publishes is not right';
  }
  if (merging !== undefined && !isMerging(merging)) {
    return 'the merge that it tells of is not right';
  }
  if (mirror !== undefined && !isMirror(mirror)) {
    return 'the mirror that it tells of is not right';
  }
  return closedBy === undefined || typeof closedBy === 'string'
    ? (value as ReplicaState)
    : 'the run that closed it is not right';
}

/** The disks that are written to. */
export function activeDisks({ disks }: ReplicaState): readonly DiskState[] {
  return disks.filter(({ isRemoved }) => isRemoved === undefined);
}

/** The layer that is written to. */
export function incoming({ target, layers }: DiskState): number {
  const last = layers.at(-1);
  if (last === undefined) {
    throw new Error(`${target} has no layer`);
  }
  return last;
}

/**
 * The state once a publishing has ended, one way or the other. `isKept`: the new layers count, above those that became
 * the point or belong to none; otherwise they are left over. Their number is used up in any case.
 */
export function withoutPublishing(state: ReplicaState, isKept: boolean): ReplicaState {
  const { publishing, ...rest } = state;
  return publishing === undefined || !isKept
    ? { ...rest, nextLayer: publishing === undefined ? rest.nextLayer : rest.nextLayer + 1 }
    : {
        ...rest,
        nextLayer: rest.nextLayer + 1,
        disks: rest.disks.map((disk) =>
          disk.isRemoved ? disk : { ...disk, layers: [...disk.layers, rest.nextLayer] },
        ),
      };
}

function isDiskState(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['target'] === 'string' &&
    isTarget(value['target']) &&
    isCount(value['sizeBytes']) &&
    isLayers(value['layers']) &&
    (value['layers'] as number[])[0] === 0
  );
}

function isMerging(value: unknown): boolean {
  return (
    isRecord(value) &&
    (value['phase'] === 'commit' || value['phase'] === 'remove') &&
    Array.isArray(value['points']) &&
    isRecord(value['layers']) &&
    Object.values(value['layers']).every(isLayers)
  );
}

function isMirror(value: unknown): boolean {
  return (
    isRecord(value) &&
    ['instance', 'address', 'prefix'].every((name) => typeof value[name] === 'string') &&
    isCount(value['port']) &&
    (value['readyAt'] === undefined || isCount(value['readyAt']))
  );
}

/** Numbers that grow. */
function isLayers(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.every((layer, index) => isCount(layer) && (index === 0 || layer > (value[index - 1] as number)))
  );
}
