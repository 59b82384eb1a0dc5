import type { Entry, EntryBody, NewEntry, StepReference } from '../model/entry.js';
import type { Intent } from '../model/intent.js';
import type { JsonObject } from '../model/json.js';
import type { Observation } from '../model/observation.js';
import type { Step } from '../model/plan.js';
import { advance, type FoldedRun, resultOf } from '../state-machines/index.js';
import { authorityRefusal } from '../steps/authority.js';
import { authorityEntries, type StepMoment } from '../steps/authority-entries.js';
import { plannedStep } from './planned-step.js';

/** What has to become durable together, and what may be done once it is. */
export interface Batch {
  readonly entries: readonly Entry[];
  /** The state after them. */
  readonly state: FoldedRun;
  /** To act on, in this order, after the entries are durable. */
  readonly intents: readonly Intent[];
}

/**
 * Applies what happened and everything that follows from it by itself: steps that may start are started, proofs move
 * authority, a run at its end is finished. Pure; `at` is now. A step that a safety rule forbids is journalled as begun
 * and failed in one go and never acts: this is the second check of the rules, on the state at the moment of acting.
 */
export function batchOf(state: FoldedRun, happened: readonly NewEntry[], at: number): Batch {
  const draft = new BatchDraft(state, at);
  for (const entry of happened) {
    draft.apply(entry);
  }
  return { entries: draft.entries, state: draft.state, intents: draft.intents };
}

class BatchDraft {
  readonly entries: Entry[] = [];
  readonly intents: Intent[] = [];
  state: FoldedRun;
  readonly #at: number;

  constructor(state: FoldedRun, at: number) {
    this.state = state;
    this.#at = at;
  }

  apply(entry: NewEntry): void {
    this.#follow(this.#advance([...companionsOf(entry, this.state), entry]));
  }

  /** All steps that are asked for are started at once: until then they are asked for again. */
  #follow(intents: readonly Intent[]): void {
    const follows: NewEntry[] = [];
    for (const intent of intents) {
      if (intent.intent === 'start-step') {
        follows.push(...this.#start(intent));
      } else if (intent.intent === 'finish-run') {
        follows.push(this.#stamp({ type: 'run.finished', result: resultOf(this.state) }));
      } else if (!this.#isAsked(intent)) {
        this.intents.push(intent);
      }
    }
    if (follows.length > 0) {
      this.#follow(this.#advance(follows));
    }
  }

  /** A step is looked at once, however many reasons there are. */
  #isAsked(intent: Intent): boolean {
    return (
      intent.intent === 'observe-step' &&
      this.intents.some((one) => one.intent === 'observe-step' && one.lane === intent.lane && one.step === intent.step)
    );
  }

  #start(intent: Extract<Intent, { readonly intent: 'start-step' }>): readonly NewEntry[] {
    const { lane, step: stepId, attempt } = intent;
    const step = plannedStep(this.state, intent);
    const deadlineAt = this.#at + step.timeoutMs;
    const started = this.#stamp({ type: 'step.started', lane, step: stepId, attempt, deadlineAt });
    const refusal = authorityRefusal(step, this.state);
    if (refusal !== undefined) {
      return [started, this.#stamp({ type: 'step.failed', lane, step: stepId, failure: refusal })];
    }
    this.intents.push(intent);
    return [...this.#authority(step, { moment: 'started' }), started];
  }

  #authority(step: Step, when: StepMoment): readonly NewEntry[] {
    return authorityEntries({ step, state: this.state, when, at: this.#at, author: 'engine' });
  }

  #advance(entries: readonly NewEntry[]): readonly Intent[] {
    const stamped = entries.map((entry, index): Entry => ({ ...entry, seq: this.state.seq + index + 1 }));
    this.entries.push(...stamped);
    const { state, intents } = advance(this.state, stamped);
    this.state = state;
    return intents;
  }

  #stamp(body: EntryBody): NewEntry {
    return { ...body, at: this.#at, author: 'engine' };
  }
}

/** Entries that must stand right before this one: what it proves. */
function companionsOf(entry: NewEntry, state: FoldedRun): readonly NewEntry[] {
  const { at, author } = entry;
  if (entry.type === 'operator.moved' && entry.move.move === 'attest') {
    const { host } = entry.move;
    const proof = { kind: 'attested', host, by: author, reason: entry.reason, at } as const;
    return [{ type: 'death.proven', host, proof, at, author }];
  }
  const when = momentOf(entry);
  return when === undefined
    ? []
    : authorityEntries({ step: plannedStep(state, entry as NewEntry & StepReference), state, when, at, author });
}

function outputOf({ output }: Observation): { readonly output?: JsonObject } {
  return output === undefined ? {} : { output };
}

function momentOf(entry: NewEntry): StepMoment | undefined {
  switch (entry.type) {
    case 'step.succeeded':
      return { moment: 'succeeded', output: entry.output };
    case 'step.failed':
      return entry.failure.kind === 'outcome-unknown' ? undefined : { moment: 'failed', code: entry.failure.code };
    case 'step.observed':
      switch (entry.observation.verdict) {
        case 'done':
          return { moment: 'succeeded', output: entry.observation.output ?? {} };
        case 'not-started':
          return { moment: 'observed-not-started', ...outputOf(entry.observation) };
        default:
          return undefined;
      }
    default:
      return undefined;
  }
}
