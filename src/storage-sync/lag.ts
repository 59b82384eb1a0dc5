import type { ProtectionState } from '../model/replica.js';

export type { ProtectionState };

/** The states as people read them. */
export const stateWords: Readonly<Record<ProtectionState, string>> = {
  'needs-configuration': 'needs configuration',
  seeding: 'seeding',
  'meeting-rpo': 'meeting RPO',
  'rpo-missed': 'RPO missed',
  resyncing: 'resyncing',
  broken: 'broken',
  'recovery-possible': 'recovery possible (source lost)',
};

/** What is known of the replication of one VM, all of its disks together. */
export interface ReplicationFacts {
  /** `mirroring` only once the mirror was seen ready, and until it breaks. */
  readonly activity: 'seeding' | 'syncing' | 'mirroring' | 'resyncing' | 'broken';
  /** Moment of the newest data that a failover would keep, ms since the epoch; absent before the seed is complete. */
  readonly dataAsOf?: number;
  /** Since when the source is known to be lost. */
  readonly sourceLostAt?: number;
  /** Why it cannot be replicated as it is written. */
  readonly needs?: string;
}

/** The RPO now. */
export interface Lag {
  readonly state: ProtectionState;
  /** Age of the data that one would lose now, ms; absent when there is nothing to recover from. */
  readonly ageMs?: number;
}

/**
 * The age of the data and what it amounts to. A mirror that is ready has none. Once the source is lost the age grows no
 * further: what was written until then is all that can be lost. Without an objective none is missed.
 */
export function lagOf(facts: ReplicationFacts, rpoMs: number | undefined, now: number): Lag {
  const ageMs = ageOf(facts, now);
  return { state: stateOf(facts, ageMs, rpoMs), ...(ageMs === undefined ? {} : { ageMs }) };
}

function ageOf({ activity, dataAsOf, sourceLostAt }: ReplicationFacts, now: number): number | undefined {
  if (activity === 'mirroring') {
    return 0;
  }
  return dataAsOf === undefined ? undefined : Math.max(0, (sourceLostAt ?? now) - dataAsOf);
}

function stateOf(facts: ReplicationFacts, ageMs: number | undefined, rpoMs: number | undefined): ProtectionState {
  if (facts.sourceLostAt !== undefined) {
    return ageMs === undefined ? 'broken' : 'recovery-possible';
  }
  if (facts.needs !== undefined) {
    return 'needs-configuration';
  }
  const { activity } = facts;
  switch (activity) {
    case 'seeding':
    case 'resyncing':
    case 'broken':
      return activity;
    case 'mirroring':
      return 'meeting-rpo';
    case 'syncing':
      if (ageMs === undefined) {
        return 'seeding';
      }
      return ageMs <= (rpoMs ?? Number.POSITIVE_INFINITY) ? 'meeting-rpo' : 'rpo-missed';
  }
}
