import type { ProtectionEntryBody } from '../model/entry.js';

/**
 * A time in which a VM has missed its RPO. It ends when the RPO has been met for a while, so that a VM which misses it in every
 * cycle has one.
 */
export interface RpoIncident {
  /** Since when it is known, ms since the epoch. */
  readonly openedAt: number;
  /** People were told, or cannot be. */
  readonly isTold: boolean;
  /** Since when the RPO is met again; absent while it is missed. */
  readonly metSince?: number;
}

/** By VM. */
export type RpoIncidents = ReadonlyMap<string, RpoIncident>;

/** How old one VM's data is. Absent when it has none: then there is no RPO to miss yet. */
export interface RpoStanding {
  readonly vm: string;
  readonly ageMs?: number;
  readonly everyMs: number;
}

export type RpoTold = Extract<ProtectionEntryBody, { readonly type: 'rpo.told' }>;

/** VMs of which people are to be told by one notice. */
export type DueNotice = Pick<RpoTold, 'event' | 'vms'>;

export interface RpoNews {
  readonly incidents: RpoIncidents;
  readonly due: readonly DueNotice[];
  /** When there may be more to tell, even if nothing happens until then. */
  readonly wakeAt?: number;
}

/** How long what happens to several VMs at once is gathered into one notice, ms. */
export const gatherMs = 60_000;

/** Opens and ends incidents by the ages of now. Told again with the same, it says the same again: `afterTold` notes what was told. */
export function advanceIncidents(
  incidents: RpoIncidents,
  standings: readonly RpoStanding[],
  { rpoMs, at }: { readonly rpoMs: number; readonly at: number },
): RpoNews {
  const next = new Map(incidents);
  const wakes: number[] = [];
  const missed: string[] = [];
  const met: { readonly vm: string; readonly overAt: number }[] = [];
  for (const { vm, ageMs, everyMs } of standings) {
    const known = next.get(vm);
    if (ageMs === undefined || (known === undefined && ageMs <= rpoMs)) {
      continue;
    }
    const incident = incidentAfter(known, { isMissed: ageMs > rpoMs, at });
    const { openedAt, isTold, metSince } = incident;
    next.set(vm, incident);
    if (!isTold) {
      missed.push(vm);
      wakes.push(openedAt + gatherMs);
    } else if (metSince !== undefined) {
      // Met through one whole cycle and the age that its point may reach.
      const overAt = metSince + rpoMs + everyMs;
      wakes.push(overAt + gatherMs);
      if (at >= overAt) {
        met.push({ vm, overAt });
      }
    }
  }
  const isGathered = missed.some((vm) => at >= (next.get(vm)?.openedAt ?? at) + gatherMs);
  const isOverGathered = met.some(({ overAt }) => at >= overAt + gatherMs);
  const wakeAt = Math.min(...wakes.filter((wake) => wake > at));
  return {
    incidents: next,
    due: [
      ...(isGathered ? [{ event: 'rpo-missed' as const, vms: missed }] : []),
      ...(isOverGathered ? [{ event: 'rpo-met' as const, vms: met.map(({ vm }) => vm) }] : []),
    ],
    ...(Number.isFinite(wakeAt) ? { wakeAt } : {}),
  };
}

function incidentAfter(
  known: RpoIncident | undefined,
  { isMissed, at }: { readonly isMissed: boolean; readonly at: number },
): RpoIncident {
  const { metSince, ...open } = known ?? { openedAt: at, isTold: false };
  return isMissed ? open : { ...open, metSince: metSince ?? at };
}

/** Once people were told, or cannot be: an incident that is over is gone. */
export function afterTold(incidents: RpoIncidents, { event, vms }: DueNotice): RpoIncidents {
  const next = new Map(incidents);
  for (const vm of vms) {
    const known = next.get(vm);
    if (event === 'rpo-met') {
      next.delete(vm);
    } else if (known !== undefined) {
      next.set(vm, { ...known, isTold: true });
    }
  }
  return next;
}

/** Whether an entry settles what it tells of; otherwise it is to be told again. */
export function isSettled({ failure }: Pick<RpoTold, 'failure'>): boolean {
  return failure === undefined || failure.kind === 'permanent';
}
