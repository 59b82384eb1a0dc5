import type { Backups } from '../hypervisors/backups.js';
import type { BlockCommits } from '../hypervisors/block-commits.js';
import type { HostShell } from '../hypervisors/host-shell.js';
import type { HostSocket } from '../hypervisors/host-socket.js';
import type { Hypervisor } from '../hypervisors/hypervisor.js';
import type { Mirrors } from '../hypervisors/mirrors.js';
import { type Clock, sleep } from '../model/clock.js';
import { type Estate, hostsOf, type Site } from '../model/estate.js';
import { FailureError } from '../model/failure.js';
import type { Place } from '../model/place.js';
import type { ProvenDisk, RecoveryPoint, Replica } from '../model/replica.js';
import { HeldReplicas } from './held-replicas.js';
import { blockSync } from './methods/block-sync/cycle.js';
import type { CycleResult as BlockSyncResult } from './methods/block-sync/cycle-request.js';
import { type Transferred, transferOf } from './methods/block-sync/transfer-kind.js';
import { mirrorCycle } from './methods/mirror/cycle.js';
import type { MirrorRequest } from './methods/mirror/mirror-request.js';
import { mergeOverlays } from './methods/mirror/overlays.js';
import { endMirror, isMirrored, isTornApart, mirroredPoint, mirrorStanding } from './methods/mirror/settle.js';
import type { CycleRequest, CycleResult, PointChoice, Replicas } from './replicas.js';
import { type Absorb } from './store/absorb.js';
import type { Promotion } from './store/promote.js';
import { createReplicaStore, type ReplicaStore, type StoredPoint, type StoredReplica } from './store/store.js';
import { findVm } from './vm-place.js';

export interface StoredReplicasOptions {
  readonly estate: Estate;
  readonly hypervisor: Pick<Hypervisor, 'host' | 'vm'>;
  readonly backups: Backups;
  readonly commits: BlockCommits;
  readonly mirrors: Mirrors;
  readonly shell: HostShell;
  readonly sockets: HostSocket;
  readonly clock: Clock;
  /** Whether file systems of this VM's guest are frozen for the moment of a point. Default: they are not. */
  readonly quiesces?: (vm: string) => boolean;
}

/**
 * The replicas that the hosts of an estate hold in their folders, brought up to date by block-sync or a mirror. Also rejects with what
 * the store and the cycle reject with.
 */
