import type { Mode } from './mode.js';

/** A runbook as its author wrote it, with units turned into numbers and defaults filled in. */
export interface Runbook {
  readonly name: string;
  readonly protect: Protection;
  readonly objectives: { readonly rpoMs?: number; readonly rtoMs?: number };
  readonly groups: readonly Group[];
  /** Each list of selectors names VMs that no two of may share a host. */
  readonly keepApart: readonly (readonly Selector[])[];
  /** Each list of selectors names VMs that must all be on one host. */
  readonly keepTogether: readonly (readonly Selector[])[];
  readonly limits: Limits;
  readonly steps: readonly ExtraStep[];
  readonly triggers: readonly Trigger[];
  readonly notify?: { readonly mail: boolean; readonly on: readonly NotifyEvent[] };
  /** Of a runbook whose mode is `balance`: `protect` then names its site at both ends. */
  readonly balance?: Balance;
  /** `strict` takes autostart off the VMs and makes Lifeboat start them (safety rule S5). Default `normal`. */
  readonly guard: 'normal' | 'strict';
}

/** The mode of a runbook that serves no other. */
export function ownModeOf({ balance }: Runbook): Mode | undefined {
  return balance === undefined ? undefined : 'balance';
}

/** What a balance is for: to even out memory and CPU, or to empty so many hosts when `freeHosts` is not 0. */
export interface Balance {
  readonly freeHosts: number;
}

/** What of a runbook says how VMs move, whichever way they go. */
export type Policy = Pick<Runbook, 'groups' | 'keepApart' | 'keepTogether' | 'limits'>;

/** Where the VMs are and where they go: whole sites, or one host of a site. */
export interface Protection {
  readonly from: Scope;
  readonly to: Scope;
}

export interface Scope {
  readonly site: string;
  readonly host?: string;
}

export interface Group {
  readonly name: string;
  /** 1 first to 5 last, default 3. */
  readonly priority: number;
  /** Names of groups whose VMs must have succeeded before this one begins. */
  readonly after: readonly string[];
  readonly vms: readonly Selector[];
  readonly replicate?: Replicate;
  readonly move: Move;
  readonly ready: readonly ReadyCheck[];
}

/** A VM by its name, by a glob over names (`*`, `?`, `[a-c]`), or by a tag `key=value` of its libvirt metadata. */
export type Selector = { readonly name: string } | { readonly glob: string } | { readonly tag: string };

export type Replicate =
  | { readonly method: 'mirror'; readonly keep: number; readonly stallMs: number }
  | { readonly method: 'block-sync'; readonly everyMs: number; readonly keep: number; readonly quiesce: boolean };

export const rungs = ['live', 'throttle', 'post-copy', 'pause', 'restart'] as const;
export type Rung = (typeof rungs)[number];

/** How a VM is moved: the rungs tried in this order, the pause allowed at switch-over, and the time for all of it. */
export interface Move {
  readonly ladder: readonly Rung[];
  readonly maxDowntimeMs: number;
  readonly deadlineMs: number;
}

/** A check that a VM must pass before it counts as running. */
export type ReadyCheck =
  | { readonly probe: 'guest-agent'; readonly withinMs: number }
  | { readonly probe: 'tcp'; readonly port: number; readonly withinMs: number }
  | { readonly probe: 'http'; readonly url: string; readonly status: number; readonly withinMs: number }
  | { readonly probe: 'command'; readonly command: readonly string[]; readonly withinMs: number };

export interface Limits {
  /** Moves, starts or syncs at once on one host. Default 2. */
  readonly perHost: number;
  /** Moves or syncs at once on one link. Default 4. */
  readonly perLink: number;
  /** VMs worked on at once in the whole run; no limit when left out. */
  readonly perRun?: number;
  /** Bytes per second for all moves and syncs of the run together; no limit when left out. */
  readonly bytesPerSecond?: number;
}

export type Moment =
  | { readonly at: 'before-move' }
  | { readonly at: 'after-move' }
  | { readonly at: 'before-group'; readonly group: string }
  | { readonly at: 'after-group'; readonly group: string };

/** What happens to the run when a step fails. `pause` waits for an operator's move. */
export type OnFailure = 'stop' | 'continue' | 'pause';

/** A step of the author's own at a named moment, in some modes or in all. */
export interface ExtraStep {
  readonly moment: Moment;
  readonly action: ExtraAction;
  readonly timeoutMs: number;
  readonly onFailure: OnFailure;
  /** Modes in which it takes part; all when left out. */
  readonly only?: readonly Mode[];
}

export type ExtraAction =
  | { readonly uses: 'run'; readonly with: RunInput }
  | { readonly uses: 'approve'; readonly with: ApproveInput }
  | { readonly uses: 'wait'; readonly with: { readonly forMs: number } }
  | { readonly uses: 'notify'; readonly with: { readonly message: string } };

export interface RunInput {
  /** `controller`, or the name of a host. */
  readonly on: string;
  readonly command: readonly string[];
  /** Whether it may be run again when it is not known if it ran, as after a crash. Default false: a person decides. */
  readonly repeatable: boolean;
}

export interface ApproveInput {
  /** People or groups who may approve; anyone when empty. */
  readonly from: readonly string[];
  readonly withinMs: number;
  /** What happens when nobody has answered by then. */
  readonly otherwise: 'pause' | 'continue' | 'stop';
}

/** Something that sets a run off by itself when its condition has held for long enough. */
export interface Trigger {
  readonly name: string;
  readonly when: { readonly all: readonly TriggerProbe[] } | { readonly any: readonly TriggerProbe[] };
  readonly forMs: number;
  readonly start: Mode;
  readonly arm: 'shadow' | 'ask' | 'auto';
}

export type TriggerProbe =
  | { readonly probe: 'libvirt'; readonly site: string }
  | { readonly probe: 'libvirt'; readonly host: string }
  | { readonly probe: 'tcp'; readonly host: string; readonly port: number };

export const notifyEvents = ['started', 'waiting', 'failed', 'finished', 'rpo-missed'] as const;
export type NotifyEvent = (typeof notifyEvents)[number];
