import { type AnyStateMachine, assign, setup } from 'xstate';
import { type LaneContext, type LaneEvent, newLaneContext } from './lane-event.js';
import type { LaneShape, StepShape } from './lane-shape.js';

/** Looks at the world that failed before a person is asked; with the pauses between them that is several minutes. */
const looksAllowed = 10;

/**
 * The machine of a lane shape. It keeps no time and starts nothing: it asks by the named actions `requestStep`,
 * `requestStop`, `requestLook`, and says in its context until when it waits.
 *
 * Each step is `due` (waits for a slot), `running`, `stopping` (asked to stop, its outcome still awaited), `unknown`
 * (the world is being looked at), `blind` (the look failed and comes again), `backoff`, or `held` (waits for a person).
 */
export function laneMachine(shape: LaneShape): AnyStateMachine {
  const steps = shape.steps.map((step, index) =>
    stepState(step, { isRecovery: false, next: shape.steps[index + 1]?.name ?? 'succeeded' }),
  );
  const recovery = shape.recovery.map((step, index) =>
    stepState(step, { isRecovery: true, next: shape.recovery[index + 1]?.name ?? 'ended' }),
  );
  const recoveryStart = shape.recovery[0]?.name;
  return lanes.createMachine({
    id: 'lane',
    context: newLaneContext,
    initial: 'waiting',
    states: {
      waiting: {
        on: {
          OPEN: { target: shape.steps[0]?.name ?? 'succeeded', actions: 'begin' },
          BLOCK: { target: 'blocked', actions: 'noteBlock' },
          CANCEL: { target: 'cancelled' },
        },
      },
      ...Object.fromEntries(steps),
      'giving-up': {
        always: [
          ...(recoveryStart === undefined ? [] : [{ guard: 'hasBegun' as const, target: recoveryStart }]),
          { target: 'ended' },
        ],
      },
      ...Object.fromEntries(recovery),
      ended: { always: [{ guard: 'isCancelled', target: 'cancelled' }, { target: 'failed' }] },
      succeeded: { type: 'final', entry: 'finish' },
      failed: { type: 'final', entry: 'finish' },
      blocked: { type: 'final', entry: 'finish' },
      cancelled: { type: 'final', entry: 'finish' },
    },
  });
}

