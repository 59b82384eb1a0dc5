import type { Mode } from '../../src/model/mode.js';

/** What one seed is about: the modes that it runs, one after the other. */
export const intents = {
  failover: ['failover'],
  relocate: ['relocate'],
  drill: ['drill'],
  evacuate: ['evacuate'],
  'evacuate-inside': ['evacuate'],
  'evacuate-and-return': ['evacuate', 'return'],
  'relocate-and-back': ['relocate', 'reverse', 'failback'],
  'failover-and-back': ['failover', 'reverse', 'failback'],
} as const satisfies Record<string, readonly Mode[]>;

export type Intent = keyof typeof intents;

/** Whether it empties one host into the others of its site. */
export function isInside(intent: Intent): boolean {
  return intent === 'evacuate-inside' || intent === 'evacuate-and-return';
}
