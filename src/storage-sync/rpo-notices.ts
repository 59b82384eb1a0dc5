import type { Clock } from '../model/clock.js';
import { type Failure, FailureError } from '../model/failure.js';
import type { ReplicaReport } from '../model/replica-report.js';
import type { Runbook } from '../model/runbook.js';
import type { Notifier } from '../notifiers/notifier.js';
import type { ReplicatorState } from './replicator-core.js';
import {
  advanceIncidents,
  afterTold,
  type DueNotice,
  isSettled,
  type RpoIncidents,
  type RpoTold,
} from './rpo-incidents.js';
import { rpoNotice } from './rpo-notice.js';
import { everyMsOf, type StandingRules, standingOf } from './tended-vm.js';

export interface RpoNoticesOptions {
  readonly notifier: Notifier;
  readonly runbook: Runbook;
  readonly rules: StandingRules;
  readonly clock: Clock;
  readonly before: ReadonlyMap<string, ReplicaReport>;
  /** Takes what has become of a notice into the journal. */
  readonly onTold: (told: RpoTold) => void;
  /** Called back when there may be something to tell. */
  readonly onWake: () => void;
}

/** How long one notice may take before it counts as failed, ms. */
const noticeLimitMs = 30_000;
/** A notice that could not be sent for now is sent again after so long, ms. */
const againMs = 300_000;

/**
 * Tells people when VMs miss their RPO, once for each VM and incident and of several at once by one notice, and when they meet
 * it again. What an earlier process has told counts. One notice at a time is on its way; nothing waits for it.
 */
export class RpoNotices {
  readonly #options: RpoNoticesOptions;
  #incidents: RpoIncidents;
  #sending: Promise<RpoTold> | undefined;
  #againAt = 0;
  #forgetWake: () => void = () => undefined;

  constructor(options: RpoNoticesOptions) {
    this.#options = options;
    this.#incidents = new Map(
      [...options.before.values()].flatMap(({ vm, rpoMissedSince }) =>
        rpoMissedSince === undefined ? [] : [[vm, { openedAt: rpoMissedSince, isTold: true }] as const],
      ),
    );
  }

  /** Looks at the ages of now. */
  see(state: ReplicatorState): void {
    const { rules, clock, runbook, onWake } = this.#options;
    const at = clock.now();
    const { rpoMs } = rules;
    if (rpoMs === undefined || !tellsOfRpo(runbook)) {
      return;
    }
    const standings = [...state.vms.values()].map((tended) => {
      const { ageMs } = standingOf(tended, rules, at);
      return { vm: tended.member.vm, everyMs: everyMsOf(tended.member), ...(ageMs === undefined ? {} : { ageMs }) };
    });
    const { incidents, due, wakeAt } = advanceIncidents(this.#incidents, standings, { rpoMs, at });
    this.#incidents = incidents;
    const [next] = due;
    if (next !== undefined && this.#sending === undefined && at >= this.#againAt) {
      this.#tell(next, state, rpoMs);
    }
    this.#forgetWake();
    // What becomes of a notice under way is a reason of its own to look again.
    const wake = this.#sending !== undefined ? undefined : due.length > 0 ? this.#againAt : wakeAt;
    this.#forgetWake = wake === undefined ? () => undefined : clock.at(wake, onWake);
  }

  /** Wakes nobody any more; what has become of the notice that is still on its way. */
  async close(): Promise<readonly RpoTold[]> {
    this.#forgetWake();
    const sending = this.#sending;
    this.#sending = undefined;
    return sending === undefined ? [] : [await sending];
  }

  #tell(due: DueNotice, state: ReplicatorState, rpoMs: number): void {
    const { rules, clock, runbook, onTold } = this.#options;
    const at = clock.now();
    const notice = rpoNotice(due, {
      runbook: runbook.name,
      rpoMs,
      standingOf: (vm) => {
        const tended = state.vms.get(vm);
        return tended === undefined ? {} : standingOf(tended, rules, at);
      },
    });
    const sending = this.#send(notice).then((failure): RpoTold => {
      const told = { type: 'rpo.told', ...due, ...(failure === undefined ? {} : { failure }) } as const;
      if (isSettled(told)) {
        this.#incidents = afterTold(this.#incidents, due);
      } else {
        this.#againAt = clock.now() + againMs;
      }
      return told;
    });
    this.#sending = sending;
    void sending.then((told) => {
      if (this.#sending === sending) {
        this.#sending = undefined;
        onTold(told);
      }
    });
  }

  /** Why it was not sent; undefined when it was. A server that says nothing must not keep the others waiting. */
  async #send(notice: Parameters<Notifier['send']>[0]): Promise<Failure | undefined> {
    const { notifier, clock } = this.#options;
    const limit = new AbortController();
    const late = new Promise<Failure>((resolve) => {
      limit.signal.addEventListener('abort', () => resolve(tooLate), { once: true });
    });
    const forget = clock.at(clock.now() + noticeLimitMs, () => limit.abort());
    const sent = notifier.send(notice, limit.signal).then(
      () => undefined,
      (error: unknown) => (error instanceof FailureError ? error.failure : bugOf(error)),
    );
    const outcome = await Promise.race([sent, late]);
    forget();
    return outcome;
  }
}

/** Whether the runbook wants people told of its RPO. */
export function tellsOfRpo({ notify }: Runbook): boolean {
  return notify?.mail === true && notify.on.includes('rpo-missed');
}

const tooLate: Failure = {
  code: 'notice-not-sent',
  kind: 'transient',
  message: `the notice was not taken within ${noticeLimitMs / 1_000} s`,
  hint: 'see whether the mail server answers; it is sent again by itself',
};

function bugOf(error: unknown): Failure {
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'bug', kind: 'bug', message: 'Lifeboat itself failed here', cause: cause.slice(0, 4_000) };
}
