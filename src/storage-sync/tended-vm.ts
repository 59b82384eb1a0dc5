import type { Failure } from '../model/failure.js';
import type { ProtectionState } from '../model/replica.js';
import type { CycleSeen } from '../model/replica-report.js';
import type { ReplicaState } from '../state-machines/replica.js';
import { type Lag, lagOf, type ReplicationFacts } from './lag.js';
import type { Member } from './replicator-members.js';

/** Between two points of a ready mirror, ms: it needs none for its RPO, but older states are worth having. */
export const mirrorEveryMs = 300_000;

export interface TendedCycle {
  readonly startedAt: number;
  readonly route: NonNullable<Member['route']>;
  readonly uses: readonly string[];
}

/** When data counts as too old, and a source as lost, ms. */
export interface StandingRules {
  readonly rpoMs?: number;
  /** How long a source may be silent before it counts as lost. */
  readonly lostAfterMs: number;
}

/** The replication of one VM, as far as it is known. */
export interface Tended {
  readonly member: Member;
  readonly replica: ReplicaState;
  /** The cycle under way, also one that has to end: since when, and what it takes. */
  readonly cycle?: TendedCycle | undefined;
  /** Cycles begun since this process tends it. */
  readonly tries: number;
  readonly failedAt?: number | undefined;
  readonly failure?: Failure | undefined;
  readonly cycles: readonly CycleSeen[];
  /** Since when its source does not answer. */
  readonly silentSince?: number | undefined;
  /** The run that needs its disks still, or the verification that proves a point of it. */
  readonly heldBy?: string | undefined;
  /** For whom it holds already, with no cycle under way any more. */
  readonly heldFor?: string | undefined;
  readonly forecast?: string | undefined;
  /** What the journal says of it. */
  readonly told?: { readonly state: ProtectionState; readonly why?: string };
}

/** Why its cycle cannot begin, as long as nothing changes. */
export function obstacleOf({ member, silentSince, heldBy }: Tended): string | undefined {
  if (heldBy !== undefined) {
    return heldBy.startsWith('verification/')
      ? `${heldBy} proves a point of it`
      : `run ${heldBy} needs its disks still`;
  }
  if (silentSince !== undefined) {
    return `${member.route?.from.host ?? 'its host'} does not answer`;
  }
  return member.needs ?? member.waits ?? (member.route === undefined ? 'it is not known where it lives' : undefined);
}

/** The age of the data and the state, in one word and why. */
export function standingOf(tended: Tended, rules: StandingRules, at: number): Lag & { readonly why?: string } {
  const lag = lagOf(factsOf(tended, rules, at), rules.rpoMs, at);
  const why = whyOf(tended, lag.state);
  return { ...lag, ...(why === undefined ? {} : { why }) };
}

/** Between two cycles, ms. */
export function everyMsOf({ replicate }: Member): number {
  return replicate.method === 'mirror' ? mirrorEveryMs : replicate.everyMs;
}

function factsOf(tended: Tended, { lostAfterMs }: StandingRules, at: number): ReplicationFacts {
  const { member, replica, failure, silentSince } = tended;
  const seen = member.replica?.dataAsOf;
  const dataAsOf = replica.dataAsOf === undefined ? seen : Math.max(replica.dataAsOf, seen ?? 0);
  const isLost = silentSince !== undefined && at - silentSince >= lostAfterMs;
  const isRefused = failure?.kind === 'permanent' && dataAsOf === undefined;
  const needs = member.needs ?? (isRefused ? failure.message : undefined);
  return {
    activity: activityOf(tended),
    ...(dataAsOf === undefined ? {} : { dataAsOf }),
    ...(isLost ? { sourceLostAt: silentSince } : {}),
    ...(needs === undefined ? {} : { needs }),
  };
}

function activityOf({ member, replica, failure }: Tended): ReplicationFacts['activity'] {
  if (replica.activity === 'mirroring') {
    return 'mirroring';
  }
  if (failure?.code === 'replica-in-use') {
    return 'broken';
  }
  if (replica.next === 'seed') {
    return 'seeding';
  }
  return replica.next === 'resync' || member.replicate.method === 'mirror' ? 'resyncing' : 'syncing';
}

function whyOf(tended: Tended, state: ProtectionState): string | undefined {
  const { member, failure, forecast, silentSince, heldBy } = tended;
  if (state === 'recovery-possible' && silentSince !== undefined && heldBy === undefined) {
    const host = member.route?.from.host ?? 'its host';
    return `${host} does not answer; if it still runs, what it writes from now on would be lost too`;
  }
  return obstacleOf(tended) ?? failure?.message ?? forecast;
}
