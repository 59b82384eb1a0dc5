import type { Entry, EntryBody } from '../model/entry.js';
import { type Failure, FailureError } from '../model/failure.js';
import type { Plan } from '../model/plan.js';
import type { OperatorMove } from '../model/request.js';
import { advance, type FoldedRun, newRunState, owedNotices, thawRun } from '../state-machines/index.js';
import type { Lease } from '../stores/lease.js';
import type { Engine } from './engine.js';
import { type EngineOptions, leaseMs } from './engine-options.js';
import { createExecutor } from './executor.js';
import { moveRefusal } from './move-refusal.js';
import { planProblems } from './plan-check.js';
import { Runner } from './runner.js';
import { supervise } from './supervisor.js';

/** What the journal knows of a run. */
interface Known {
  readonly state: FoldedRun;
  /** All of it that a state does not hold. */
  readonly history: readonly Entry[];
}

/** An engine over these ports and this store. Several may share a store; the lease keeps them off each other's runs. */
export function createEngine(options: EngineOptions): Engine {
  const { store, ports } = options;
  const executor = createExecutor(options);
  const active = new Map<string, Runner>();

  const begin = (lease: Lease, given: Known): Runner => {
    let stop = (): void => undefined;
    const runner = new Runner({
      ...options,
      ...given,
      executor,
      lease,
      onEnd: () => {
        stop();
        active.delete(lease.runId);
      },
    });
    active.set(lease.runId, runner);
    stop = supervise(runner, { ...options, lease });
    return runner;
  };

  const fold = async (runId: string): Promise<Known> => {
    const kept = store.cache.load(runId);
    const known = kept === undefined ? undefined : { ...kept, history: await recent(runId, kept.seq) };
    const thawed = known === undefined ? undefined : thawRun(known.state, known.history);
    const history = thawed === undefined || known === undefined ? await store.journal.read(runId, 1) : known.history;
    if (history.length === 0) {
      throw new FailureError(noSuchRun(runId));
    }
    const from = thawed?.seq ?? 0;
    const later = history.filter(({ seq }) => seq > from);
    return { state: advance(thawed ?? newRunState(runId), later).state, history };
  };

  /** Whoever had the run may have written until the lease was ours. */
  const sinceLeased = async (before: Known): Promise<Known> => {
    const { runId, seq } = before.state;
    const summary = (await store.journal.runs()).find((run) => run.runId === runId);
    return summary?.lastSeq === seq ? before : fold(runId);
  };

  /** What a kept fold does not have: the plan, the operators' moves, and whatever came after it. */
  const recent = (runId: string, seq: number): Promise<readonly Entry[]> =>
    store.journal.read(runId, seq + 1, ['run.planned', 'operator.moved']);

  return {
    async start(plan) {
      const problems = planProblems(plan);
      if (problems.length > 0) {
        throw new FailureError(unsafePlan(problems));
      }
      const runId = options.newRunId(plan);
      const lease = await acquire(options, runId, plan);
      const runner = begin(lease, { state: newRunState(runId), history: [] });
      const attested = (plan.request.attested ?? []).map(({ host, reason }) =>
        operatorMoved({ move: 'attest', host }, reason),
      );
      const { runbook, request } = plan;
      const opening: EntryBody[] = [
        { type: 'run.requested', request, runbook },
        { type: 'run.planned', plan },
        ...attested,
        { type: 'run.started' },
      ];
      await runner.happenAll(opening, request.by);
      return runner;
    },

    async resume(runId, by) {
      if (active.has(runId)) {
        throw new FailureError(locked(runId, { runId, holder: options.holder, name: runId }));
      }
      const before = await fold(runId);
      if (before.state.phase === 'finished' && owedNotices(before.state).length === 0) {
        throw new FailureError(finished(runId));
      }
      if (before.state.plan === undefined) {
        throw new FailureError(noSuchRun(runId));
      }
      const lease = await acquire(options, runId, before.state.plan);
      const runner = begin(lease, await sinceLeased(before));
      await takeUp(runner, { by, store });
      return runner;
    },

    async move(runId, move, author) {
      const runner = active.get(runId);
      if (runner !== undefined && (await runner.receive(move, author))) {
        return;
      }
      const { state } = await fold(runId);
      const refusal = state.phase === 'finished' ? finished(runId) : moveRefusal(state, move, author.by);
      if (refusal !== undefined) {
        throw new FailureError(refusal);
      }
      await store.inbox.submit(runId, { by: author.by, at: ports.clock.now(), move, reason: author.reason });
    },

    async read(runId) {
      const entries = await store.journal.read(runId, 1);
      if (entries.length === 0) {
        throw new FailureError(noSuchRun(runId));
      }
      return { state: advance(newRunState(runId), entries).state, entries };
    },

    runs: () => store.journal.runs(),

    isBusy: () => [...active.values()].some((runner) => runner.isBusy),
  };
}

