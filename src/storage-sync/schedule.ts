/** What the schedule knows of one VM's block-sync. Times are ms since the epoch. */
export interface ScheduledVm {
  readonly vm: string;
  readonly everyMs: number;
  /** Resources of which its cycle takes a slot each: `host/…`, `link/…`. */
  readonly uses: readonly string[];
  /** Moment of its newest point; absent until its seed is complete. */
  readonly dataAsOf?: number;
  readonly isRunning: boolean;
  /** Whether a run has asked it to hold. A cycle that runs then is for its owner to end. */
  readonly isHeld: boolean;
  /** Cycles that have failed since the last one that did not, and when the last of them ended. */
  readonly failures: number;
  readonly failedAt?: number;
}

export interface ScheduleRules {
  /** Slots of each resource, 1 at least; one that is not named has no limit. */
  readonly slots: Readonly<Record<string, number>>;
  readonly backOff?: BackOff;
}

/** The wait after the first failure, doubled by each further one up to the longest. */
export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Default: 5 s, 10 s, 20 s and so on up to 5 minutes. */
export const defaultBackOff: BackOff = { firstMs: 5_000, longestMs: 300_000 };

export interface Schedule {
  /** Whose cycle begins now, in this order. */
  readonly start: readonly string[];
  /** When to look again even if no cycle ends until then; absent when there is nothing to wait for. */
  readonly lookAt?: number;
}

/**
 * Which cycles begin at `now`. A VM is due `every` after the moment of its newest point, or after its back-off when its
 * last cycle failed, and has one cycle at a time. Those that are due go by the oldest data; one that failed counts from
 * its last failure, so that VMs that cannot be copied stand in nobody's way.
 *
 * No limit is broken, and nobody waits for ever: the first that finds no slot keeps its places from all behind it. As a
 * seed takes long, it leaves the last slot of a resource that has several to those that have a point already.
 */
export function schedule(vms: readonly ScheduledVm[], rules: ScheduleRules, now: number): Schedule {
  const waiting = vms.filter(({ isRunning, isHeld }) => !isRunning && !isHeld);
  const due = waiting.filter((vm) => dueAt(vm, rules.backOff) <= now).toSorted(byAge);
  const taken = new Slots(rules.slots);
  for (const vm of vms) {
    if (vm.isRunning) {
      taken.take(vm);
    }
  }
  const start: string[] = [];
  let hasReserved = false;
  for (const vm of due) {
    const isFree = taken.isFreeFor(vm);
    if (isFree && taken.isOpenTo(vm)) {
      start.push(vm.vm);
      taken.take(vm);
    } else if (!isFree && !hasReserved) {
      hasReserved = true;
      taken.take(vm);
    }
  }
  const later = waiting.map((vm) => dueAt(vm, rules.backOff)).filter((at) => at > now);
  return { start, ...(later.length === 0 ? {} : { lookAt: Math.min(...later) }) };
}

/** When its next cycle may begin. */
export function dueAt(vm: ScheduledVm, backOff: BackOff = defaultBackOff): number {
  const { failures, failedAt, dataAsOf, everyMs } = vm;
  if (failures > 0 && failedAt !== undefined) {
    return failedAt + backOffMs(failures, backOff);
  }
  return dataAsOf === undefined ? Number.NEGATIVE_INFINITY : dataAsOf + everyMs;
}

/** The wait after so many failures in a row. */
export function backOffMs(failures: number, { firstMs, longestMs }: BackOff = defaultBackOff): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 52));
}

function byAge(one: ScheduledVm, other: ScheduledVm): number {
  const [a, b] = [waitingSince(one), waitingSince(other)];
  if (a !== b) {
    return a < b ? -1 : 1;
  }
  return one.vm < other.vm ? -1 : 1;
}

function waitingSince({ dataAsOf = Number.NEGATIVE_INFINITY, failures, failedAt }: ScheduledVm): number {
  return failures > 0 && failedAt !== undefined ? Math.max(dataAsOf, failedAt) : dataAsOf;
}

/** Slots taken so far, those of seeds counted apart. */
class Slots {
  readonly #slots: Readonly<Record<string, number>>;
  readonly #taken = new Map<string, number>();
  readonly #seeds = new Map<string, number>();

  constructor(slots: Readonly<Record<string, number>>) {
    this.#slots = slots;
  }

  take(vm: ScheduledVm): void {
    for (const name of new Set(vm.uses)) {
      this.#taken.set(name, (this.#taken.get(name) ?? 0) + 1);
      if (isSeed(vm)) {
        this.#seeds.set(name, (this.#seeds.get(name) ?? 0) + 1);
      }
    }
  }

  isFreeFor({ uses }: ScheduledVm): boolean {
    return uses.every((name) => (this.#taken.get(name) ?? 0) < this.#limit(name));
  }

  isOpenTo(vm: ScheduledVm): boolean {
    return !isSeed(vm) || vm.uses.every((name) => (this.#seeds.get(name) ?? 0) < Math.max(1, this.#limit(name) - 1));
  }

  #limit(name: string): number {
    return this.#slots[name] ?? Number.POSITIVE_INFINITY;
  }
}

function isSeed({ dataAsOf }: ScheduledVm): boolean {
  return dataAsOf === undefined;
}
