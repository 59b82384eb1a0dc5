import type { TransferProgress } from '../hypervisors/hypervisor.js';
import { type Clock, sleep } from '../model/clock.js';
import type { ProtectionEntryBody } from '../model/entry.js';
import { type Failure, FailureError } from '../model/failure.js';
import type { Journal } from '../stores/journal.js';
import type { LeaseKeeper } from '../stores/lease.js';
import type { CycleRequest, ProofResult, Replicas } from './replicas.js';

/** What a verification needs besides to prove points. */
export interface Proving {
  readonly replicas: Pick<Replicas, 'prove'>;
  /** A cycle for each VM, one after the other: while it lasts, replication of that VM holds. */
  readonly requests: readonly CycleRequest[];
  /** By VM, the run that acts on it; its VMs are left alone. */
  readonly runs: () => Promise<ReadonlyMap<string, string>>;
  readonly onProgress?: (vm: string, progress: TransferProgress) => void;
}

export interface ProverOptions extends Proving {
  readonly journal: Pick<Journal, 'read'>;
  readonly leases: LeaseKeeper;
  readonly clock: Clock;
  readonly holder: string;
  /** The verification's journal. */
  readonly runId: string;
  readonly append: (body: ProtectionEntryBody) => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** What came of one VM: its proven point, or why there is none. */
export type Proven = { readonly vm: string } & ({ readonly result: ProofResult } | { readonly failure: Failure });

/** Between two questions whether the replication has let go, or a run has begun, ms. */
const askEveryMs = 2_000;
/** How long a cycle under way may take to come to its safe point, ms. */
const letGoWithinMs = 120_000;
/** How long the lease of a proof may last when its process dies elsewhere, ms. */
const leaseMs = 86_400_000;

/**
 * Proves a point of each of these VMs, and journals what came of it. It asks whoever tends a replica to hold, and begins when
 * that is journalled; a run goes before it. What fails at one VM stops none of the others.
 */
export async function proveReplicas(options: ProverOptions): Promise<readonly Proven[]> {
  const { requests, append, signal } = options;
  const all: Proven[] = [];
  for (const request of requests) {
    const { vm, from, to } = request;
    // One VM at a time holds its replication, and has the link to itself.
    // oxlint-disable-next-line no-await-in-loop
    await append({ type: 'replica.proving', vm, from, to });
    const one = await proveOne(options, request);
    if ('failure' in one) {
      await append({ type: 'replica.unproven', vm, failure: one.failure });
    } else {
      const { pinnedBy: _, ...point } = one.result.point;
      await append({ type: 'replica.proven', vm, from, to, point, disks: one.result.disks });
    }
    all.push(one);
    signal.throwIfAborted();
  }
  return all;
}

async function proveOne(options: ProverOptions, request: CycleRequest): Promise<Proven> {
  const { leases, holder, runId, replicas, onProgress, signal } = options;
  const { vm } = request;
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const forget = watchRuns(options, vm, stop);
  try {
    const lease = await leases.acquire({ runId: `${runId}/${vm}`, names: [`proof/${vm}`], holder, ttlMs: leaseMs });
    if ('heldBy' in lease) {
      throw new FailureError(locked(`another verification proves a point of ${vm} (${lease.heldBy.runId})`));
    }
    try {
      await letGo(options, vm, both);
      return { vm, result: await replicas.prove(request, both, (progress) => onProgress?.(vm, progress)) };
    } finally {
      await leases.release(lease);
    }
  } catch (error) {
    const cause: unknown = both.aborted ? both.reason : error;
    if (cause instanceof FailureError) {
      return { vm, failure: cause.failure };
    }
    if (signal.aborted) {
      return {
        vm,
        failure: { code: 'call-aborted', kind: 'precondition', message: 'The verification was asked to end' },
      };
    }
    throw error;
  } finally {
    forget();
  }
}

/** Ends the proof when a run acts on the VM, now or later. */
function watchRuns({ runs, clock }: ProverOptions, vm: string, stop: AbortController): () => void {
  let forget: () => void = () => undefined;
  let isOver = false;
  const look = async (): Promise<void> => {
    const run = (await runs()).get(vm);
    if (run !== undefined) {
      stop.abort(new FailureError(locked(`run ${run} needs the disks of ${vm}`)));
    } else if (!isOver) {
      forget = clock.at(clock.now() + askEveryMs, again);
    }
  };
  const again = (): void => {
    look().catch((error: unknown) => stop.abort(error));
  };
  again();
  return () => {
    isOver = true;
    forget();
  };
}

/** Resolves when nobody writes to the VM's replica: nobody tends it, or who does has journalled that it holds. */
async function letGo(options: ProverOptions, vm: string, signal: AbortSignal): Promise<void> {
  const { clock } = options;
  const until = clock.now() + letGoWithinMs;
  for (;;) {
    signal.throwIfAborted();
    // Each look shows what has happened since the one before.
    // oxlint-disable-next-line no-await-in-loop
    const tending = await stillTending(options, vm);
    if (tending === undefined) {
      return;
    }
    if (clock.now() >= until) {
      throw new FailureError(locked(`${tending} did not come to a safe point with ${vm}`));
    }
    // Whoever tends it has time to come to a safe point before the next look.
    // oxlint-disable-next-line no-await-in-loop
    await sleep(clock, askEveryMs, signal);
  }
}

/** The journal of who tends the VM's replica and has not said that it holds; undefined when nobody is left. */
async function stillTending(options: ProverOptions, vm: string): Promise<string | undefined> {
  const { journal, runId } = options;
  const tending = await tenderOf(options, vm);
  const told = tending === undefined ? [] : await journal.read(tending, 1);
  return told.some((entry) => entry.type === 'replica.held' && entry.vm === vm && entry.by === runId)
    ? undefined
    : tending;
}

/** The journal of who tends the VM's replica; undefined when nobody does. */
async function tenderOf({ leases, holder, runId }: ProverOptions, vm: string): Promise<string | undefined> {
  const answer = await leases.acquire({ runId: `${runId}/${vm}/look`, names: [`replica/${vm}`], holder, ttlMs: 1 });
  if ('heldBy' in answer) {
    return answer.heldBy.runId;
  }
  await leases.release(answer);
  return undefined;
}

function locked(message: string): Failure {
  return { code: 'locked', kind: 'precondition', message, hint: 'verify it again when that has ended' };
}
