import type { Authority, Proof } from './authority.js';
import type { Failure } from './failure.js';
import type { JsonObject } from './json.js';
import type { Observation } from './observation.js';
import type { Place } from './place.js';
import type { Plan } from './plan.js';
import type { ProtectionState, ProvenDisk, RecoveryPoint, TransferKind } from './replica.js';
import type { ReplicaReport } from './replica-report.js';
import type { OperatorMove, RunRequest } from './request.js';

/** Something that happened, in the past tense. Entries of a run are numbered from 1 without a gap and never changed. */
export type Entry = EntryBody & EntryStamp;

export interface EntryStamp {
  readonly seq: number;
  /** ms since the epoch. */
  readonly at: number;
  /** Who wrote it: an operator's name, `trigger/NAME`, or `engine`. */
  readonly author: string;
}

/** An entry before the journal has numbered it. */
export type NewEntry = EntryBody & { readonly at: number; readonly author: string };

export type EntryBody = RunEntryBody | ProtectionEntryBody;

/** What happens in a run. */
export type RunEntryBody =
  | { readonly type: 'run.requested'; readonly request: RunRequest; readonly runbook: string }
  | { readonly type: 'run.planned'; readonly plan: Plan }
  | { readonly type: 'run.started' }
  /** Another engine took the run up; whatever was under way is looked at before anything else. */
  | { readonly type: 'run.taken-up'; readonly reason: string }
  | ({ readonly type: 'step.started'; readonly attempt: number; readonly deadlineAt: number } & StepReference)
  | ({ readonly type: 'step.succeeded'; readonly output: JsonObject } & StepReference)
  | ({ readonly type: 'step.failed'; readonly failure: Failure } & StepReference)
  | ({ readonly type: 'step.observed'; readonly observation: Observation } & StepReference)
  | { readonly type: 'timer.fired'; readonly timer: string }
  | { readonly type: 'authority.moved'; readonly authority: Authority }
  | { readonly type: 'death.proven'; readonly host: string; readonly proof: Proof }
  | { readonly type: 'operator.moved'; readonly move: OperatorMove; readonly reason: string }
  | { readonly type: 'notice.sent'; readonly event: string; readonly to: string }
  | { readonly type: 'notice.failed'; readonly event: string; readonly failure: Failure }
  | { readonly type: 'run.finished'; readonly result: RunResult };

/** What happens to the replicas of a runbook's VMs, in journals of their own: replication is no run. */
export type ProtectionEntryBody =
  /** Somebody tends them from now on. `reports` is what the journals before this one tell, so that they need not be read. */
  | { readonly type: 'protection.started'; readonly runbook: string; readonly reports: readonly ReplicaReport[] }
  /** `done` once for each was asked for · `interrupted` · `continued` in the next journal, since this one is long enough. */
  | { readonly type: 'protection.ended'; readonly reason: 'done' | 'interrupted' | 'continued' }
  /** A cycle has published this point: it exists from now on. */
  | {
      readonly type: 'replica.synced';
      readonly vm: string;
      readonly from: Place;
      readonly to: Place;
      readonly point: Omit<RecoveryPoint, 'pinnedBy'>;
      readonly transfer: TransferKind;
      readonly reason?: string;
      readonly bytes: number;
      /** From its beginning to its end, and of that the copying, ms. */
      readonly tookMs: number;
      readonly transferMs: number;
    }
  | {
      readonly type: 'replica.failed';
      readonly vm: string;
      readonly failure: Failure;
      /** How many in a row. */
      readonly failures: number;
      readonly againAt: number;
    }
  | { readonly type: 'replica.changed'; readonly vm: string; readonly state: ProtectionState; readonly why?: string }
  /** `text` says why the RPO cannot be attained and what would do; without it, it can be again. */
  | { readonly type: 'replica.forecast'; readonly vm: string; readonly text?: string }
  /** People were told by one notice that these VMs miss their RPO, or meet it again; with a failure, that they were not. */
  | {
      readonly type: 'rpo.told';
      readonly event: 'rpo-missed' | 'rpo-met';
      readonly vms: readonly string[];
      readonly failure?: Failure;
    }
  /** Nothing is written to the replica any more, since somebody asked for that: a run, or a verification. */
  | { readonly type: 'replica.held'; readonly vm: string; readonly by: string }
  /** The points of a runbook's replicas are read again; what follows is what was found. */
  | { readonly type: 'verification.started'; readonly runbook: string }
  /** So many points were read again. */
  | {
      readonly type: 'replica.checked';
      readonly vm: string;
      readonly place: Place;
      readonly points: number;
      readonly against: 'structure' | 'digests';
      readonly damage?: Failure;
    }
  /** A new point is about to be made and proven: until the outcome, replication of this VM holds. */
  | { readonly type: 'replica.proving'; readonly vm: string; readonly from: Place; readonly to: Place }
  /** It exists from now on, and equals its source's moment. Where a disk had differed, no older point is to be trusted. */
  | {
      readonly type: 'replica.proven';
      readonly vm: string;
      readonly from: Place;
      readonly to: Place;
      readonly point: Omit<RecoveryPoint, 'pinnedBy'>;
      readonly disks: readonly ProvenDisk[];
    }
  | { readonly type: 'replica.unproven'; readonly vm: string; readonly failure: Failure };

export type EntryType = EntryBody['type'];
export type RunEntryType = RunEntryBody['type'];

/** Which step of which lane, by their ids in the plan. */
export interface StepReference {
  readonly lane: string;
  readonly step: string;
}

/** `succeeded` everything was done · `with-errors` some lanes failed · `failed` it stopped · `cancelled` by an operator. */
export type RunResult = 'succeeded' | 'with-errors' | 'failed' | 'cancelled';
