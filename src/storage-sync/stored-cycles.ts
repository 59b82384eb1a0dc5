import { type Estate, hostsOf } from '../model/estate.js';
import { FailureError } from '../model/failure.js';
import type { Place } from '../model/place.js';
import type { ProvenDisk, Replica } from '../model/replica.js';
import { type HeldReplicas, replicaNotFound, shownPoint } from './held-replicas.js';
import { blockSync } from './methods/block-sync/cycle.js';
import type { CycleResult as BlockSyncResult } from './methods/block-sync/cycle-request.js';
import { type Transferred, transferOf } from './methods/block-sync/transfer-kind.js';
import { mirrorCycle } from './methods/mirror/cycle.js';
import type { MirrorRequest } from './methods/mirror/mirror-request.js';
import { mergeOverlays } from './methods/mirror/overlays.js';
import { endMirror } from './methods/mirror/settle.js';
import type { CycleRequest, CycleResult, Replicas } from './replicas.js';
import type { ReplicaStore } from './store/store.js';
import type { StoredReplicasOptions } from './stored-replicas.js';
import { findVm, siteOf } from './vm-place.js';

export interface Sync extends Pick<CycleRequest, 'vm' | 'from' | 'to' | 'rate'> {
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

export interface Synced extends CycleResult {
  /** The VM's UUID. */
  readonly id: string;
  /** What a comparison has shown of each disk; empty where none was asked for. */
  readonly proof: readonly ProvenDisk[];
  readonly notes: readonly string[];
}

/** The cycles of the replicas that the hosts of an estate hold, by whichever method each is kept. */
export class StoredCycles {
  readonly #options: StoredReplicasOptions;
  readonly #held: HeldReplicas;
  readonly #underWay = new Map<string, Promise<Synced>>();

  constructor(options: StoredReplicasOptions, held: HeldReplicas) {
    this.#options = options;
    this.#held = held;
  }

  /** Whether this process brings the replica up to date now. */
  isUnderWay(host: string, vm: string): boolean {
    return this.#underWay.has(syncKey(host, vm));
  }

  /** One at a time for a replica; who asks for it meanwhile hears how the one under way ends, and who wants a proof waits. */
  async sync(request: Sync): Promise<Synced> {
    const key = syncKey(request.to.host, request.vm);
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined && request.isProven) {
      await underWay.catch(() => undefined);
      return await this.sync(request);
    }
    if (underWay !== undefined) {
      return await underWay;
    }
    const sync = this.#once(request).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, sync);
    return await sync;
  }

  /** One cycle, and the merge of the points that are too many. */
  async cycle(
    { vm, from, to, replicate, rate, bytesPerSecond, isProven }: CycleRequest & { readonly isProven: boolean },
    signal: AbortSignal,
    onProgress: Sync['onProgress'],
  ): Promise<{ readonly result: CycleResult; readonly proof: readonly ProvenDisk[] }> {
    const { method, keep } = replicate;
    const request = { vm, from, to, signal, onProgress, method, isProven, ...(rate && { rate }) };
    const limited = bytesPerSecond ? { bytesPerSecond } : {};
    const {
      id,
      notes: told,
      proof,
      ...result
    } = await this.sync(
      replicate.method === 'mirror'
        ? {
            ...request,
            quiesce: false,
            mirror: { ...mirrorTo(this.#options.estate, to, vm), stallMs: replicate.stallMs, ...limited },
          }
        : { ...request, quiesce: replicate.quiesce },
    );
    const notes = [...told, ...(await mergedNotes(this.#held.storeAt(to.host), { id, keep, signal }))];
    return { result: { ...result, ...(notes.length === 0 ? {} : { notes }) }, proof };
  }

  async #once(request: Sync): Promise<Synced> {
    const { estate, hypervisor, backups, commits, mirrors, shell, sockets, clock } = this.#options;
    const { vm, from, to, quiesce, isProven = false, mirror, rate, signal, onProgress } = request;
    const store = this.#held.storeAt(to.host);
    const known = await this.#held.named(to.host, vm, signal);
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
  }
}

function syncKey(host: string, vm: string): string {
  return `${host} ${vm}`;
}

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

function vmNotFound(vm: string, host: string): FailureError {
  return new FailureError({
    code: 'vm-not-found',
    kind: 'permanent',
    message: `Neither ${host} nor another host of its site has ${vm}`,
    hint: 'look where it is',
  });
}