/**
 * What a run that is taken up begins with, in one append: the operators' moves that waited for an engine, the end of a
 * pause, and that whatever was under way is to be looked at. The moves come first, so that the look sees them.
 */
async function takeUp(
  runner: Runner,
  { by, store }: { readonly by: string } & Pick<EngineOptions, 'store'>,
): Promise<void> {
  const { runId } = runner;
  const { phase } = runner.state();
  const waiting = await store.inbox.pending(runId);
  const offered = waiting.filter((message) => moveRefusal(runner.state(), message.move, message.by) === undefined);
  const isUnpaused = phase === 'paused' && offered.every(({ move }) => move.move !== 'resume');
  const opening = [
    ...offered.map((message) => runner.happenAll([operatorMoved(message.move, message.reason)], message.by)),
    ...(isUnpaused ? [runner.happenAll([operatorMoved({ move: 'resume' }, 'taken up')], by)] : []),
    runner.happenAll([{ type: 'run.taken-up', reason: `taken up by ${by}` }], by),
    ...(phase === 'planned' ? [runner.happenAll([{ type: 'run.started' }], by)] : []),
  ];
  await Promise.all(opening);
  for (const { id } of waiting) {
    await store.inbox.remove(runId, id);
  }
}

function operatorMoved(move: OperatorMove, reason: string): EntryBody {
  return { type: 'operator.moved', move, reason };
}

async function acquire({ store, holder }: EngineOptions, runId: string, plan: Plan): Promise<Lease> {
  const answer = await store.leases.acquire({ runId, holder, names: leaseNames(plan), ttlMs: leaseMs });
  if ('heldBy' in answer) {
    throw new FailureError(locked(runId, answer.heldBy));
  }
  return answer;
}

/** Every VM and every host that the plan acts on. */
function leaseNames(plan: Plan): readonly string[] {
  const subjects = plan.stages.flatMap(({ lanes }) => lanes).map(({ subject }) => subject);
  return [...new Set(subjects.filter(({ kind }) => kind !== 'run').map(({ kind, name }) => `${kind}/${name}`))];
}

function locked(
  runId: string,
  by: { readonly runId: string; readonly holder: string; readonly name: string },
): Failure {
  return {
    code: 'locked',
    kind: 'precondition',
    message:
      by.runId === runId
        ? `run ${runId} is being run by ${by.holder}`
        : `${by.name} belongs to run ${by.runId}, which ${by.holder} is running`,
    hint: `see it with \`lifeboat watch ${by.runId}\`, or end it with \`lifeboat cancel ${by.runId}\``,
  };
}

function unsafePlan(problems: readonly string[]): Failure {
  return {
    code: 'unsafe-plan',
    kind: 'precondition',
    message: `the plan breaks a safety rule: ${problems.slice(0, 3).join('; ')}`,
    hint: 'make a new plan with `lifeboat plan`',
  };
}

function noSuchRun(runId: string): Failure {
  return {
    code: 'run-not-found',
    kind: 'precondition',
    message: `the journal has no run ${runId}`,
    hint: 'see the runs there are with `lifeboat runs`',
  };
}

function finished(runId: string): Failure {
  return {
    code: 'run-finished',
    kind: 'precondition',
    message: `run ${runId} has finished`,
    hint: `see it with \`lifeboat report ${runId}\``,
  };
}
