import type { Mode } from '../../src/model/mode.js';

/** What one seed is about: the modes that it runs, one after the other. */
export const intents = {
  failover: ['failover'],
  relocate: ['relocate'],
  drill: ['drill'],
  evacuate: ['evacuate'],
  'evacuate-inside': ['evacuate'],
  'relocate-and-back': ['relocate', 'reverse', 'failback'],
  'failover-and-back': ['failover', 'reverse', 'failback'],
} as const satisfies Record<string, readonly Mode[]>;

export type Intent = keyof typeof intents;
