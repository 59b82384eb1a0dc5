import type { AuthorityClause, StepKind } from '../model/plan.js';

/** A sign for each kind of step, as an SVG path drawn with a line in a square of 12. */
export const kindSigns: Readonly<Record<StepKind, string>> = {
  approve: 'M6 1.5a2 2 0 1 1 0 4a2 2 0 1 1 0-4M1.5 11c0-4.5 9-4.5 9 0',
  check: 'M5 1.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7M7.6 7.6L11 11',
  cleanup: 'M1.5 3.5h9M4.5 3.5v-2h3v2M2.8 3.5l.6 7.5h5.2l.6-7.5',
  cordon: 'M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10M3.5 6h5',
  define: 'M2.5 1h4.5l2.5 2.5V11h-7zM4.5 5.5h3M4.5 8h3',
  fence: 'M7 1L2.5 7H6L5 11l4.5-6H6z',
  migrate: 'M1 6h9.5M7 2.5L10.5 6L7 9.5',
  notify: 'M1 2.5h10v7H1zM1 3l5 4l5-4',
  overlay: 'M6 1.5l5 2.5l-5 2.5l-5-2.5zM1 7.5l5 2.5l5-2.5',
  place: 'M6 11C3 7.5 2.5 6 2.5 4.5a3.5 3.5 0 0 1 7 0C9.5 6 9 7.5 6 11M6 3.6v1.6',
  promote: 'M6 11V1.5M2.5 5L6 1.5L9.5 5',
  ready: 'M1.5 6.5l3 3l6-7',
  reverse: 'M2 4h8M8 2l2 2l-2 2M10 8.5H2M4 6.5l-2 2l2 2',
  run: 'M1.5 2.5L5 6L1.5 9.5M6.5 10h4',
  shutdown: 'M6 1v5M3.4 2.6a4.5 4.5 0 1 0 5.2 0',
  start: 'M3 1.5l7 4.5l-7 4.5z',
  sync: 'M10 4.5A4.3 4.3 0 0 0 2.3 3.8M2 7.5a4.3 4.3 0 0 0 7.7.7M10.3 1.5v3h-3M1.7 10.5v-3h3',
  wait: 'M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10M6 3v3l2 1.5',
};

/** The shield of a step that authority depends on, in a square of 14. */
export const shieldPath = 'M7 .8l5.6 1.9v4.2c0 3.2-2.4 5.2-5.6 6.4c-3.2-1.2-5.6-3.2-5.6-6.4V2.7z';

/** The letter in the shield, and what it says. */
export const authoritySigns: Readonly<
  Record<AuthorityClause['rule'], { readonly letter: string; readonly says: string }>
> = {
  'needs-at': { letter: 'N', says: 'done only where the authority over the VM is' },
  moves: { letter: 'M', says: 'moves the authority over the VM with it' },
  takes: { letter: 'T', says: 'takes the authority, on a proof that the other copy is dead or stopped' },
};
