import type { Backups } from '../hypervisors/backups.js';
import type { BlockCommits } from '../hypervisors/block-commits.js';
import type { HostShell } from '../hypervisors/host-shell.js';
import type { HostSocket } from '../hypervisors/host-socket.js';
import type { Hypervisor } from '../hypervisors/hypervisor.js';
import type { Clock } from '../model/clock.js';
import { type Estate, hostsOf, type Site } from '../model/estate.js';
import { FailureError } from '../model/failure.js';
import type { Place } from '../model/place.js';
import type { ProvenDisk, RecoveryPoint, Replica } from '../model/replica.js';
import { differedText } from './differed-text.js';
import { HeldReplicas } from './held-replicas.js';
import { blockSync } from './methods/block-sync/cycle.js';
import type { CycledDisk } from './methods/block-sync/cycle-request.js';
import type { CycleRequest, CycleResult, Replicas, SyncResult } from './replicas.js';
import { type Absorb } from './store/absorb.js';
import { createReplicaStore, type ReplicaStore, type StoredPoint, type StoredReplica } from './store/store.js';
import { findVm } from './vm-place.js';

export interface StoredReplicasOptions {
  readonly estate: Estate;
  readonly hypervisor: Pick<Hypervisor, 'host' | 'vm'>;
  readonly backups: Backups;
  readonly commits: BlockCommits;
  readonly shell: HostShell;
  readonly sockets: HostSocket;
  readonly clock: Clock;
  /** Whether file systems of this VM's guest are frozen for the moment of a point. Default: they are not. */
  readonly quiesces?: (vm: string) => boolean;
}

/**
 * The replicas that the hosts of an estate hold in their folders, brought up to date by block-sync. Also rejects with what
 * the store and the cycle reject with.
 */
