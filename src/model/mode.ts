/** What a run is for. The same runbook serves every mode, so that a drill rehearses the disaster. */
export const modes = ['evacuate', 'relocate', 'failover', 'failback', 'drill', 'reverse', 'balance'] as const;

export type Mode = (typeof modes)[number];