export function createStoredReplicas(options: StoredReplicasOptions): Replicas {
  const { estate, hypervisor, backups, commits, mirrors, shell, sockets, clock, quiesces = () => false } = options;
  const held = new HeldReplicas((host) =>
    createReplicaStore({ shell, sockets, on: host, replicas: siteOf(estate, host).replicas }),
  );
  const syncs = new Map<string, Promise<Synced>>();
  /** All replicas of a site's hosts; those of hosts that cannot be reached are left out, as the facts of the host say. */
  const listed = async <Shown>(site: string, signal: AbortSignal, show: (each: Listed) => Promise<Shown>) => {
    const hosts = Object.keys(estate.sites[site]?.hosts ?? {});
    const each = await Promise.all(
      hosts.map(async (host) =>
        orUnreachable([], async () => {
          const all = await held.all(host, signal);
          return await Promise.all(all.map(async (replica) => await show({ place: { site, host }, replica })));
        }),
      ),
    );
    return each.flat();
  };
  /** The store, and the VM's id in it; undefined when the host holds no replica of it. */
  const sought = async (vm: string, host: string, signal: AbortSignal) => {
    const replica = await held.named(host, vm, signal);
    return replica === undefined ? undefined : { store: held.storeAt(host), id: replica.state.vm.id };
  };
  const demanded = async (vm: string, host: string, signal: AbortSignal) => {
    const found = await sought(vm, host, signal);
    if (found === undefined) {
      throw replicaNotFound(vm, host);
    }
    return found;
  };
  const shown = async ({ place, replica }: Listed, signal: AbortSignal): Promise<Replica> => {
    const { state, points } = replica;
    const newest = points.at(-1);
    const isSyncing = syncs.has(syncKey(place.host, state.vm.name));
    const seen = newest === undefined ? 'seeding' : await stateOf(replica, { hypervisor, mirrors, isSyncing, signal });
    return {
      vm: state.vm.name,
      ...place,
      method: state.method,
      state: seen,
      ...(newest === undefined
        ? {}
        : { dataAsOf: Math.max(newest.at, await mirroredUntil({ place, replica }, seen, signal)) }),
      points: points.map(shownPoint),
    };
  };
  /** Until when a mirror has what the source wrote: until now while it is whole, else until the last write that came. */
  const mirroredUntil = async (
    { place, replica }: Listed,
    seen: Replica['state'],
    signal: AbortSignal,
  ): Promise<number> => {
    if (!isMirrored(replica)) {
      return 0;
    }
    if (seen === 'in-sync') {
      return clock.now();
    }
    return seen === 'source-lost' ? await held.storeAt(place.host).writtenAt(replica.state.vm.id, signal) : 0;
  };
  const syncOnce = async (request: Sync): Promise<Synced> => {
    const { vm, from, to, quiesce, isProven = false, mirror, rate, signal, onProgress } = request;
    const store = held.storeAt(to.host);
    const known = await held.named(to.host, vm, signal);
    const found = await findVm(
      { vm, id: known?.state.vm.id, from, site: siteOf(estate, from.host) },
      hypervisor,
      signal,
    );
    if (found === undefined) {
      throw known === undefined ? replicaNotFound(vm, to.host) : vmNotFound(vm, from.host);
    }
    const { id, host } = found;
    const scratch = hostsOf(estate)[host]?.scratch ?? siteOf(estate, host).images;
    const place = { site: from.site, host };
    const limited = rate === undefined ? {} : { rate };
    const cycle = { vm: { id, name: vm }, from: place, to, scratch, signal, onProgress, ...limited };
    const tools = { backups, hypervisor, mirrors, commits, shell, sockets, clock, store };
    if (mirror === undefined && known !== undefined) {
      await endMirror({ replica: known, tools, signal });
      if (known.state.method === 'mirror' && request.method === 'block-sync') {
        // It is mirrored no longer, and is left as it was before.
        await mergeOverlays({ ...cycle, tools });
      }
    }
    const method = request.method ?? known?.state.method ?? 'block-sync';
    const { point, ...result } =
      mirror === undefined
        ? withTransfer(await blockSync({ ...cycle, quiesce, isProven, method }, tools))
        : { ...(await mirrorCycle({ ...cycle, ...mirror }, tools)), proof: [] };
    const made = (await store.find(id, signal))?.points.find((each) => each.id === point.id);
    if (made === undefined) {
      throw replicaNotFound(vm, to.host);
    }
    return { id, ...result, point: shownPoint(made) };
  };
  /** One at a time for a replica; who asks for it meanwhile hears how the one under way ends, and who wants a proof waits. */
  const synced = async (request: Sync): Promise<Synced> => {
    const key = syncKey(request.to.host, request.vm);
    const underWay = syncs.get(key);
    if (underWay !== undefined && request.isProven) {
      await underWay.catch(() => undefined);
      return await synced(request);
    }
    if (underWay !== undefined) {
      return await underWay;
    }
    const sync = syncOnce(request).finally(() => syncs.delete(key));
    syncs.set(key, sync);
    return await sync;
  };
  /** One cycle, and the merge of the points that are too many. */
  const cycled = async (
    { vm, from, to, replicate, rate, bytesPerSecond, isProven }: CycleRequest & { readonly isProven: boolean },
    signal: AbortSignal,
    onProgress: Sync['onProgress'],
  ): Promise<{ readonly result: CycleResult; readonly proof: readonly ProvenDisk[] }> => {
    const { method, keep } = replicate;
    const request = { vm, from, to, signal, onProgress, method, isProven, ...(rate && { rate }) };
    const limited = bytesPerSecond ? { bytesPerSecond } : {};
    const {
      id,
      notes: told,
      proof,
      ...result
    } = await synced(
      replicate.method === 'mirror'
        ? {
            ...request,
            quiesce: false,
            mirror: { ...mirrorTo(estate, to, vm), stallMs: replicate.stallMs, ...limited },
          }
        : { ...request, quiesce: replicate.quiesce },
    );
    const notes = [...told, ...(await mergedNotes(held.storeAt(to.host), { id, keep, signal }))];
    return { result: { ...result, ...(notes.length === 0 ? {} : { notes }) }, proof };
  };
  return {
    list: (site, signal) => listed(site, signal, (each) => shown(each, signal)),
    async find(vm, at, signal) {
      const replica = await held.named(at.host, vm, signal);
      return replica === undefined ? undefined : await shown({ place: at, replica }, signal);
    },
    async carried(site, signal) {
      const all = await listed(site, signal, async ({ replica }) => replica.points.at(-1)?.manifest.carries);
      return all.flatMap((facts) => (facts === undefined ? [] : [facts]));
    },
    async sync(vm, from, to, signal, onProgress) {
      const { bytes, point, notes } = await synced({ vm, from, to, quiesce: quiesces(vm), signal, onProgress });
      return { bytes, point, ...(notes.length === 0 ? {} : { notes }) };
    },
    async cycle(request, signal, onProgress) {
      return (await cycled({ ...request, isProven: false }, signal, onProgress)).result;
    },
    async prove(request, signal, onProgress) {
      if (request.replicate.method === 'mirror') {
        throw proofNotOffered(request.vm);
      }
      const { result, proof } = await cycled({ ...request, isProven: true }, signal, onProgress);
      return { ...result, disks: proof };
    },
    async check(vm, at, signal) {
      const { store, id } = await demanded(vm, at.host, signal);
      const points = (await store.find(id, signal))?.points.map(shownPoint) ?? [];
      try {
        await store.check(id, signal);
        return { points, against: 'structure' };
      } catch (error) {
        if (error instanceof FailureError && damageCodes.has(error.failure.code)) {
          return { points, against: 'structure', damage: error.failure };
        }
        throw error;
      }
    },
    async promote(vm, at, choice, runId, signal) {
      const { store, id } = await demanded(vm, at.host, signal);
      const publish = await unpublished({
        store,
        id,
        choice,
        runId,
        signal,
        tools: { hypervisor, mirrors, shell, clock },
      });
      return await store.promote(id, { choice, runId, ...(publish === undefined ? {} : { publish }) }, signal);
    },
    async promoted(vm, at, runId, signal) {
      const found = await sought(vm, at.host, signal);
      return await found?.store.promoted(found.id, runId, signal);
    },
    async createOverlay({ vm, host, ...overlay }, signal) {
      const { store, id } = await demanded(vm, host, signal);
      return await store.createOverlay(id, overlay, signal);
    },
    async overlay(vm, host, key, signal) {
      const found = await sought(vm, host, signal);
      return await found?.store.overlay(found.id, key, signal);
    },
    async removeOverlay(vm, host, key, signal) {
      const found = await sought(vm, host, signal);
      await found?.store.removeOverlay(found.id, key, signal);
    },
    async mergeOverlay(vm, host, key, signal) {
      const found = await sought(vm, host, signal);
      if (found !== undefined) {
        const { id, store } = found;
        await store.mergeOverlay(id, key, signal, absorbLive({ vm, id, host }, { hypervisor, commits }));
      }
    },
    reverse: (vm) =>
      Promise.reject(
        new FailureError({
          code: 'reverse-not-offered',
          kind: 'permanent',
          message: `This version does not replicate ${vm} the other way round on real hosts`,
          hint: 'seed a new replica at the other site with `lifeboat protect`',
        }),
      ),
  };
}

