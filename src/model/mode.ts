/** Modes that a runbook can be written for. */
export const writtenModes = ['evacuate', 'relocate', 'failover', 'failback', 'drill', 'reverse', 'balance'] as const;

/** What a run is for. The same runbook serves every mode, so that a drill rehearses the disaster; `return` makes its own. */
export const modes = [...writtenModes, 'return'] as const;

export type Mode = (typeof modes)[number];
