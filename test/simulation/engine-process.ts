import { createEngine } from '../../src/engine/create-engine.js';
import type { Engine } from '../../src/engine/engine.js';
import type { World } from '../../src/hypervisors/simulated/world.js';
import type { Estate } from '../../src/model/estate.js';
import type { Journal } from '../../src/stores/journal.js';
import type { MemoryStore } from '../../src/stores/memory/store.js';

/** No small run needs as many; one that does is going round in a circle. */
const entriesLimit = 20_000;

/** When a process dies: at an append that is so many further, right before it is durable or right after. */
export interface Death {
  appends: number;
  readonly when: 'before-append' | 'after-append';
}

/** A process that has an engine, until it is killed. Another one may follow it over the same store. */
export class EngineProcess {
  readonly engine: Engine;
  readonly holder: string;
  #isDead = false;
  #death: Death | undefined;

  constructor(options: {
    readonly world: World;
    readonly estate: Estate;
    readonly store: MemoryStore;
    readonly holder: string;
    readonly keepsWaiting: boolean;
    readonly newRunId: (mode: string) => string;
  }) {
    const { world, estate, store, holder, keepsWaiting, newRunId } = options;
    this.holder = holder;
    this.engine = createEngine({
      ports: world,
      estate,
      holder,
      keepsWaiting,
      store: { ...store, journal: this.#mortal(store.journal) },
      newRunId: ({ mode }) => newRunId(mode),
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Whether time may pass: what a dead process was about to do never happens. */
  isQuiet(): boolean {
    return this.#isDead || !this.engine.isBusy();
  }

  dieAt(death: Death): void {
    this.#death ??= death;
  }

  die(): void {
    this.#isDead = true;
  }

  #mortal(journal: Journal): Journal {
    return {
      ...journal,
      append: async (runId, entries, guard) => {
        const death = this.#death;
        if (this.#isDead || (death !== undefined && death.appends <= 0 && death.when === 'before-append')) {
          return this.#silence();
        }
        if (guard.expectedSeq > entriesLimit) {
          throw new Error(`run ${runId} has more than ${entriesLimit} entries`);
        }
        const stamped = await journal.append(runId, entries, guard);
        if (death !== undefined && death.appends <= 0) {
          return this.#silence();
        }
        if (death !== undefined) {
          death.appends -= 1;
        }
        return stamped;
      },
    };
  }

  /** What a killed process awaits never comes. */
  #silence(): Promise<never> {
    this.#isDead = true;
    return new Promise(() => undefined);
  }
}