const lanes = setup({
  types: { context: {} as LaneContext, events: {} as LaneEvent },
  actions: {
    requestStep: () => undefined,
    requestStop: () => undefined,
    requestLook: () => undefined,
    begin: assign(({ event }) => ({ startedAt: event.at })),
    finish: assign(({ event }) => ({ finishedAt: event.at, dueAt: undefined })),
    noteBlock: assign(({ event }) => (event.type === 'BLOCK' ? { waitsFor: event.reason } : {})),
    enterStep: assign({
      attempt: 0,
      looks: 0,
      isAttested: false,
      isAnswered: false,
      isAttached: false,
      isContradictory: false,
      look: undefined,
      stepStartedAt: undefined,
      dueAt: undefined,
      waitsFor: undefined,
    }),
    noteStart: assign(({ context, event }) =>
      event.type === 'START'
        ? {
            attempt: event.attempt,
            dueAt: event.deadlineAt,
            hasBegun: true,
            stepStartedAt: context.stepStartedAt ?? event.at,
            isAttached: false,
            isAnswered: false,
            look: undefined,
            told: undefined,
            toldBefore: context.told,
          }
        : {},
    ),
    noteOutput: assign(({ context, event }) => {
      switch (event.type) {
        case 'SUCCEED':
        case 'ATTEST':
          return { outputs: { ...context.outputs, [event.step]: event.output } };
        case 'OBSERVE':
          return { outputs: { ...context.outputs, [event.step]: event.observation.output ?? {} } };
        case 'APPROVE':
          return { outputs: { ...context.outputs, [event.step]: { answer: 'approved', by: event.by } } };
        default:
          return {};
      }
    }),
    noteFailure: assign(({ event }) => (event.type === 'FAIL' ? { failure: event.failure } : {})),
    noteTold: assign(({ event }) => (event.type === 'FAIL' ? { told: event.failure } : {})),
    forgetTold: assign({ told: undefined }),
    noteEvidence: assign(({ context, event }) =>
      event.type === 'OBSERVE'
        ? {
            failure: context.failure ?? {
              code: 'not-done',
              kind: 'permanent' as const,
              message: event.observation.evidence,
            },
          }
        : {},
    ),
    noteRejection: assign(({ event }) =>
      event.type === 'REJECT'
        ? { failure: { code: 'not-approved', kind: 'permanent' as const, message: `${event.by} rejected it` } }
        : {},
    ),
    passOver: assign(({ context, event }) => {
      const step = 'step' in event ? event.step : undefined;
      const failure = event.type === 'FAIL' ? event.failure : context.failure;
      return step === undefined || failure === undefined
        ? { failure: undefined }
        : { passedOver: [...context.passedOver, { step, failure }], failure: undefined };
    }),
    noteSkip: assign(({ context, event }) =>
      event.type === 'SKIP'
        ? {
            passedOver: [
              ...context.passedOver,
              {
                step: event.step,
                failure: context.failure ?? {
                  code: 'skipped',
                  kind: 'permanent' as const,
                  message: 'an operator skipped it',
                },
              },
            ],
            failure: undefined,
          }
        : {},
    ),
    noteAbandon: assign(({ context }) => ({
      failure: context.failure ?? {
        code: 'abandoned',
        kind: 'permanent' as const,
        message: context.waitsFor ?? 'an operator gave it up',
      },
    })),
    forgetFailure: assign({ failure: undefined }),
    forgetDue: assign({ dueAt: undefined }),
    lookBecause: assign(({ context }, params: { readonly look: NonNullable<LaneContext['look']> }) => ({
      look: isKept(params.look, context.look) ? context.look : params.look,
      dueAt: undefined,
    })),
    lookAgainLater: assign(({ context, event }) =>
      event.type === 'FAIL' ? { looks: context.looks + 1, dueAt: event.againAt, waitsFor: event.failure.message } : {},
    ),
    forgetLooks: assign({ looks: 0, waitsFor: undefined }),
    waitToRetry: assign(({ event }) => (event.type === 'FAIL' ? { dueAt: event.againAt } : {})),
    attach: assign({ isAttached: true, dueAt: undefined }),
    startAgain: assign({ attempt: 0, stepStartedAt: undefined, dueAt: undefined, look: undefined }),
    cancel: assign({ isCancelled: true }),
    noteAttestation: assign({ isAttested: true }),
    noteAnswer: assign({ isAnswered: true }),
    hold: assign(({ context, event }) => ({
      dueAt: undefined,
      isContradictory: event.type === 'OBSERVE',
      waitsFor:
        event.type === 'OBSERVE'
          ? event.observation.evidence
          : event.type === 'FAIL'
            ? event.failure.message
            : context.waitsFor,
    })),
  },
  guards: {
    hasBegun: ({ context }) => context.hasBegun,
    isCancelled: ({ context }) => context.isCancelled,
    isAttested: ({ context }) => context.isAttested,
    isAttached: ({ context }) => context.isAttached,
    isContradictory: ({ context }) => context.isContradictory,
    isUnknown: ({ event }) => event.type === 'FAIL' && event.failure.kind === 'outcome-unknown',
    mayRetry: ({ context, event }) =>
      event.type === 'FAIL' && event.failure.kind === 'transient' && context.attempt < event.attemptsAllowed,
    isBlindTooLong: ({ context }) => context.looks + 1 >= looksAllowed,
    isDone: ({ event }) => event.type === 'OBSERVE' && event.observation.verdict === 'done',
    isDoneButCancelled: ({ context, event }) =>
      context.isCancelled && event.type === 'OBSERVE' && event.observation.verdict === 'done',
    isUnderWay: ({ context, event }) =>
      event.type === 'OBSERVE' &&
      event.observation.verdict === 'in-progress' &&
      !context.isCancelled &&
      context.look !== 'timeout',
    isNotStartedAndCancelled: ({ context, event }) =>
      context.isCancelled && event.type === 'OBSERVE' && event.observation.verdict === 'not-started',
    mayStartAgain: ({ context, event }) =>
      event.type === 'OBSERVE' &&
      event.observation.verdict === 'not-started' &&
      (context.look === 'taken-up' || context.look === 'operator' || context.attempt < event.attemptsAllowed),
    isNotStarted: ({ event }) => event.type === 'OBSERVE' && event.observation.verdict === 'not-started',
  },
});

