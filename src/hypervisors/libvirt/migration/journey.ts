import type { Domain } from 'node-libvirt';
import { FailureError } from '../../../model/failure.js';
import type { Migration } from '../../hypervisor.js';
import { Bell } from './bell.js';
import { stop } from './stop.js';
import { ask, type Caller, never, type Tools } from './tools.js';
import { type Watch, watch } from './watch.js';

/** A migration of which this process waits for the end. */
export interface Journey {
  readonly source: string;
  readonly dom: Domain;
  readonly signal: AbortSignal;
  readonly watch: Watch;
  readonly bell: Bell;
  /** Whether bytes were seen to be moved. */
  readonly hasBegun: boolean;
  /** Why the ladder had no more to offer. */
  readonly gaveUp: string | undefined;
  /** Asks for its end, once. */
  readonly halt: () => void;
  /** Resolves when it was asked for its end and is over; at once when it was not. */
  readonly halted: () => Promise<void>;
}

/** How long one that was begun elsewhere is followed while its source cannot be asked. */
const unseenForMs = 60_000;
const betweenTries = { leastMs: 250, mostMs: 1_000 } as const;

export function setOut(
  tools: Tools,
  { source, ladder, maxDowntimeMs, deadlineAt }: Migration,
  { dom, memoryBytes, caller }: { readonly dom: Domain; readonly memoryBytes: number; readonly caller: Caller },
): Journey {
  const bell = new Bell();
  let gaveUp: string | undefined;
  let halting: Promise<void> | undefined;
  const halt = (): void => {
    halting ??= stop(tools, source, { dom, bell });
    // Whoever waits for the end hears of it; until then a rejection is nobody's.
    halting.catch(() => undefined);
  };
  const watched: Watch = {
    terms: { ladder, maxDowntimeMs, ...(deadlineAt === undefined ? {} : { deadlineAt }) },
    bell,
    memoryBytes,
    now: tools.now,
    report: caller.report,
    giveUp: (reason) => {
      gaveUp ??= reason;
      halt();
    },
  };
  return {
    source,
    dom,
    bell,
    signal: caller.signal,
    watch: watched,
    halt,
    halted: async () => await halting,
    get hasBegun() {
      return (watched.last?.doneBytes ?? 0) > 0;
    },
    get gaveUp() {
      return gaveUp;
    },
  };
}

/**
 * Waits for the end: of the call that has begun it, whose failure is returned, or where somebody else has begun it, of
 * libvirt's work. Meanwhile it is watched, and stopped when the caller's signal asks for that.
 */
export async function attend(tools: Tools, journey: Journey, call: Promise<void> | undefined): Promise<unknown> {
  const { signal, bell } = journey;
  const answer = call
    ?.then(
      () => undefined,
      (error: unknown) => error,
    )
    .finally(() => bell.end());
  signal.addEventListener('abort', journey.halt);
  try {
    if (signal.aborted) {
      journey.halt();
    }
    const [failure] = await Promise.all([answer, keepWatching(tools, journey, call === undefined)]);
    await journey.halted();
    return failure;
  } finally {
    signal.removeEventListener('abort', journey.halt);
  }
}

/** A lost connection is no end: a migration goes on by itself, and so does the watching once the host answers again. */
async function keepWatching(
  tools: Tools,
  { source, dom, watch: state, bell }: Journey,
  isFollowed: boolean,
): Promise<void> {
  let seenAt = tools.now();
  while (!bell.isOver) {
    try {
      const asking = { host: source, what: 'watch the migration', purpose: 'query', signal: never } as const;
      await ask(tools, asking, (libvirt) => watch(libvirt, dom, state));
      seenAt = tools.now();
      if (isFollowed) {
        bell.end();
      }
    } catch (error) {
      const isLost = error instanceof FailureError && error.failure.kind !== 'bug';
      if (!isLost || (isFollowed && tools.now() - seenAt > unseenForMs)) {
        bell.end();
        throw error;
      }
    }
    await bell.wait(betweenTries);
  }
}
