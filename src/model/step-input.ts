import type { Place } from './place.js';
import type { ApproveInput, ReadyCheck, Rung, RunInput } from './runbook.js';

/** What each kind of step is given: written by the planner, read by the step. All of it is JSON. */
export interface StepInputs {
  readonly approve: ApproveInput;
  readonly run: RunInput;
  readonly wait: { readonly forMs: number };
  readonly notify: { readonly message: string };
  readonly check: CheckInput;
  /** `lift` takes the mark off. */
  readonly cordon: { readonly host: string; readonly lift?: boolean };
  readonly place: PlaceInput;
  readonly migrate: MigrateInput;
  /** `hasAutostart` as the plan saw it: what an undo gives back even when the step's own outcome was lost. */
  readonly shutdown: VmAt & { readonly hasAutostart?: boolean };
  readonly fence: { readonly host: string };
  readonly promote: { readonly vm: string; readonly at: Place; readonly point: PlannedPoint };
  readonly overlay: OverlayInput;
  readonly define: DefineInput;
  readonly start: VmAt;
  readonly ready: VmAt & { readonly check: ReadyCheck };
  readonly sync: { readonly vm: string; readonly from: Place; readonly to: Place };
  readonly cleanup: CleanupInput;
  readonly reverse: { readonly vm: string; readonly from: Place; readonly to: Place };
}

/** A VM by its name and UUID, and where the step expects it. */
export interface VmAt {
  readonly vm: string;
  readonly id: string;
  readonly at: Place;
}

/** A point by its id, decided by the plan; `newest` where the plan cannot know it, as after a sync. */
export type PlannedPoint = { readonly id: string } | 'newest';

/** Looks only; fails with `check-failed` (precondition) when it is not so. */
export type CheckInput =
  | ({ readonly about: 'vm-state'; readonly state: 'running' | 'shut-off' } & VmAt)
  | { readonly about: 'host-empty'; readonly host: string }
  | { readonly about: 'replica'; readonly vm: string; readonly at: Place; readonly point: PlannedPoint };

/** Confirms that the target still has room and all that the VM needs. */
export interface PlaceInput extends VmAt {
  readonly memoryBytes: number;
  readonly vcpus: number;
  readonly cpuModel?: string;
  readonly networks: readonly string[];
  /** Bytes of new disk space on the target. */
  readonly diskBytes: number;
}

export interface MigrateInput {
  readonly vm: string;
  readonly id: string;
  readonly from: Place;
  readonly to: Place;
  /** What it was when the plan was made. One that is shut off is carried and stays off. */
  readonly state: 'running' | 'shut-off';
  /**
   * Rungs that it may climb to, in this order. `restart` comes last or alone: then the VM is shut down by its guest,
   * carried, and started at the target. Empty for a VM that is shut off.
   */
  readonly ladder: readonly Rung[];
  readonly maxDowntimeMs: number;
  readonly copyStorage: 'none' | 'all' | 'overlay';
  /** Targets of disks that both hosts see, which `all` leaves out. */
  readonly shared?: readonly string[];
  readonly bytesPerSecond?: number;
  /** Whether the VM has lived at the target before, so that its old disks there may be written over. Default false. */
  readonly replacesStale?: boolean;
}

export interface OverlayInput {
  readonly vm: string;
  readonly at: Place;
  readonly purpose: 'clone' | 'promoted' | 'move';
  readonly point: PlannedPoint;
}

export interface DefineInput {
  readonly at: Place;
  /** Everything but the disks' paths, which the overlay step of the same lane has made. */
  readonly definition: {
    readonly id: string;
    readonly name: string;
    readonly memoryBytes: number;
    readonly vcpus: number;
    readonly cpuModel?: string;
    readonly networks: readonly string[];
    readonly hasAgent: boolean;
    readonly tags: readonly string[];
    readonly hasAutostart: boolean;
    readonly cloneOf?: string;
  };
  /** Id of the overlay step in the same lane. */
  readonly disksFrom: string;
}

export type CleanupInput =
  /** Ends and forgets a drill's clone and removes its overlay. `overlayStep`: `LANE/STEP` that made it. */
  | ({ readonly what: 'clone'; readonly vmOverlay: string; readonly overlayStep: string } & VmAt)
  /** Merges the overlay of a live move into the replica that is now the VM's disk. */
  | { readonly what: 'merge'; readonly vm: string; readonly at: Place; readonly overlayStep: string }
  /** Blocks and forgets the VM's stopped definition at its old place, after it runs at its new one. */
  | ({ readonly what: 'source' } & VmAt);
