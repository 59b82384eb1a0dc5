import { assign, setup } from 'xstate';

/** What can happen to a trigger. `isAlone` is false when the blast radius of its time is used up (safety rule S6). */
export type TriggerEvent =
  | { readonly type: 'VERDICT'; readonly at: number; readonly isHealthy: boolean }
  | { readonly type: 'TIME'; readonly at: number; readonly isAlone: boolean }
  | { readonly type: 'ARM' }
  | { readonly type: 'DISARM' }
  | { readonly type: 'APPROVE' }
  | { readonly type: 'REJECT' }
  | { readonly type: 'RUN_ENDED' };

export interface TriggerInput {
  readonly arm: 'shadow' | 'ask' | 'auto';
  /** How long the condition must hold without a break, in milliseconds. */
  readonly forMs: number;
}

export interface TriggerContext extends TriggerInput {
  /** When it was first unhealthy in this incident. */
  readonly since: number | undefined;
  /** When it has held for long enough. */
  readonly dueAt: number | undefined;
}

/**
 * A trigger: `healthy`, `suspect` while its condition holds but not yet for long enough, then by its arm level
 * `recorded`, `asking` or `started`. One incident starts one run at most: after that it is `spent` until all is healthy
 * again. It asks by `record`, `ask`, `withdraw` and `requestRun`.
 */
export const triggerMachine = setup({
  types: { context: {} as TriggerContext, events: {} as TriggerEvent, input: {} as TriggerInput },
  actions: {
    record: () => undefined,
    ask: () => undefined,
    withdraw: () => undefined,
    requestRun: () => undefined,
    begin: assign(({ context, event }) =>
      event.type === 'VERDICT' ? { since: event.at, dueAt: event.at + context.forMs } : {},
    ),
    end: assign({ since: undefined, dueAt: undefined }),
  },
  guards: {
    isHealthy: ({ event }) => event.type === 'VERDICT' && event.isHealthy,
    isUnhealthy: ({ event }) => event.type === 'VERDICT' && !event.isHealthy,
    isTooSoon: ({ context, event }) => event.type === 'TIME' && event.at < (context.dueAt ?? Infinity),
    isShadow: ({ context }) => context.arm === 'shadow',
    mayStart: ({ context, event }) => context.arm === 'auto' && event.type === 'TIME' && event.isAlone,
  },
}).createMachine({
  id: 'trigger',
  context: ({ input }) => ({ ...input, since: undefined, dueAt: undefined }),
  initial: 'healthy',
  on: { DISARM: { target: '.disarmed', actions: 'end' } },
  states: {
    disarmed: { on: { ARM: 'healthy' } },
    healthy: { entry: 'end', on: { VERDICT: { guard: 'isUnhealthy', target: 'suspect', actions: 'begin' } } },
    suspect: {
      on: {
        VERDICT: { guard: 'isHealthy', target: 'healthy' },
        TIME: [
          { guard: 'isTooSoon' },
          { guard: 'isShadow', target: 'recorded', actions: 'record' },
          { guard: 'mayStart', target: 'started', actions: 'requestRun' },
          { target: 'asking', actions: 'ask' },
        ],
      },
    },
    recorded: { on: { VERDICT: { guard: 'isHealthy', target: 'healthy' } } },
    asking: {
      on: {
        APPROVE: { target: 'started', actions: 'requestRun' },
        REJECT: 'spent',
        VERDICT: { guard: 'isHealthy', target: 'healthy', actions: 'withdraw' },
      },
    },
    started: { on: { RUN_ENDED: 'spent' } },
    spent: { on: { VERDICT: { guard: 'isHealthy', target: 'healthy' } } },
  },
});
