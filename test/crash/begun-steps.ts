import type { Entry } from '../../src/model/entry.js';
import type { JsonObject } from '../../src/model/json.js';
import type { Plan } from '../../src/model/plan.js';

/** Which steps have durably begun and have no outcome yet: nobody may act for any other. */
export class BegunSteps {
  /** What each step of the plan is about: the names and ids by which a call may speak of it, quoted. */
  readonly #names: ReadonlyMap<string, readonly string[]>;
  readonly #begun = new Set<string>();

  constructor({ stages }: Plan, history: readonly Entry[]) {
    this.#names = new Map(
      stages
        .flatMap(({ lanes }) => lanes)
        .flatMap(({ id, steps, recovery }) =>
          [...steps, ...recovery].map((step) => [`${id}/${step.id}`, namesIn(step.input)] as const),
        ),
    );
    this.takeIn(history);
  }

  /** Hears of what is durable. */
  takeIn(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.type === 'step.started') {
        this.#begun.add(`${entry.lane}/${entry.step}`);
      } else if (isOutcome(entry)) {
        this.#begun.delete(`${entry.lane}/${entry.step}`);
      }
    }
  }

  /** Whether one of them is about what this call, with arguments such as these, changes. */
  cover(args: readonly unknown[]): boolean {
    const text = JSON.stringify(args);
    return [...this.#begun].some((step) => this.#names.get(step)?.some((name) => text.includes(name)));
  }
}

function namesIn(input: JsonObject): readonly string[] {
  const { vm, id, vmOverlay, host, command, definition } = input as Readonly<Record<string, unknown>>;
  const [executable] = (command as readonly string[] | undefined) ?? [];
  const { id: defined } = (definition as { readonly id?: string } | undefined) ?? {};
  return [vm, id, vmOverlay, host, executable, defined].flatMap((name) =>
    typeof name === 'string' ? [JSON.stringify(name)] : [],
  );
}

function isOutcome(entry: Entry): entry is Extract<Entry, { readonly lane: string }> {
  return (
    entry.type === 'step.succeeded' ||
    entry.type === 'step.failed' ||
    (entry.type === 'step.observed' && entry.observation.verdict !== 'in-progress')
  );
}
