import type { Proof } from '../model/authority.js';
import type { RunResult } from '../model/entry.js';
import type { Failure } from '../model/failure.js';
import type { Finding } from '../model/finding.js';
import type { Mode } from '../model/mode.js';
import type { Skipped, Step, VmEstimate } from '../model/plan.js';
import type { OperatorMove } from '../model/request.js';

/**
 * What a run's journal proves, folded for people and programs. Times are ms since the epoch. A field that is left out
 * was not observed; nothing here is inferred from the plan unless its name says so.
 */
export interface RunReport {
  readonly runId: string;
  /** Empty when the journal does not say. */
  readonly runbook: string;
  readonly mode?: Mode;
  /** Who asked. */
  readonly by?: string;
  readonly standing: Standing;
  /** One sentence. */
  readonly verdict: string;
  readonly times: RunTimes;
  readonly objectives: readonly Objective[];
  readonly vms: readonly VmReport[];
  readonly skipped: readonly Skipped[];
  readonly stages: readonly StageReport[];
  readonly marks: readonly Mark[];
  readonly deaths: readonly DeathReport[];
  /** Hosts that an evacuation has observed empty, and when. */
  readonly emptied: readonly { readonly host: string; readonly at: number }[];
  readonly authority: readonly AuthorityReport[];
  readonly moves: readonly MoveReport[];
  readonly findings: readonly Finding[];
  readonly forecasts: readonly Forecast[];
  readonly evidence: Evidence;
}

/** `open`: the journal has no `run.finished`; `activity` then says what its last entries show. */
export type Standing =
  | { readonly result: RunResult }
  | { readonly result: 'open'; readonly activity: OpenActivity; readonly waitsFor?: string };

/** `interrupted` only when the caller knows that no engine has the run; the journal alone cannot tell. */
export type OpenActivity = 'requested' | 'planned' | 'running' | 'waiting' | 'paused' | 'interrupted';

export interface RunTimes {
  readonly requestedAt?: number;
  readonly plannedAt?: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** The last entry: up to here the report knows. */
  readonly asOf?: number;
}

export interface StageReport {
  readonly id: string;
  readonly title: string;
  readonly isAlways: boolean;
  readonly lanes: readonly LaneReport[];
}

export interface LaneReport {
  readonly id: string;
  readonly title: string;
  readonly subject: { readonly kind: 'vm' | 'host' | 'site' | 'run'; readonly name: string };
  readonly outcome: LaneOutcome;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** One sentence when it failed, waits or is blocked. */
  readonly because?: string;
  /** The steps of the plan, then those steps of its recovery that were begun. */
  readonly steps: readonly StepReport[];
}

export type LaneOutcome = 'succeeded' | 'failed' | 'blocked' | 'cancelled' | 'not-reached' | 'running' | 'waiting';

export interface StepReport {
  readonly id: string;
  readonly title: string;
  readonly kind: Step['kind'];
  readonly action: Step['action'];
  readonly isRecovery: boolean;
  readonly outcome: StepOutcome;
  readonly attempts: readonly Attempt[];
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly estimateMs?: number;
  /** The last one, also when a later attempt succeeded. */
  readonly failure?: Failure;
  /** Operators' moves that came while it was the lane's newest step. */
  readonly movedBy: readonly { readonly by: string; readonly move: OperatorMove['move']; readonly at: number }[];
}

/** `passed-over` it failed or was skipped and the lane went on · `unknown` its outcome has not been observed. */
export type StepOutcome =
  | 'succeeded'
  | 'passed-over'
  | 'failed'
  | 'cancelled'
  | 'unknown'
  | 'running'
  | 'retrying'
  | 'waiting'
  | 'not-reached';

export interface Attempt {
  readonly attempt: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** `not-started` a look at the world showed that nothing had been done. */
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'unknown' | 'contradictory' | 'not-started' | 'running';
  readonly failure?: Failure;
  /** Looks at the world that failed, one after the other, since it was last known to run. */
  readonly failedLooks: number;
  /** What looks at the world saw, oldest first. */
  readonly observations: readonly { readonly at: number; readonly verdict: string; readonly evidence: string }[];
}

