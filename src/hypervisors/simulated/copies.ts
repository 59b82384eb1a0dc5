import type { VmFacts } from '../../model/inventory.js';
import type { RecoveryPoint, Replica, ReplicaState, TransferKind } from '../../model/replica.js';
import type { CheckResult } from '../../storage-sync/replicas.js';
import type { Outcome } from './call.js';
import { type Copy, copyKey, type Overlay, type PublishedPoint, type Replication } from './copy.js';
import { after, type Core, nextId, note } from './core.js';
import { failed } from './failures.js';
import { natureOf, vmFacts } from './guests.js';
import { copiesOf, layersOver } from './holdings.js';
import { canSpeak, isReachable } from './network.js';
import type { SyncPurpose } from './transfer.js';
import { begin } from './transfers.js';
import type { Guest, HostState } from './world-state.js';

/** How fast a host reads its own disks. */
export const readBytesPerSecond = 1e9;

/** A replica counts as behind when its newest data is older than this many of its periods. */
const periodsBehind = 2;

/** The VM that a copy follows; undefined when its host does not know it. */
export function sourceOf(core: Core, copy: Copy): { readonly host: HostState; readonly guest: Guest } | undefined {
  const host = core.state.hosts[copy.source];
  const guest = host?.guests[copy.id];
  return host === undefined || guest === undefined ? undefined : { host, guest };
}

export function copyAt(core: Core, vm: string, host: string): Copy | undefined {
  return core.state.copies[copyKey(vm, host)];
}

export function replicationOf(core: Core, vm: string): Replication {
  return core.state.replications[vm] ?? { method: 'block-sync', everyMs: 300_000, keep: 12, quiesce: false };
}

/** Moment of the newest data that a failover would keep. */
export function dataAt(core: Core, copy: Copy): number | undefined {
  return copy.isLive ? core.clock.now() : copy.dataAt;
}

/** Bytes that the source has written since the copy's newest data, or all of them before the seed. */
function deltaBytes(core: Core, copy: Copy): number {
  const source = sourceOf(core, copy);
  if (source === undefined || copy.isLive) {
    return 0;
  }
  const used = source.guest.definition.disks.reduce(
    (sum, { path }) => sum + (source.host.files[path]?.usedBytes ?? 0),
    0,
  );
  if (copy.dataAt === undefined) {
    return used;
  }
  const until = source.guest.state === 'running' ? core.clock.now() : (core.state.lastWriteAt[copy.id] ?? copy.dataAt);
  const written = (natureOf(core, source.guest.definition).writeBytesPerSecond * (until - copy.dataAt)) / 1_000;
  return Math.round(Math.min(Math.max(written, 0), used));
}

/** Begins to bring a copy up to the source's present. */
export function beginSync(core: Core, copy: Copy, isAsked: boolean, capBytesPerSecond?: number) {
  const purpose: SyncPurpose = {
    kind: 'sync',
    copy: copyKey(copy.vm, copy.host),
    asOf: core.clock.now(),
    isAsked,
    transfer: transferOf(copy),
  };
  return begin(core, {
    source: copy.source,
    target: copy.host,
    purpose,
    totalBytes: deltaBytes(core, copy),
    dirtyBytesPerSecond: 0,
    ...(capBytesPerSecond === undefined ? {} : { capBytesPerSecond }),
  });
}

function transferOf(copy: Copy): TransferKind {
  if (copy.dataAt === undefined) {
    return 'seed';
  }
  return copy.method === 'mirror' && !copy.isLive ? 'resync' : 'delta';
}

/** A complete cycle becomes a recovery point; the oldest that nobody needs are merged away. */
export function publish(core: Core, copy: Copy, at: number): PublishedPoint {
  const source = sourceOf(core, copy);
  const newest = copy.points.at(-1);
  const carries = source === undefined ? newest?.carries : carriedBy(core, source, at);
  if (carries === undefined) {
    throw new Error(`${copy.vm} has neither a source nor a point to publish`);
  }
  const point: PublishedPoint = {
    id: `${copy.vm}-${nextId(core)}`,
    vm: copy.vm,
    at,
    consistency: replicationOf(core, copy.vm).quiesce && carries.hasAgent ? 'filesystem' : 'crash',
    sizeBytes: carries.disks.reduce((sum, { usedBytes }) => sum + usedBytes, 0),
    carries,
  };
  copy.points.push(point);
  copy.dataAt = Math.max(at, copy.dataAt ?? at);
  const layers = layersOver(core, copy.vm, copy.host);
  const needed = (id: string): boolean => pinsOf(copy, layers, id).length > 0;
  const surplus = copy.points.length - replicationOf(core, copy.vm).keep;
  copy.points = copy.points.filter(({ id }, index) => index >= surplus || needed(id));
  note(core, 'sync-point', { host: copy.host, vm: copy.vm, detail: point.id });
  return point;
}

function carriedBy(core: Core, { host, guest }: { host: HostState; guest: Guest }, at: number): VmFacts {
  const { dirtyBytesPerSecond, ...facts } = vmFacts(core, host, guest);
  return {
    ...facts,
    seenOn: 'replica',
    observedAt: at,
    ...(dirtyBytesPerSecond === undefined ? {} : { dirtyBytesPerSecond }),
  };
}

