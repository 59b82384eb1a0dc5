import type { Authority } from './authority.js';
import type { Finding } from './finding.js';
import type { JsonObject } from './json.js';
import type { Mode } from './mode.js';
import type { Place } from './place.js';
import type { RunRequest } from './request.js';
import type { NotifyEvent, Policy, Rung } from './runbook.js';

/**
 * What will happen, decided in full before anything does. Frozen and serialisable: executing it never plans again, and a
 * run resumes only against its own stored plan.
 */
export interface Plan {
  readonly version: 1;
  readonly runbook: string;
  readonly mode: Mode;
  readonly request: RunRequest;
  readonly madeAt: number;
  /** SHA-256 of the inputs, hex. A saved plan whose inputs have changed is stale. */
  readonly digests: { readonly runbook: string; readonly estate: string; readonly inventory: string };
  readonly stages: readonly Stage[];
  /** VMs of the runbook that the run leaves alone, with the reason. */
  readonly skipped: readonly Skipped[];
  readonly findings: readonly Finding[];
  /** How many steps may hold each resource at once, by resource name: `host/north-1`, `link/north-south`, `run`. */
  readonly slots: Readonly<Record<string, number>>;
  /** What becomes of the run when a lane fails. */
  readonly onLaneFailure: 'stop' | 'continue';
  /** The authority of every VM of the plan when it was made. */
  readonly authority: readonly Authority[];
  readonly objectives: { readonly rpoMs?: number; readonly rtoMs?: number };
  /** Of an evacuation: what its VMs go by when they return. */
  readonly policy?: Policy;
  readonly estimates: Estimates;
  /** Events that people are told of; nobody is told when left out. */
  readonly notify?: readonly NotifyEvent[];
}

/** Lanes that may run together. Stages follow one another. */
export interface Stage {
  readonly id: string;
  readonly title: string;
  /** Runs whatever happened before, also after a stop or a cancel: the clean-up of a drill. */
  readonly isAlways: boolean;
  readonly lanes: readonly Lane[];
}

/** The ordered steps of one subject. */
export interface Lane {
  /** Unique in the plan; of letters, digits, `-`, `_`, `/`, `.` and `:`. */
  readonly id: string;
  readonly subject: { readonly kind: 'vm' | 'host' | 'site' | 'run'; readonly name: string };
  readonly title: string;
  /** Lanes of earlier stages that must have succeeded; else this lane is blocked and says by which. */
  readonly after: readonly string[];
  readonly steps: readonly Step[];
  /** Done in this order when the lane has failed or was cancelled after its first step began. */
  readonly recovery: readonly Step[];
  /** Its failure stops the run whatever `onLaneFailure` says: an extra step with `on-failure: stop`. */
  readonly stopsRun?: boolean;
}

/** One thing to do. */
export interface Step {
  /** Unique in its lane. */
  readonly id: string;
  readonly kind: StepKind;
  /** `undo` takes back what the same step's `run` did. */
  readonly action: 'run' | 'undo';
  /** Of an `undo`: the id of the lane's step that it takes back. It is given that step's key. */
  readonly undoes?: string;
  readonly title: string;
  readonly input: JsonObject;
  /** Attempts in all, at least 1; between them the pause doubles. Only transient failures are tried again. */
  readonly retry: { readonly attempts: number; readonly backoffMs: number };
  /** Time for one attempt. */
  readonly timeoutMs: number;
  /** `fail` ends the lane · `continue` notes it and goes on · `ask` waits for an operator's move. */
  readonly onFailure: 'fail' | 'continue' | 'ask';
  /** Whether an operator may skip it. A proof of death may not be skipped. */
  readonly isSkippable: boolean;
  /** Resources it holds one slot of while it runs. */
  readonly uses: readonly string[];
  /** What its success does to a VM's authority, and what its start needs of it (safety rules S1, S2). */
  readonly authority?: AuthorityClause;
  readonly estimateMs?: number;
}

/**
 * `needs-at` the VM's authority must be at `place` when the step starts. `moves` the step's start journals
 * `moving from→to`, its success `at to`. `takes` the step's start needs proof of death for every host of `deadHosts`
 * or an observed stop of the VM, and its success journals `at to`.
 */
export type AuthorityClause =
  | { readonly rule: 'needs-at'; readonly vm: string; readonly place: Place }
  | { readonly rule: 'moves'; readonly vm: string; readonly from: Place; readonly to: Place }
  | {
      readonly rule: 'takes';
      readonly vm: string;
      readonly from: Place;
      readonly to: Place;
      readonly deadHosts: readonly string[];
    };

export const stepKinds = [
  'approve',
  'check',
  'cleanup',
  'cordon',
  'define',
  'fence',
  'migrate',
  'notify',
  'overlay',
  'place',
  'promote',
  'ready',
  'reverse',
  'run',
  'shutdown',
  'start',
  'sync',
  'wait',
] as const;

export type StepKind = (typeof stepKinds)[number];

export interface Skipped {
  readonly vm: string;
  readonly code: string;
  readonly reason: string;
}

export interface Estimates {
  /** Expected time of the whole run along its longest path. */
  readonly durationMs: number;
  /** Bytes that cross links. */
  readonly bytes: number;
  readonly vms: readonly VmEstimate[];
}

export interface VmEstimate {
  readonly vm: string;
  readonly method: 'live' | 'restart' | 'promote' | 'clone' | 'cold' | 'reverse';
  readonly target: Place;
  readonly durationMs: number;
  readonly downtimeMs: number;
  readonly bytes: number;
  /** The rung of its ladder that it is expected to need, and why; or why it moves by this method. */
  readonly rung?: Rung;
  readonly why?: string;
  /** Age of the data that would be lost now. */
  readonly dataAgeMs?: number;
}

/** Why no plan could be made. */
export interface PlanConflict extends Finding {
  readonly severity: 'blocker';
  /** JSON pointer into the runbook, when the mend is there. */
  readonly path?: string;
  /** `safety` is refused with exit code 5, `unreachable` with 4, `invalid` files with 65, what is `impossible` now with 1. */
  readonly reason: 'safety' | 'unreachable' | 'invalid' | 'impossible';
}