export interface VmReport {
  readonly vm: string;
  readonly lane: string;
  readonly outcome: VmOutcome;
  readonly because?: string;
  readonly method?: VmEstimate['method'];
  /** `SITE/HOST`, from the plan. */
  readonly from?: string;
  readonly to?: string;
  /** Outage: what the migration measured, or from the stop to ready. */
  readonly downtimeMs?: number;
  readonly readyAt?: number;
  /** `checks` its ready checks passed · `running` it has none, and was observed running or in its place. */
  readonly readyBy?: 'checks' | 'running';
  readonly requestToReadyMs?: number;
  readonly startToReadyMs?: number;
  readonly dataAge?: DataAge;
  readonly bytes?: number;
  /** Rungs that its live move has climbed to, with why it left the one before; empty when the first one did. */
  readonly climbed?: readonly { readonly rung: string; readonly reason: string }[];
  readonly estimate?: VmEstimate;
  /** Time that its steps took, without what it waited for others. */
  readonly durationMs?: number;
}

/** `unproven` it was started or moved, but its ready checks were passed over. */
export type VmOutcome =
  | 'recovered'
  | 'moved'
  | 'reversed'
  | 'unproven'
  | 'failed'
  | 'blocked'
  | 'cancelled'
  | 'not-reached'
  | 'running'
  | 'waiting';

/**
 * Age of the data when recovery was asked for. `measured` from the recovery point that was used, `nothing-lost` the VM
 * moved alive or was synced after its stop, `estimate` the plan's.
 */
export interface DataAge {
  readonly ms: number;
  readonly basis: 'measured' | 'nothing-lost' | 'estimate';
}

export interface Objective {
  readonly objective: 'rpo' | 'rto';
  readonly targetMs: number;
  readonly measuredMs?: number;
  /** `unmeasured` no VM gave a figure · `pending` the run is open and nothing is missed so far. */
  readonly verdict: 'met' | 'missed' | 'pending' | 'unmeasured';
  /** What was held against the target. */
  readonly basis: 'request-to-ready' | 'downtime' | 'data-age';
  /** The first VM that missed it or stayed unmeasured without a figure, else the one with the worst figure. */
  readonly worst?: string;
  readonly misses: number;
}

/** Something that happened to the run as a whole. */
export interface Mark {
  readonly kind: 'requested' | 'planned' | 'started' | 'taken-up' | 'paused' | 'resumed' | 'cancelled' | 'finished';
  readonly at: number;
  readonly by: string;
  readonly text?: string;
  readonly seq: number;
}

export interface DeathReport {
  readonly host: string;
  readonly at: number;
  readonly seq: number;
  readonly author: string;
  readonly proof: Proof;
  /** One sentence. */
  readonly text: string;
}

export interface AuthorityReport {
  readonly vm: string;
  readonly epoch: number;
  readonly at: number;
  readonly seq: number;
  /** `at south/south-1`, `moving north/north-1 to south/south-1`. */
  readonly state: string;
  readonly proof: Proof;
  readonly text: string;
}

export interface MoveReport {
  readonly at: number;
  readonly seq: number;
  readonly by: string;
  readonly move: OperatorMove['move'];
  /** The lane or host it was about; left out when it was about everything that waits. */
  readonly about?: string;
  readonly reason: string;
}

export interface Forecast {
  readonly what: 'duration' | 'bytes' | 'downtime';
  readonly subject: string;
  readonly estimated: number;
  readonly measured: number;
}

export interface Evidence {
  readonly entries: number;
  readonly headSeq: number;
  /** SHA-256 of the chain's last entry, when the caller knows it. */
  readonly headHash?: string;
  readonly digests?: { readonly runbook: string; readonly estate: string; readonly inventory: string };
  readonly noticesSent: number;
  readonly noticesFailed: number;
}
