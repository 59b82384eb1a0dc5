import type { Clock } from '../model/clock.js';
import type { Entry, ProtectionEntryBody } from '../model/entry.js';
import { type Failure, FailureError } from '../model/failure.js';
import type { Place } from '../model/place.js';
import { groupedBy } from '../runbooks/plan-scene.js';
import type { Journal } from '../stores/journal.js';
import type { LeaseKeeper } from '../stores/lease.js';
import { type Proven, type Proving, proveReplicas } from './prover.js';
import type { CheckResult, Replicas } from './replicas.js';

export interface VerifierOptions {
  readonly replicas: Pick<Replicas, 'check'>;
  readonly journal: Journal;
  readonly leases: LeaseKeeper;
  readonly clock: Clock;
  readonly holder: string;
  readonly by: string;
  readonly runbook: string;
  /** Where the replicas are; those of one host are read one after the other. */
  readonly subjects: readonly { readonly vm: string; readonly place: Place }[];
  /** The points that are made and proven once the others are read. Default: none. */
  readonly proving?: Proving;
  readonly signal: AbortSignal;
  /** Told of each as it is journalled. */
  readonly onEntry?: (entry: Entry) => void;
}

/** What came of one VM's check: what was found, or why nobody could look. */
export type Verified = { readonly vm: string; readonly place: Place } & (
  | { readonly result: CheckResult }
  | { readonly failure: Failure }
);

export interface Verification {
  readonly read: readonly Verified[];
  readonly proven: readonly Proven[];
}

/** Of the newest verification: VMs whose points were read, those that had damage, and those that have a proven point. */
export interface LastVerification {
  readonly at: number;
  readonly vms: number;
  readonly damaged: readonly string[];
  readonly proven: readonly string[];
  /** Those of the proven whose older points are not to be trusted, since the replica had differed. */
  readonly differed: readonly string[];
}

/** What the newest verification of a runbook has found; undefined if there was none. */
export async function lastVerification(
  journal: Pick<Journal, 'select' | 'read'>,
  runbook: string,
): Promise<LastVerification | undefined> {
  const started = await journal.select(['verification.started']);
  const last = started.findLast(({ entry }) => entry.type === 'verification.started' && entry.runbook === runbook);
  if (last === undefined) {
    return undefined;
  }
  const entries = await journal.read(last.runId, 2);
  const checked = entries.filter((entry) => entry.type === 'replica.checked');
  const proven = entries.filter((entry) => entry.type === 'replica.proven');
  return {
    at: last.entry.at,
    vms: checked.length,
    damaged: checked.flatMap(({ vm, damage }) => (damage === undefined ? [] : [vm])),
    proven: proven.map(({ vm }) => vm),
    differed: proven.flatMap(({ vm, disks }) => (disks.some(({ differedBytes }) => differedBytes > 0) ? [vm] : [])),
  };
}

/** How long the journal of a verification may stay open when its process dies, ms: nothing else is held by it. */
const leaseMs = 86_400_000;

/**
 * Reads the points of all these replicas again and journals what was found; replication goes on meanwhile. Then it proves new
 * ones where that is wanted. One that cannot be looked at stops none of the others. Refused with a `FailureError` `locked` while the same is being done.
 */
export async function verifyReplicas(options: VerifierOptions): Promise<Verification> {
  const { journal, leases, clock, by, holder, runbook, subjects } = options;
  const earlier = (await journal.select(['verification.started'])).length;
  const name = `verification/${runbook}`;
  const lease = await leases.acquire({ runId: `${name}/${earlier + 1}`, names: [name], holder, ttlMs: leaseMs });
  if ('heldBy' in lease) {
    throw new FailureError({
      code: 'locked',
      kind: 'precondition',
      message: `the recovery points of ${runbook} are being read by ${lease.heldBy.holder}`,
      hint: 'wait for its end',
    });
  }
  let lastSeq = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const append = (body: ProtectionEntryBody): Promise<unknown> => {
    turn = turn.then(async () => {
      const guard = { expectedSeq: lastSeq, fencingToken: lease.token };
      for (const entry of await journal.append(lease.runId, [{ ...body, at: clock.now(), author: by }], guard)) {
        lastSeq = entry.seq;
        options.onEntry?.(entry);
      }
    });
    return turn;
  };
  try {
    await append({ type: 'verification.started', runbook });
    const hosts = [...groupedBy(subjects, ({ place }) => place.host).values()];
    const found = await Promise.all(
      hosts.map(async (own) => {
        const all: Verified[] = [];
        for (const { vm, place } of own) {
          const one = await verify(options, vm, place);
          all.push(one);
          if ('result' in one) {
            const { points, against, damage } = one.result;
            const body = { type: 'replica.checked', vm, place, points: points.length, against } as const;
            await append({ ...body, ...(damage === undefined ? {} : { damage }) });
          }
        }
        return all;
      }),
    );
    const proving =
      options.proving === undefined ? [] : [{ ...options, ...options.proving, runId: lease.runId, append }];
    const proven = await Promise.all(proving.map(proveReplicas));
    return { read: found.flat(), proven: proven.flat() };
  } finally {
    await leases.release(lease);
  }
}

async function verify({ replicas, signal }: VerifierOptions, vm: string, place: Place): Promise<Verified> {
  try {
    return { vm, place, result: await replicas.check(vm, place, signal) };
  } catch (error) {
    if (error instanceof FailureError && !signal.aborted) {
      return { vm, place, failure: error.failure };
    }
    throw error;
  }
}