interface Sync extends Pick<CycleRequest, 'vm' | 'from' | 'to' | 'rate'> {
  /** Default: the one that the replica is kept by. */
  readonly method?: Replica['method'];
  readonly quiesce: boolean;
  /** Whether both ends are compared before there is a point. Default: they are not. */
  readonly isProven?: boolean;
  /** Present when a mirror is wanted. */
  readonly mirror?: Pick<MirrorRequest, 'address' | 'stallMs' | 'bytesPerSecond'>;
  readonly signal: AbortSignal;
  readonly onProgress: Parameters<Replicas['sync']>[4];
}

interface Synced extends CycleResult {
  /** The VM's UUID. */
  readonly id: string;
  /** What a comparison has shown of each disk; empty where none was asked for. */
  readonly proof: readonly ProvenDisk[];
  readonly notes: readonly string[];
}

function syncKey(host: string, vm: string): string {
  return `${host} ${vm}`;
}

/** How long a promotion waits for what the source knows of its mirror, ms. */
const sourceWithinMs = 3_000;

/** What a check of the store says when it has looked and found damage. */
const damageCodes: ReadonlySet<string> = new Set(['replica-damaged', 'image-missing']);

function withTransfer({ disks, ...result }: BlockSyncResult): Omit<BlockSyncResult, 'disks'> & Transferred {
  return { ...result, ...transferOf(disks, result.proof) };
}

/** Merges what is more than `keep`. The new point stands whatever comes of it, and the next cycle merges what is left. */
async function mergedNotes(
  store: ReplicaStore,
  { id, keep, signal }: { readonly id: string; readonly keep: number; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  try {
    await store.merge(id, keep, signal);
    return [];
  } catch (error) {
    return [`older points were not merged yet: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function proofNotOffered(vm: string): FailureError {
  return new FailureError({
    code: 'proof-not-offered',
    kind: 'permanent',
    message: `${vm} is mirrored, and this version proves no points of mirrors`,
    hint: 'drill its runbook instead; its points are read again for damage all the same',
  });
}

/** Where the VM's host reaches the recovery host. What goes there is not encrypted, so an estate that asks for that has none. */
function mirrorTo(estate: Estate, to: Place, vm: string): Pick<MirrorRequest, 'address'> {
  if (estate.tls === 'required') {
    throw new FailureError({
      code: 'mirror-not-offered',
      kind: 'permanent',
      message: `This version makes mirrors over plain TCP alone, and the estate says \`tls: required\`, so ${vm} is not protected`,
      hint: 'write `replicate: { method: block-sync, every: 1m }` for its group, or `tls: off` where the network is trusted',
    });
  }
  return { address: hostsOf(estate)[to.host]?.address ?? to.host };
}

