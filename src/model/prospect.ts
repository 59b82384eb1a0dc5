/** What was found when two hosts were looked at before VMs move from one to the other. */
export interface Prospect {
  readonly source: string;
  readonly target: string;
  readonly observedAt: number;
  readonly obstacles: readonly Obstacle[];
  /** By the VM's id, targets of the disks that both hosts were seen to have as one and the same file: `vda`. */
  readonly sharedDisks: Readonly<Record<string, readonly string[]>>;
}

/** Why a move between two hosts cannot be, or what a person should know of it beforehand, with its mend. */
export interface Obstacle {
  /** Stable, kebab-case; listed in docs/failures.md. */
  readonly code: string;
  /** A blocker rules the target out for the VM; a warning is told and nothing else. */
  readonly severity: 'warning' | 'blocker';
  /** Id of the VM that it concerns; every VM that would move between these hosts when left out. */
  readonly vm?: string;
  /** `live`: only a move with the VM running; the VM may be shut down and started there. `any`: every way. */
  readonly blocks: 'live' | 'any';
  readonly message: string;
  readonly hint: string;
}