/** Runs that need a point, by a promotion or an overlay. */
function pinsOf(copy: Copy, layers: readonly Overlay[], point: string): readonly string[] {
  const promoted = Object.keys(copy.promoted).filter((run) => copy.promoted[run] === point);
  const layered = layers.filter((overlay) => overlay.point === point).map(({ key }) => key.split('/')[0] ?? key);
  return [...new Set([...promoted, ...layered])].toSorted();
}

/** The point as the port shows it. */
export function recoveryPoint(core: Core, copy: Copy, published: PublishedPoint): RecoveryPoint {
  return shownPoint(copy, layersOver(core, copy.vm, copy.host), published);
}

function shownPoint(copy: Copy, layers: readonly Overlay[], published: PublishedPoint): RecoveryPoint {
  const { id, vm, at, consistency, sizeBytes } = published;
  return { id, vm, at, consistency, sizeBytes, pinnedBy: pinsOf(copy, layers, id) };
}

/** The replica as the port shows it. */
export function replicaOf(core: Core, copy: Copy): Replica {
  const dataAsOf = dataAt(core, copy);
  const layers = layersOver(core, copy.vm, copy.host);
  return {
    vm: copy.vm,
    site: copy.site,
    host: copy.host,
    method: copy.method,
    state: stateOf(core, copy),
    ...(dataAsOf === undefined ? {} : { dataAsOf }),
    points: copy.points.map((point) => shownPoint(copy, layers, point)),
  };
}

/** Reads all points of a copy again. */
export function check(core: Core, vm: string, host: string): Outcome {
  const copy = copyAt(core, vm, host);
  if (copy === undefined) {
    return failed('replica-not-found', 'permanent', `${host} has no replica of ${vm}`, 'Protect the VM first');
  }
  const damage = copy.points.find(({ id }) => id === copy.damaged);
  const value: CheckResult = {
    points: copy.points.map((point) => recoveryPoint(core, copy, point)),
    against: 'digests',
    ...(damage === undefined
      ? {}
      : {
          damage: {
            code: 'replica-damaged',
            kind: 'permanent',
            message: `Point ${damage.id} of ${vm} on ${host} does not hold what was written to it`,
            hint: 'Use an older point, and remove the replica so that it is seeded anew',
          },
        }),
  };
  const readBytes = copy.points.at(-1)?.sizeBytes ?? 0;
  return { value, tookMs: Math.round((1_000 * readBytes) / readBytesPerSecond) };
}

function stateOf(core: Core, copy: Copy): ReplicaState {
  const source = core.state.hosts[copy.source];
  const newest = dataAt(core, copy);
  const isSyncing = Object.values(core.state.transfers).some(
    ({ purpose }) => purpose.kind === 'sync' && purpose.copy === copyKey(copy.vm, copy.host),
  );
  if (newest === undefined) {
    return 'seeding';
  }
  if (source === undefined || !isReachable(core, source)) {
    return 'source-lost';
  }
  if (copy.isClosed) {
    return 'broken';
  }
  if (copy.method === 'mirror' && !copy.isLive) {
    return isSyncing ? 'resyncing' : 'broken';
  }
  return core.clock.now() - newest > periodsBehind * replicationOf(core, copy.vm).everyMs ? 'behind' : 'in-sync';
}

/** The time has come for the next point of a copy. */
export function cycle(core: Core, key: string): void {
  const copy = core.state.copies[key];
  if (copy === undefined || copy.isTended) {
    return;
  }
  after(core, replicationOf(core, copy.vm).everyMs, { event: 'cycle-due', copy: key });
  if (copy.isLive) {
    publish(core, copy, core.clock.now());
  } else {
    catchUp(core, copy);
  }
}

/** Syncs a copy that may be written to and that nothing is sent to, when its source runs and can reach it. */
export function catchUp(core: Core, copy: Copy): void {
  const source = sourceOf(core, copy);
  const host = core.state.hosts[copy.host];
  const isSent = Object.values(core.state.transfers).some(
    ({ purpose }) => purpose.kind === 'sync' && purpose.copy === copyKey(copy.vm, copy.host),
  );
  if (source?.guest.state === 'running' && host !== undefined && !copy.isClosed && !isSent) {
    if (canSpeak(core, source.host, host)) {
      beginSync(core, copy, false);
    }
  }
}

/**
 * Mirrors break with the connection between their ends, or with either end, and catch up when it is back. `ids` are the
 * VMs to look at; all when left out.
 */
export function linkChanged(core: Core, ids?: ReadonlySet<string>): void {
  const copies = ids === undefined ? Object.values(core.state.copies) : [...ids].flatMap((id) => copiesOf(core, id));
  for (const copy of copies.filter(({ method }) => method === 'mirror')) {
    const source = sourceOf(core, copy);
    const host = core.state.hosts[copy.host];
    const isWhole =
      source !== undefined &&
      host !== undefined &&
      source.guest.state === 'running' &&
      canSpeak(core, source.host, host);
    if (copy.isLive && !isWhole) {
      copy.isLive = false;
      copy.dataAt = core.clock.now();
    } else if (!copy.isLive && isWhole && !copy.isTended) {
      catchUp(core, copy);
    }
  }
}