/** What a mirror has brought that is no point yet, and belongs to what was chosen. */
async function unpublished({
  store,
  id,
  choice,
  runId,
  signal,
  tools,
}: {
  readonly tools: Pick<StoredReplicasOptions, 'hypervisor' | 'mirrors' | 'shell' | 'clock'>;
  readonly store: ReplicaStore;
  readonly id: string;
  readonly choice: PointChoice;
  readonly runId: string;
  readonly signal: AbortSignal;
}): Promise<Promotion['publish']> {
  const replica = await store.find(id, signal);
  const { mirror, closedBy } = replica?.state ?? {};
  const isWanted = choice === 'newest' || 'notAfter' in choice;
  if (replica === undefined || mirror === undefined || !isMirrored(replica) || closedBy !== undefined || !isWanted) {
    return undefined;
  }
  if ((await store.promoted(id, runId, signal)) !== undefined) {
    return undefined;
  }
  // A source that is gone, or tells nothing, keeps nobody from its disks, and nobody waiting.
  const torn = isTornApart({ replica, tools, signal }).catch((error: unknown) => {
    if (error instanceof FailureError) {
      return false;
    }
    throw error;
  });
  if (await Promise.race([torn, sleep(tools.clock, sourceWithinMs, signal).then(() => false)])) {
    return undefined;
  }
  const point = await mirroredPoint(store, replica, signal);
  return point === undefined ? undefined : { point, instance: mirror.instance };
}

interface Listed {
  readonly place: Place;
  readonly replica: StoredReplica;
}

function shownPoint(point: StoredPoint): RecoveryPoint {
  const { manifest: _, ...shown } = point;
  return shown;
}

interface Looking {
  readonly hypervisor: Pick<Hypervisor, 'vm'>;
  readonly mirrors: Pick<Mirrors, 'look'>;
  /** This process brings it up to date now. */
  readonly isSyncing: boolean;
  readonly signal: AbortSignal;
}

/** How it stands with a replica that has points. */
async function stateOf(
  replica: StoredReplica,
  { hypervisor, mirrors, isSyncing, signal }: Looking,
): Promise<Replica['state']> {
  const { state } = replica;
  const standing = await orUnreachable(undefined, async () => {
    await hypervisor.vm(state.source.host, state.vm.id, signal);
    return state.method === 'mirror' ? await mirrorStanding(replica, mirrors, signal) : 'whole';
  });
  if (standing === undefined) {
    return 'source-lost';
  }
  if (state.closedBy !== undefined) {
    return 'broken';
  }
  if (standing === 'whole') {
    return 'in-sync';
  }
  return isSyncing || standing === 'copying' || standing === 'ready' ? 'resyncing' : 'broken';
}

/** Merges disks under the running VM. One that is shut off would be left with a definition that names its overlay. */
function absorbLive(
  { vm, id, host }: { readonly vm: string; readonly id: string; readonly host: string },
  { hypervisor, commits }: Pick<StoredReplicasOptions, 'hypervisor' | 'commits'>,
): Absorb {
  return async ({ target, base }, signal) => {
    const state = (await hypervisor.vm(host, id, signal))?.state;
    if (state !== 'running' && state !== 'paused') {
      throw new FailureError({
        code: 'merge-needs-vm',
        kind: 'precondition',
        message: `${vm} does not run on ${host}, and its overlay is merged only under the running VM`,
        hint: 'start it, then retry',
      });
    }
    await commits.commit({ host, id, target, base }, signal);
  };
}

async function orUnreachable<Answer>(otherwise: Answer, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'host-unreachable') {
      return otherwise;
    }
    throw error;
  }
}

function siteOf(estate: Estate, host: string): Site {
  const site = Object.values(estate.sites).find(({ hosts }) => hosts[host] !== undefined);
  if (site === undefined) {
    throw new FailureError({
      code: 'host-not-found',
      kind: 'permanent',
      message: `the estate has no host ${host}`,
      hint: `it has ${Object.keys(hostsOf(estate)).join(', ')}`,
    });
  }
  return site;
}

function replicaNotFound(vm: string, host: string): FailureError {
  return new FailureError({
    code: 'replica-not-found',
    kind: 'permanent',
    message: `${host} holds no replica of ${vm}`,
    hint: 'see with `lifeboat status` where replicas are',
  });
}

function vmNotFound(vm: string, host: string): FailureError {
  return new FailureError({
    code: 'vm-not-found',
    kind: 'permanent',
    message: `Neither ${host} nor another host of its site has ${vm}`,
    hint: 'look where it is',
  });
}
