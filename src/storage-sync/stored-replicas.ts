import type { Backups } from '../hypervisors/backups.js';
import type { BlockCommits } from '../hypervisors/block-commits.js';
import type { HostShell } from '../hypervisors/host-shell.js';
import type { HostSocket } from '../hypervisors/host-socket.js';
import type { Hypervisor } from '../hypervisors/hypervisor.js';
import type { Mirrors } from '../hypervisors/mirrors.js';
import type { Clock } from '../model/clock.js';
import type { Estate } from '../model/estate.js';
import { FailureError } from '../model/failure.js';
import type { Place } from '../model/place.js';
import type { Replica } from '../model/replica.js';
import { HeldReplicas, replicaNotFound, shownPoint } from './held-replicas.js';
import { isMirrored, mirrorStanding } from './methods/mirror/settle.js';
import { unpublished } from './methods/mirror/unpublished.js';
import type { Replicas } from './replicas.js';
import { type Absorb } from './store/absorb.js';
import { createReplicaStore, type StoredReplica } from './store/store.js';
import { StoredCycles } from './stored-cycles.js';
import { siteOf } from './vm-place.js';

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
  const { estate, hypervisor, commits, mirrors, shell, sockets, clock, quiesces = () => false } = options;
  const held = new HeldReplicas((host) =>
    createReplicaStore({ shell, sockets, on: host, replicas: siteOf(estate, host).replicas }),
  );
  const cycles = new StoredCycles(options, held);
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
    const isSyncing = cycles.isUnderWay(place.host, state.vm.name);
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
      const { bytes, point, notes } = await cycles.sync({ vm, from, to, quiesce: quiesces(vm), signal, onProgress });
      return { bytes, point, ...(notes.length === 0 ? {} : { notes }) };
    },
    async cycle(request, signal, onProgress) {
      return (await cycles.cycle({ ...request, isProven: false }, signal, onProgress)).result;
    },
    async prove(request, signal, onProgress) {
      if (request.replicate.method === 'mirror') {
        throw proofNotOffered(request.vm);
      }
      const { result, proof } = await cycles.cycle({ ...request, isProven: true }, signal, onProgress);
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

/** What a check of the store says when it has looked and found damage. */
const damageCodes: ReadonlySet<string> = new Set(['replica-damaged', 'image-missing']);

function proofNotOffered(vm: string): FailureError {
  return new FailureError({
    code: 'proof-not-offered',
    kind: 'permanent',
    message: `${vm} is mirrored, and this version proves no points of mirrors`,
    hint: 'drill its runbook instead; its points are read again for damage all the same',
  });
}

interface Listed {
  readonly place: Place;
  readonly replica: StoredReplica;
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