export function createStoredReplicas(options: StoredReplicasOptions): Replicas {
  const { estate, hypervisor, backups, commits, shell, sockets, clock, quiesces = () => false } = options;
  const held = new HeldReplicas((host) =>
    createReplicaStore({ shell, sockets, on: host, replicas: siteOf(estate, host).replicas }),
  );
  const syncs = new Map<string, Promise<BlockSynced>>();
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
    return {
      vm: state.vm.name,
      ...place,
      method: state.method,
      state: newest === undefined ? 'seeding' : await stateOf(replica, { hypervisor, signal }),
      ...(newest === undefined ? {} : { dataAsOf: newest.at }),
      points: points.map(shownPoint),
    };
  };
  const blockSyncOnce = async ({
    vm,
    from,
    to,
    quiesce,
    isProven = false,
    rate,
    signal,
    onProgress,
  }: BlockSync): Promise<BlockSynced> => {
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
    const { point, bytes, notes, disks, proof, transferMs } = await blockSync(
      { vm: { id, name: vm }, from: place, to, scratch, quiesce, isProven, signal, onProgress, ...limited },
      { backups, hypervisor, shell, sockets, clock, store },
    );
    const made = (await store.find(id, signal))?.points.find((each) => each.id === point.id);
    if (made === undefined) {
      throw replicaNotFound(vm, to.host);
    }
    return { id, bytes, point: shownPoint(made), disks, proof, transferMs, notes };
  };
  /** One at a time for a replica; who asks for it meanwhile hears how the one under way ends, and who wants a proof waits. */
  const blockSynced = async (request: BlockSync): Promise<BlockSynced> => {
    const key = `${request.to.host} ${request.vm}`;
    const underWay = syncs.get(key);
    if (underWay !== undefined && request.isProven) {
      await underWay.catch(() => undefined);
      return await blockSynced(request);
    }
    if (underWay !== undefined) {
      return await underWay;
    }
    const sync = blockSyncOnce(request).finally(() => syncs.delete(key));
    syncs.set(key, sync);
    return await sync;
  };
  /** One cycle by block-sync, and the merge of the points that are too many. */
  const cycled = async (
    { replicate, ...request }: Cycled,
    signal: AbortSignal,
    onProgress: BlockSync['onProgress'],
  ): Promise<{ readonly result: CycleResult; readonly proof: readonly ProvenDisk[] }> => {
    const { quiesce, keep } = replicate;
    const { id, proof, disks, ...synced } = await blockSynced({
      rate: undefined,
      ...request,
      quiesce,
      signal,
      onProgress,
    });
    const merged = await mergedNotes(held.storeAt(request.to.host), { id, keep, signal });
    const notes = [...synced.notes, ...merged];
    const { bytes, point, transferMs } = synced;
    const result = { bytes, point, transferMs, ...transferOf(disks, proof), ...(notes.length === 0 ? {} : { notes }) };
    return { result, proof };
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
      const { bytes, point, notes } = await blockSynced({
        vm,
        from,
        to,
        quiesce: quiesces(vm),
        rate: undefined,
        signal,
        onProgress,
      });
      return { bytes, point, ...(notes.length === 0 ? {} : { notes }) };
    },
    async cycle(request, signal, onProgress) {
      const { vm, replicate } = request;
      if (replicate.method === 'mirror') {
        throw mirrorNotOffered(vm);
      }
      return (await cycled({ ...request, replicate }, signal, onProgress)).result;
    },
    async prove(request, signal, onProgress) {
      const { vm, replicate } = request;
      if (replicate.method === 'mirror') {
        throw proofNotOffered(vm);
      }
      const { result, proof } = await cycled({ ...request, replicate, isProven: true }, signal, onProgress);
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
      return await store.promote(id, { choice, runId }, signal);
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

interface Cycled extends CycleRequest {
  readonly replicate: Extract<CycleRequest['replicate'], { method: 'block-sync' }>;
  readonly isProven?: boolean;
}

interface BlockSync extends Pick<CycleRequest, 'vm' | 'from' | 'to'> {
  readonly quiesce: boolean;
  readonly isProven?: boolean;
  readonly rate: CycleRequest['rate'];
  readonly signal: AbortSignal;
  readonly onProgress: Parameters<Replicas['sync']>[4];
}

interface BlockSynced extends SyncResult {
  /** The VM's UUID. */
  readonly id: string;
  readonly disks: readonly CycledDisk[];
  readonly proof: readonly ProvenDisk[];
  readonly transferMs: number;
  readonly notes: readonly string[];
}

/** What a check of the store says when it has looked and found damage. */
const damageCodes: ReadonlySet<string> = new Set(['replica-damaged', 'image-missing']);

/** What the transfers of all disks came to together: one disk that was compared, or differed, makes it a resync. */
function transferOf(
  disks: readonly CycledDisk[],
  proof: readonly ProvenDisk[],
): Pick<CycleResult, 'transfer' | 'reason'> {
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

function mirrorNotOffered(vm: string): FailureError {
  return new FailureError({
    code: 'mirror-not-offered',
    kind: 'permanent',
    message: `This version makes no mirrors on real hosts, so ${vm} is not protected`,
    hint: 'write `replicate: { method: block-sync, every: 1m }` for its group',
  });
}

interface Listed {
  readonly place: Place;
  readonly replica: StoredReplica;
}

function shownPoint(point: StoredPoint): RecoveryPoint {
  const { manifest: _, ...shown } = point;
  return shown;
}

/** How it stands with a replica that has points. */
async function stateOf(
  { state }: StoredReplica,
  { hypervisor, signal }: { readonly hypervisor: Pick<Hypervisor, 'vm'>; readonly signal: AbortSignal },
): Promise<Replica['state']> {
  const isReachable = await orUnreachable(false, async () => {
    await hypervisor.vm(state.source.host, state.vm.id, signal);
    return true;
  });
  if (!isReachable) {
    return 'source-lost';
  }
  return state.closedBy === undefined ? 'in-sync' : 'broken';
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
