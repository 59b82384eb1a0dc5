import type { NewPoint } from '../../store/publish.js';
import { activeDisks, type ReplicaState } from '../../store/replica-state.js';
import type { ReplicaStore, StoredReplica } from '../../store/store.js';
import { pointIdAt } from '../block-sync/names.js';
import { wasCutAtOnce } from './guard.js';
import { exportsOf } from './guarded.js';
import type { MirrorTools } from './mirror-request.js';
import { isOneMoment, type MirrorStanding, standingOf } from './standing.js';

export interface Settling {
  /** The host of the VM. */
  readonly host: string;
  readonly tools: Pick<MirrorTools, 'mirrors' | 'store' | 'shell'>;
  readonly replica: StoredReplica;
  readonly standing: MirrorStanding;
  readonly signal: AbortSignal;
}

/** How it stands with the mirror of the disks that a replica has. */
export async function mirrorStanding(
  { state, daemon }: StoredReplica,
  mirrors: Pick<MirrorTools['mirrors'], 'look'>,
  signal: AbortSignal,
): Promise<MirrorStanding> {
  const copies = await mirrors.look({ host: state.source.host, id: state.vm.id }, signal);
  return standingOf({ record: state.mirror, instance: daemon?.instance, disks: mirroredDisks(state), copies });
}

/** Whether what has come since the newest point counts, as far as the replica knows: its source says whether it still comes. */
export function isMirrored({ state, daemon }: StoredReplica): boolean {
  return state.mirror?.readyAt !== undefined && state.mirror.instance === daemon?.instance;
}

/**
 * Whether a source that runs on tells that the mirror of its disks has broken one after the other, so that they are of no one
 * moment. A source that has ended, or does not answer, is taken to have been mirrored until its end.
 */
export async function isTornApart({
  replica,
  tools,
  signal,
}: Omit<Settling, 'host' | 'standing' | 'tools'> & {
  readonly tools: Pick<MirrorTools, 'mirrors' | 'shell' | 'hypervisor'>;
}): Promise<boolean> {
  const { state, daemon } = replica;
  const { mirror: record, source, vm } = state;
  const disks = mirroredDisks(state);
  const found = await tools.hypervisor.vm(source.host, vm.id, signal);
  if (record === undefined || disks.length === 1 || found?.state !== 'running') {
    return false;
  }
  const standing = await mirrorStanding(replica, tools.mirrors, signal);
  const place = { host: source.host, id: vm.id };
  const isCut = standing !== 'whole' && (await wasCutAtOnce({ shell: tools.shell, signal }, place, record.prefix));
  return !isOneMoment({ record, instance: daemon?.instance, disks }, { standing, wasCutAtOnce: isCut });
}

/** Ends the mirror that writes to a replica, where there is one, so that the replica can be opened. */
export async function endMirror({ replica, tools, signal }: Omit<Settling, 'host' | 'standing'>): Promise<void> {
  if (replica.state.mirror !== undefined) {
    const standing = await mirrorStanding(replica, tools.mirrors, signal);
    await settleMirror({ host: replica.state.source.host, tools, replica, standing, signal });
  }
}

/**
 * Ends a mirror, whatever is left of it: what it has brought becomes a point where it is of one moment, and is thrown away
 * where it is not. Then nothing writes to the replica, and it can be opened again. Stopped anywhere it is done again.
 */
export async function settleMirror({ host, tools, replica, standing, signal }: Settling): Promise<void> {
  const { mirrors, store, shell } = tools;
  const { mirror: record, vm } = replica.state;
  if (record === undefined) {
    return;
  }
  const disks = mirroredDisks(replica.state);
  const place = { host, id: vm.id };
  const isCut = standing !== 'whole' && (await wasCutAtOnce({ shell, signal }, place, record.prefix));
  const isKept = isOneMoment({ record, instance: replica.daemon?.instance, disks }, { standing, wasCutAtOnce: isCut });
  if (isKept) {
    const point = await mirroredPoint(store, replica, signal);
    if (point !== undefined) {
      await store.publish(vm.id, point, record.instance, signal);
    }
  }
  await mirrors.end({ ...place, exports: exportsOf(record, disks) }, signal);
  await store.endExports(vm.id, signal);
  if (isKept) {
    await store.recordMirror(vm.id, undefined, signal);
  } else {
    await store.discardIncoming(vm.id, signal);
  }
}

function mirroredDisks(state: ReplicaState): readonly string[] {
  return activeDisks(state).map(({ target }) => target);
}

/**
 * What the incoming layers of a mirror hold, as a point. Its moment is that of the last write which has reached them: the
 * data is not older. Nobody else may have to be asked for it, so it tells of the VM what the point before told, and names the
 * same checkpoint, whose bitmap has all that was written since.
 */
export async function mirroredPoint(
  store: ReplicaStore,
  { state, points }: StoredReplica,
  signal: AbortSignal,
): Promise<NewPoint | undefined> {
  const newest = points.at(-1);
  if (newest === undefined) {
    return undefined;
  }
  const at = Math.max(await store.writtenAt(state.vm.id, signal), newest.at + 1);
  const definition = await store.definition(state.vm.id, newest.id, signal);
  return {
    id: pointIdAt(at),
    at,
    consistency: 'crash',
    bytes: 0,
    carries: newest.manifest.carries,
    ...(newest.checkpoint === undefined ? {} : { checkpoint: newest.checkpoint }),
    ...(definition === undefined ? {} : { definition }),
  };
}
