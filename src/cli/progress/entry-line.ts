import type { Authority, Proof } from '../../model/authority.js';
import type { Entry, StepReference } from '../../model/entry.js';
import { formatPlace } from '../../model/place.js';
import type { Plan, Step } from '../../model/plan.js';
import { formatDuration } from '../../model/units.js';
import { clean } from '../style.js';
import { movedText } from './moved-text.js';
import { timeOfDay } from './words.js';

/** What a line needs to know besides its entry. */
export interface LineContext {
  readonly plan: Plan | undefined;
  /** When the step's current attempt began. */
  readonly startOf: (reference: StepReference) => number | undefined;
}

/** One entry as one plain line, `12:00:03Z vm/db-1 start db-1 on south-1: done in 8.2s`; undefined for what only the engine needs. */
export function entryLine(entry: Entry, context: LineContext): string | undefined {
  const text = textOf(entry, context);
  return text === undefined ? undefined : `${timeOfDay(entry.at)} ${clean(text)}`;
}

function textOf(entry: Entry, context: LineContext): string | undefined {
  switch (entry.type) {
    case 'run.requested':
      return `run requested by ${entry.author}: ${entry.request.mode} of ${entry.runbook}`;
    case 'run.planned':
      return `run planned: ${entry.plan.stages.length} stages, ${entry.plan.stages.flatMap(({ lanes }) => lanes).length} lanes`;
    case 'run.started':
      return 'run started';
    case 'run.taken-up':
      return `run taken up by ${entry.author}: ${entry.reason}`;
    case 'run.finished':
      return `run finished: ${entry.result}`;
    case 'step.started': {
      const step = stepOf(entry, context.plan);
      const attempt = attemptText(entry.attempt, step);
      return `${subject(entry, step)}: ${attempt === '' ? '' : `${attempt} `}started`;
    }
    case 'step.succeeded': {
      const measured = movedText(entry.output);
      return `${subject(entry, stepOf(entry, context.plan))}: done${took(entry, context, 'in')}${measured === '' ? '' : `, ${measured}`}`;
    }
    case 'step.failed': {
      const { message, hint, cause } = entry.failure;
      const more = [cause === undefined ? '' : ` (${cause})`, hint === undefined ? '' : `. ${hint}`].join('');
      return `${subject(entry, stepOf(entry, context.plan))}: failed${took(entry, context, 'after')}: ${message}${more}`;
    }
    case 'step.observed':
      return `${subject(entry, stepOf(entry, context.plan))}: looked at, ${entry.observation.verdict}: ${entry.observation.evidence}`;
    case 'authority.moved':
      return `vm/${entry.authority.vm} authority is ${authorityText(entry.authority)}: ${proofText(entry.authority.proof)}`;
    case 'death.proven':
      return `host/${entry.host} is proven dead: ${proofText(entry.proof)}`;
    case 'operator.moved': {
      const about =
        'lane' in entry.move ? ` ${entry.move.lane ?? ''}` : 'host' in entry.move ? ` ${entry.move.host}` : '';
      return `run ${entry.move.move}${about.trimEnd()} by ${entry.author}${entry.reason === '' ? '' : `: ${entry.reason}`}`;
    }
    case 'notice.sent':
      return `run notice ${entry.event} sent to ${entry.to}`;
    case 'notice.failed':
      return `run notice ${entry.event} not sent: ${entry.failure.message}`;
    case 'timer.fired':
    case 'verification.started':
    case 'protection.started':
    case 'protection.ended':
    case 'replica.synced':
    case 'replica.failed':
    case 'replica.changed':
    case 'replica.forecast':
    case 'replica.checked':
    case 'rpo.told':
    case 'replica.held':
    case 'replica.proving':
    case 'replica.proven':
    case 'replica.unproven':
      return undefined;
  }
}

/** `at south/south-1`, `moving from north/north-1 to south/south-1`, `contested between …`. */
export function authorityText(authority: Authority): string {
  switch (authority.state) {
    case 'at':
      return `at ${formatPlace(authority.place)}`;
    case 'moving':
      return `moving from ${formatPlace(authority.from)} to ${formatPlace(authority.to)}`;
    case 'contested':
      return `contested between ${authority.places.map(formatPlace).join(' and ')}`;
  }
}

/** The proof as half a sentence. */
export function proofText(proof: Proof): string {
  switch (proof.kind) {
    case 'observed-running':
      return `observed running at ${formatPlace(proof.place)}`;
    case 'observed-stopped':
      return `observed stopped at ${formatPlace(proof.place)}`;
    case 'migration-started':
      return `migration from ${formatPlace(proof.from)} to ${formatPlace(proof.to)} started`;
    case 'migration-completed':
      return `migration from ${formatPlace(proof.from)} to ${formatPlace(proof.to)} completed`;
    case 'fenced-off':
      return `${proof.host} is off, says ${proof.agent}`;
    case 'attested':
      return `${proof.host} is dead on the word of ${proof.by}: ${proof.reason}`;
  }
}

function stepOf({ lane, step }: StepReference, plan: Plan | undefined): Step | undefined {
  const found = plan?.stages.flatMap(({ lanes }) => lanes).find(({ id }) => id === lane);
  return [...(found?.steps ?? []), ...(found?.recovery ?? [])].find(({ id }) => id === step);
}

/** `attempt 2 of 3`; nothing for the first. An operator's retry, or a look after a crash, may go beyond what is planned. */
export function attemptText(attempt: number, step: Step | undefined): string {
  const planned = step?.retry.attempts ?? 0;
  return attempt <= 1 ? '' : `attempt ${attempt}${attempt <= planned ? ` of ${planned}` : ''}`;
}

function subject(reference: StepReference, step: Step | undefined): string {
  return `${reference.lane} ${step?.title ?? reference.step}`;
}

function took(entry: Entry & StepReference, { startOf }: LineContext, word: string): string {
  const began = startOf(entry);
  return began === undefined ? '' : ` ${word} ${formatDuration(Math.max(0, entry.at - began))}`;
}