/** One step as a state with its activities; where it goes afterwards is decided by `next` and the shape's rules. */
function stepState(
  shape: StepShape,
  { isRecovery, next }: { readonly isRecovery: boolean; readonly next: string },
): readonly [string, object] {
  const onward = `#lane.${next}`;
  // A recovery keeps the failure that made it necessary.
  const note = isRecovery ? ['noteTold'] : ['noteFailure', 'noteTold'];
  const forget = isRecovery ? [] : ['forgetFailure'];
  const giveUp = isRecovery ? '#lane.ended' : '#lane.giving-up';
  const cancels = isRecovery ? {} : { CANCEL: { target: giveUp, actions: 'cancel' } };
  const rests = shape.onFailure;
  const attests = (isInRun: boolean): object =>
    shape.kind !== 'fence'
      ? {}
      : {
          ATTEST: isInRun ? { actions: 'noteAttestation' } : { target: onward, actions: ['noteOutput', ...forget] },
        };
  const afterFailure = {
    fail: [{ target: giveUp, actions: ['noteFailure', 'noteTold'] }],
    continue: [{ target: onward, actions: 'passOver' }],
    ask: [{ target: 'held', actions: [...note, 'hold'] }],
  }[rests];
  const afterNotDone = {
    fail: [{ guard: 'isNotStarted', target: giveUp, actions: 'noteEvidence' }],
    continue: [{ guard: 'isNotStarted', target: onward, actions: ['noteEvidence', 'passOver'] }],
    ask: [{ guard: 'isNotStarted', target: 'held', actions: ['noteEvidence', 'hold'] }],
  }[rests];
  const failed = [
    ...(shape.kind === 'fence' ? [{ guard: 'isAttested', target: onward, actions: 'forgetFailure' }] : []),
    {
      guard: 'isUnknown',
      target: 'unknown',
      actions: [...note, { type: 'lookBecause', params: { look: 'lost' } }],
    },
    ...(isRecovery ? [] : [{ guard: 'isCancelled', target: giveUp, actions: note }]),
    { guard: 'mayRetry', target: 'backoff', actions: [...note, 'waitToRetry'] },
    ...afterFailure,
  ];
  const succeeded = { target: onward, actions: ['noteOutput', ...forget] };
  const takenUp = { target: 'unknown', actions: { type: 'lookBecause', params: { look: 'taken-up' } }, reenter: true };
  return [
    shape.name,
    {
      // The first step of a recovery is told how what made it necessary has ended.
      entry: isRecovery ? 'enterStep' : ['enterStep', 'forgetTold'],
      initial: 'due',
      states: {
        due: {
          entry: 'requestStep',
          on: {
            START: { target: 'running', actions: 'noteStart' },
            TAKE_UP: { guard: 'isAttached', ...takenUp },
            ...cancels,
            ...attests(false),
          },
        },
        running: {
          on: {
            SUCCEED: succeeded,
            FAIL: failed,
            TIME: {
              target: 'stopping',
              actions: [
                { type: 'lookBecause', params: { look: 'timeout' } },
                { type: 'requestStop', params: { reason: 'timeout' } },
              ],
            },
            TAKE_UP: takenUp,
            ...(isRecovery
              ? {}
              : {
                  CANCEL: {
                    target: 'stopping',
                    actions: ['cancel', { type: 'requestStop', params: { reason: 'cancel' } }],
                  },
                }),
            ...(shape.kind === 'approve'
              ? { APPROVE: { actions: 'noteAnswer' }, REJECT: { actions: 'noteAnswer' } }
              : {}),
            ...attests(true),
          },
        },
        stopping: {
          entry: 'forgetDue',
          on: {
            SUCCEED: isRecovery
              ? succeeded
              : [{ guard: 'isCancelled', target: giveUp, actions: 'noteOutput' }, succeeded],
            FAIL: failed,
            TAKE_UP: takenUp,
            ...(isRecovery ? {} : { CANCEL: { actions: 'cancel' } }),
            ...attests(true),
          },
        },
        unknown: {
          entry: 'requestLook',
          on: {
            OBSERVE: [
              ...(isRecovery
                ? []
                : [{ guard: 'isDoneButCancelled', target: giveUp, actions: ['noteOutput', 'forgetLooks'] }]),
              { guard: 'isDone', target: onward, actions: ['noteOutput', ...forget] },
              { guard: 'isUnderWay', target: 'due', actions: ['attach', 'forgetLooks'] },
              ...(isRecovery ? [] : [{ guard: 'isNotStartedAndCancelled', target: giveUp }]),
              { guard: 'mayStartAgain', target: 'due', actions: 'forgetLooks' },
              ...afterNotDone,
              { target: 'held', actions: 'hold' },
            ],
            FAIL: [
              { guard: 'isBlindTooLong', target: 'held', actions: ['hold'] },
              { target: 'blind', actions: 'lookAgainLater' },
            ],
            TAKE_UP: takenUp,
            ...(isRecovery ? {} : { CANCEL: { actions: 'cancel' } }),
            ...attests(true),
          },
        },
        blind: {
          on: {
            TIME: { target: 'unknown' },
            RETRY: { target: 'unknown' },
            TAKE_UP: { target: 'unknown' },
            ABANDON: { target: giveUp, actions: 'noteAbandon' },
            ...(isRecovery ? {} : { CANCEL: { actions: 'cancel' } }),
            ...attests(false),
          },
        },
        backoff: {
          on: {
            TIME: { target: 'due' },
            RETRY: { target: 'due' },
            ABANDON: { target: giveUp, actions: 'noteAbandon' },
            ...cancels,
            ...attests(false),
          },
        },
        held: {
          on: {
            RETRY: [
              { guard: 'isContradictory', target: 'due', actions: 'startAgain' },
              { target: 'unknown', actions: ['startAgain', { type: 'lookBecause', params: { look: 'operator' } }] },
            ],
            ...(shape.isSkippable ? { SKIP: { target: onward, actions: 'noteSkip' } } : {}),
            ...(shape.kind === 'approve'
              ? { APPROVE: succeeded, REJECT: { target: giveUp, actions: 'noteRejection' } }
              : {}),
            ABANDON: { target: giveUp, actions: 'noteAbandon' },
            ...cancels,
            ...attests(false),
          },
        },
      },
    },
  ];
}

/** A lost answer does not forget a timeout, and an engine that takes over does not forget that an operator asked. */
function isKept(look: NonNullable<LaneContext['look']>, known: LaneContext['look']): boolean {
  return (look === 'lost' && known !== undefined) || (look === 'taken-up' && known === 'operator');
}
