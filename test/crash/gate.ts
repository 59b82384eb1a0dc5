import type { EngineOptions } from '../../src/engine/engine-options.js';
import type { World } from '../../src/hypervisors/simulated/world.js';
import type { Clock } from '../../src/model/clock.js';
import type { NewEntry } from '../../src/model/entry.js';
import type { Ports } from '../../src/steps/step-type.js';
import type { BegunSteps } from './begun-steps.js';

/** An instant at which an engine may be killed. The same run passes the same points in the same order. */
export interface Point {
  /** From 1. */
  readonly number: number;
  readonly kind: PointKind;
  /** What is appended or called. */
  readonly about: string;
}

/**
 * An append: `before-append` nothing is durable · `after-append` it is durable, and nothing has been acted on.
 * An effect, which is a call that may change the world: `before-effect` it was not made · `sent` it is on its way ·
 * `under-way` it has not been answered for a while · `after-effect` its answer has not been heard.
 */
export type PointKind = 'before-append' | 'after-append' | 'before-effect' | 'sent' | 'under-way' | 'after-effect';

type Store = EngineOptions['store'];

/** How long after it was made a call that has not been answered is a point again, ms. */
const underWayMs = [500, 5_000];

const effects: ReadonlySet<string> = new Set([
  ...['define', 'undefine', 'start', 'shutdown', 'destroy', 'setAutostart', 'migrate', 'carry', 'cordon'].map(
    (method) => `hypervisor.${method}`,
  ),
  ...['sync', 'promote', 'createOverlay', 'removeOverlay', 'mergeOverlay', 'reverse'].map(
    (method) => `replicas.${method}`,
  ),
  'fencer.off',
  'notifier.send',
  'shell.run',
]);

/**
 * Stands between one engine and everything that it acts on, and counts the points. When `isLast` says of one that it is
 * the engine's end, the engine is dead: nothing of it gets through any more, and nothing that it awaits ever comes. An
 * effect for no step that has durably begun is refused as a bug.
 */
export class Gate {
  readonly points: Point[] = [];
  /** Resolves when the engine has died. */
  readonly death: Promise<void>;
  readonly #isLast: (point: Point) => boolean;
  readonly #begun: BegunSteps;
  #isDead = false;
  #die: () => void = () => undefined;

  constructor(begun: BegunSteps, isLast: (point: Point) => boolean) {
    this.#begun = begun;
    this.#isLast = isLast;
    this.death = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  store(store: Store): Store {
    const { journal } = store;
    const append: typeof journal.append = async (runId, entries, guard) => {
      const about = aboutAppend(guard.expectedSeq, entries);
      // A disk takes its time; what is acted on meanwhile is acted on too early.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#pass('before-append', about);
      const stamped = await journal.append(runId, entries, guard);
      this.#begun.takeIn(stamped);
      await this.#pass('after-append', about);
      return stamped;
    };
    return {
      journal: this.#mortal('journal', { ...journal, append }),
      leases: this.#mortal('leases', store.leases),
      inbox: this.#mortal('inbox', store.inbox),
      cache: store.cache,
    };
  }

  ports({ hypervisor, shell, replicas, fencer, prober, notifier, clock }: World): Ports {
    const mortal: Clock = {
      now: () => clock.now(),
      at: (at, callback) => (this.#isDead ? () => undefined : clock.at(at, callback)),
    };
    return {
      hypervisor: this.#mortal('hypervisor', hypervisor, mortal),
      shell: this.#mortal('shell', shell, mortal),
      replicas: this.#mortal('replicas', replicas, mortal),
      fencer: this.#mortal('fencer', fencer, mortal),
      prober: this.#mortal('prober', prober, mortal),
      notifier: this.#mortal('notifier', notifier, mortal),
      clock: mortal,
    };
  }

  /** The same object, whose methods, all of them asynchronous, never answer the dead. */
  #mortal<Target extends object>(name: string, target: Target, clock?: Clock): Target {
    return new Proxy(target, {
      get: (_, key) => {
        const method: unknown = Reflect.get(target, key);
        if (typeof method !== 'function') {
          return method;
        }
        const act = (args: readonly unknown[]) => Reflect.apply(method, target, args) as Promise<unknown>;
        const title = `${name}.${String(key)}`;
        return clock !== undefined && effects.has(title)
          ? (...args: readonly unknown[]) => this.#effect(title, args, { act: () => act(args), clock })
          : (...args: readonly unknown[]) => (this.#isDead ? never() : act(args));
      },
    });
  }

  async #effect(
    title: string,
    args: readonly unknown[],
    { act, clock }: { readonly act: () => Promise<unknown>; readonly clock: Clock },
  ): Promise<unknown> {
    const about = `${title} ${subjectOf(args)}`;
    if (!this.#isDead && title !== 'notifier.send' && !this.#begun.cover(args)) {
      throw new Error(`${about} is called for no step whose start is durable`);
    }
    if (this.#isLastAt('before-effect', about)) {
      return never();
    }
    const answer = act();
    const timers = underWayMs.map((ms) => clock.at(clock.now() + ms, () => this.#isLastAt('under-way', about)));
    try {
      await this.#pass('sent', about);
      return await answer;
    } finally {
      timers.forEach((forget) => forget());
      await this.#pass('after-effect', about);
    }
  }

  #pass(kind: PointKind, about: string): Promise<void> {
    return this.#isLastAt(kind, about) ? never() : Promise.resolve();
  }

  /** Whether the engine is dead, by now or just now. */
  #isLastAt(kind: PointKind, about: string): boolean {
    if (this.#isDead) {
      return true;
    }
    const point = { number: this.points.length + 1, kind, about };
    this.points.push(point);
    if (this.#isLast(point)) {
      this.#isDead = true;
      this.#die();
    }
    return this.#isDead;
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function aboutAppend(expectedSeq: number, entries: readonly NewEntry[]): string {
  const names = entries.map((entry) => ('step' in entry ? `${entry.type} ${entry.lane}/${entry.step}` : entry.type));
  return `${expectedSeq + 1}..${expectedSeq + entries.length}: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
}

/** The host and the VM that a call names, as far as its arguments show them. */
function subjectOf(args: readonly unknown[]): string {
  return args
    .filter((argument) => !(argument instanceof AbortSignal) && typeof argument !== 'function')
    .map((argument) => (typeof argument === 'string' ? argument : JSON.stringify(argument)))
    .join(' ')
    .slice(0, 120);
}
