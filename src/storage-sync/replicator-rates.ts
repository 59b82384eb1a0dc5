import type { Clock } from '../model/clock.js';
import { type Estate, linkBetween } from '../model/estate.js';
import type { Runbook } from '../model/runbook.js';
import { allOf, controllerOffset, LinkRate } from './link-rate.js';
import { rateAt } from './rate-windows.js';
import type { CycleRequest } from './replicas.js';
import type { Member } from './replicator-members.js';

/** What links and the runbook let cycles send: shared evenly, and changing with the windows of a link. */
export class ReplicatorRates {
  readonly #estate: Estate;
  readonly #clock: Clock;
  readonly #limit: number | undefined;
  readonly #runbook: LinkRate;
  readonly #links = new Map<string, LinkRate>();

  constructor({
    estate,
    runbook,
    clock,
  }: { readonly estate: Estate; readonly runbook: Runbook; readonly clock: Clock }) {
    this.#estate = estate;
    this.#clock = clock;
    const { bytesPerSecond } = runbook.limits;
    this.#limit = bytesPerSecond;
    this.#runbook = new LinkRate(clock, () => (bytesPerSecond === undefined ? {} : { bytesPerSecond }));
  }

  /** The part of one VM's cycle, to be asked byte by byte, and what it amounts to now. */
  shareOf(vm: string, { from, to }: NonNullable<Member['route']>): Pick<CycleRequest, 'rate' | 'bytesPerSecond'> {
    const own = this.#runbook.join(vm);
    if (from.site === to.site) {
      return { rate: own, ...(this.#limit === undefined ? {} : { bytesPerSecond: this.#limit }) };
    }
    const link = linkBetween(this.#estate, from.site, to.site);
    const at = (moment: number) => rateAt(link, moment, controllerOffset);
    const shared = this.#links.get(link.name) ?? new LinkRate(this.#clock, at);
    this.#links.set(link.name, shared);
    const now = Math.min(
      this.#limit ?? Number.POSITIVE_INFINITY,
      at(this.#clock.now()).bytesPerSecond ?? Number.POSITIVE_INFINITY,
    );
    return { rate: allOf([shared.join(vm), own]), ...(Number.isFinite(now) ? { bytesPerSecond: now } : {}) };
  }

  /** Until when nothing may cross a link, by the name that the schedule has for it; undefined while something may. */
  closedUntil(use: string, at: number): number | undefined {
    const link = Object.values(this.#estate.links).find(({ name }) => `link/${name}` === use);
    const now = link === undefined ? undefined : rateAt(link, at, controllerOffset);
    return now?.bytesPerSecond === 0 ? (now.until ?? Number.POSITIVE_INFINITY) : undefined;
  }
}
