import type { StepKind } from '../model/plan.js';
import type { StepInputs } from '../model/step-input.js';
import { approve } from './approve/approve.js';
import { check } from './check/check.js';
import { cleanup } from './cleanup/cleanup.js';
import { cordon } from './cordon/cordon.js';
import { define } from './define/define.js';
import { fence } from './fence/fence.js';
import { migrate } from './migrate/migrate.js';
import { notify } from './notify/notify.js';
import { overlay } from './overlay/overlay.js';
import { place } from './place/place.js';
import { promote } from './promote/promote.js';
import { ready } from './ready/ready.js';
import { reverse } from './reverse/reverse.js';
import { run } from './run/run.js';
import { compileSchema } from './schema.js';
import { shutdown } from './shutdown/shutdown.js';
import { start } from './start/start.js';
import type { StepType } from './step-type.js';
import { sync } from './sync/sync.js';
import { wait } from './wait/wait.js';

/** The code behind every kind of step. A plan's inputs are checked by `inputProblems` once, before any of it is called. */
export const stepTypes: Readonly<Record<StepKind, StepType>> = {
  approve: untyped<'approve'>(approve),
  check: untyped<'check'>(check),
  cleanup: untyped<'cleanup'>(cleanup),
  cordon: untyped<'cordon'>(cordon),
  define: untyped<'define'>(define),
  fence: untyped<'fence'>(fence),
  migrate: untyped<'migrate'>(migrate),
  notify: untyped<'notify'>(notify),
  overlay: untyped<'overlay'>(overlay),
  place: untyped<'place'>(place),
  promote: untyped<'promote'>(promote),
  ready: untyped<'ready'>(ready),
  reverse: untyped<'reverse'>(reverse),
  run: untyped<'run'>(run),
  shutdown: untyped<'shutdown'>(shutdown),
  start: untyped<'start'>(start),
  sync: untyped<'sync'>(sync),
  wait: untyped<'wait'>(wait),
};

/** A step takes the input of its own kind alone, which is what the check of a plan's inputs makes sure of. */
function untyped<Kind extends StepKind>(type: StepType<StepInputs[Kind]>): StepType {
  return type as StepType;
}

const validators = new Map<StepKind, (input: unknown) => string[]>();

/** What is wrong with a step's input, a sentence each; nothing when the step can take it. */
export function inputProblems(kind: StepKind, input: unknown): string[] {
  const validator = validators.get(kind) ?? compileSchema(stepTypes[kind].schema);
  validators.set(kind, validator);
  return validator(input);
}
