import { assign, setup } from 'xstate';

/** What can happen to the replica of a VM's disks. Times are ms since the epoch. */
export type ReplicaEvent =
  | { readonly type: 'TIME'; readonly at: number }
  /** A cycle, a seed or a resync is complete and its point published; for a mirror: it is ready. */
  | { readonly type: 'COMPLETE'; readonly at: number; readonly dataAsOf: number; readonly nextAt: number }
  /** A look has shown a newer point than the last one known. */
  | { readonly type: 'SEEN'; readonly dataAsOf: number; readonly nextAt: number }
  | { readonly type: 'FAIL'; readonly at: number; readonly againAt: number; readonly isTrackingLost: boolean }
  /** A mirror is no longer written to; its last complete state has been published. */
  | { readonly type: 'BREAK'; readonly at: number; readonly againAt: number }
  /** A run needs the VM's disks still, and later no more. */
  | { readonly type: 'HOLD' }
  | { readonly type: 'RELEASE'; readonly at: number }
  | { readonly type: 'SOURCE_LOST' }
  | { readonly type: 'SOURCE_BACK'; readonly at: number };

export interface ReplicaInput {
  readonly method: 'mirror' | 'block-sync';
  /** Moment of the newest point, as the replica itself tells it; none before the seed is complete. */
  readonly dataAsOf?: number;
  /** When the first transfer is due. Default: now. */
  readonly dueAt?: number;
}

export interface ReplicaContext {
  readonly method: ReplicaInput['method'];
  /** What the next transfer has to be. A lost or broken dirty bitmap makes it a resync: it is never trusted again. */
  readonly next: 'seed' | 'delta' | 'resync';
  readonly hasPoint: boolean;
  readonly dataAsOf: number | undefined;
  readonly dueAt: number | undefined;
  readonly failures: number;
}

/**
 * The replica of one VM: `waiting` until its next transfer is due, `transferring`, `mirroring` while a ready mirror is
 * being written to, `yielding` when a run asked for it and the transfer has to come to a safe point, `held` meanwhile,
 * and `source-lost`. It asks by `requestTransfer` and `requestYield`.
 */
export const replicaMachine = setup({
  types: { context: {} as ReplicaContext, events: {} as ReplicaEvent, input: {} as ReplicaInput },
  actions: {
    requestTransfer: () => undefined,
    requestYield: () => undefined,
    noteComplete: assign(({ event }) =>
      event.type === 'COMPLETE'
        ? { next: 'delta' as const, hasPoint: true, dataAsOf: event.dataAsOf, dueAt: event.nextAt, failures: 0 }
        : {},
    ),
    noteSeen: assign(({ context, event }) =>
      event.type === 'SEEN'
        ? {
            next: context.next === 'seed' ? ('delta' as const) : context.next,
            hasPoint: true,
            dataAsOf: event.dataAsOf,
            dueAt: context.failures > 0 ? context.dueAt : event.nextAt,
          }
        : {},
    ),
    noteFailure: assign(({ context, event }) =>
      event.type === 'FAIL'
        ? {
            failures: context.failures + 1,
            dueAt: event.againAt,
            next: event.isTrackingLost && context.next !== 'seed' ? ('resync' as const) : context.next,
          }
        : {},
    ),
    noteBreak: assign(({ event }) => (event.type === 'BREAK' ? { dueAt: event.againAt } : {})),
    dueNow: assign(({ event }) => ('at' in event ? { dueAt: event.at } : {})),
    dueNever: assign({ dueAt: undefined }),
    distrust: assign(({ context }) => ({ next: context.hasPoint ? ('resync' as const) : ('seed' as const) })),
  },
  guards: {
    isDue: ({ context, event }) => event.type === 'TIME' && event.at >= (context.dueAt ?? Infinity),
    isMirror: ({ context }) => context.method === 'mirror',
  },
}).createMachine({
  id: 'replica',
  context: ({ input }) => ({
    method: input.method,
    next: input.dataAsOf === undefined ? 'seed' : 'delta',
    hasPoint: input.dataAsOf !== undefined,
    dataAsOf: input.dataAsOf,
    dueAt: input.dueAt ?? 0,
    failures: 0,
  }),
  initial: 'waiting',
  on: { SOURCE_LOST: '.source-lost' },
  states: {
    waiting: {
      on: { TIME: { guard: 'isDue', target: 'transferring' }, SEEN: { actions: 'noteSeen' }, HOLD: 'held' },
    },
    transferring: {
      entry: ['dueNever', 'requestTransfer'],
      on: {
        COMPLETE: [
          { guard: 'isMirror', target: 'mirroring', actions: 'noteComplete' },
          { target: 'waiting', actions: 'noteComplete' },
        ],
        FAIL: { target: 'waiting', actions: 'noteFailure' },
        HOLD: 'yielding',
      },
    },
    mirroring: {
      on: {
        // A point under the live mirror.
        TIME: { guard: 'isDue', actions: ['dueNever', 'requestTransfer'] },
        COMPLETE: { actions: 'noteComplete' },
        FAIL: { target: 'waiting', actions: 'noteFailure' },
        BREAK: { target: 'waiting', actions: 'noteBreak' },
        HOLD: 'yielding',
      },
    },
    yielding: {
      entry: 'requestYield',
      on: {
        COMPLETE: { target: 'held', actions: 'noteComplete' },
        FAIL: { target: 'held', actions: 'noteFailure' },
        BREAK: 'held',
        RELEASE: { target: 'waiting', actions: 'dueNow' },
      },
    },
    held: { on: { RELEASE: { target: 'waiting', actions: 'dueNow' } } },
    // What a killed QEMU knew of changed blocks is not to be trusted when the source is back.
    'source-lost': {
      entry: ['dueNever', 'distrust'],
      on: {
        SOURCE_BACK: { target: 'waiting', actions: 'dueNow' },
        // A transfer that had begun before has ended well: it is not lost.
        COMPLETE: { target: 'waiting', actions: 'noteComplete' },
      },
    },
  },
});
