import type { AnyMachineSnapshot } from 'xstate';
import { admit, type DueLanes, namesOf } from './admission.js';
import type { StepPlace } from './compile-plan.js';
import type { LaneContext } from './lane-event.js';
import type { StepActivity } from './run-state.js';

/** A lane at one moment, as far as slots are concerned. */
export interface LaneMoment {
  readonly machineState: AnyMachineSnapshot;
  readonly activity: StepActivity;
  readonly place: StepPlace | undefined;
}

/**
 * Which lanes are due, and which slots are taken. Copies what it changes, so that the state it was made from stays as it
 * is.
 */
export class SlotBook {
  readonly #used: Record<string, number>;
  readonly #due: Record<string, readonly number[]>;

  constructor({ used, due }: { readonly used: Readonly<Record<string, number>>; readonly due: DueLanes }) {
    this.#used = { ...used };
    this.#due = { ...due };
  }

  get used(): Readonly<Record<string, number>> {
    return this.#used;
  }

  get due(): DueLanes {
    return this.#due;
  }

  /** A lane has gone from one moment to the next. */
  turn(lane: number, before: LaneMoment, after: LaneMoment): void {
    if (before.place !== undefined && isQueued(before)) {
      const { resources } = before.place;
      this.#due[resources] = (this.#due[resources] ?? []).filter((other) => other !== lane);
    }
    if (before.place !== undefined && holdsSlots(before)) {
      this.#occupy(before.place, -1);
    }
    if (after.place !== undefined && holdsSlots(after)) {
      this.#occupy(after.place, 1);
    }
    if (after.place !== undefined && isQueued(after)) {
      const { resources } = after.place;
      this.#due[resources] = inserted(this.#due[resources] ?? [], lane);
    }
  }

  /** The lanes that may start now within these slots, in the order in which they should. */
  admit(slots: Readonly<Record<string, number>>): readonly number[] {
    return admit(this.#due, { slots, used: this.#used });
  }

  #occupy({ resources }: StepPlace, by: 1 | -1): void {
    for (const name of namesOf(resources)) {
      this.#used[name] = (this.#used[name] ?? 0) + by;
    }
  }
}

/** What is under way in the world already waits for no slot. */
function isQueued({ machineState, activity }: LaneMoment): boolean {
  return activity === 'due' && !(machineState.context as LaneContext).isAttached;
}

/**
 * A step that may be acting in the world keeps its slots until its outcome is known, also while it waits to be followed.
 * A look that an operator's retry asked for needs none: what it leads to waits for its slot.
 */
function holdsSlots(moment: LaneMoment): boolean {
  switch (moment.activity) {
    case 'running':
    case 'stopping':
      return true;
    case 'unknown':
    case 'blind':
      return (moment.machineState.context as LaneContext).look !== 'operator';
    case 'due':
      return !isQueued(moment);
    case 'idle':
    case 'backoff':
    case 'held':
      return false;
  }
}

/** A lane stands among those that are due in the order of the plan. */
function inserted(queue: readonly number[], lane: number): readonly number[] {
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((queue[middle] as number) < lane) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return queue.toSpliced(low, 0, lane);
}
