import type { HostPair } from '../engine/look-ahead.js';
import type { Departure } from '../model/departure.js';
import { type Estate, hostsOf } from '../model/estate.js';
import type { Mode } from '../model/mode.js';
import type { Runbook, Scope } from '../model/runbook.js';

/** Pairs of hosts that have to be looked at before a run of the runbook is planned; none in modes that move by replicas. */
export function consideredMoves(about: {
  readonly mode: Mode;
  readonly runbook: Runbook;
  readonly estate: Estate;
  /** Of a return: what has left the host. */
  readonly departures: readonly Departure[];
}): readonly HostPair[] {
  const { mode, runbook, estate, departures } = about;
  const { from, to } = runbook.protect;
  switch (mode) {
    case 'evacuate':
    case 'balance':
      return pairs(hostsIn(estate, from), hostsIn(estate, to), { isEmptied: mode === 'evacuate' });
    case 'return':
      return departures
        .map((departure): HostPair => ({ source: departure.to.host, target: departure.from.host }))
        .filter(({ source }, index, all) => all.findIndex((one) => one.source === source) === index);
    case 'relocate':
    case 'failover':
    case 'failback':
    case 'drill':
    case 'reverse':
      return [];
  }
}

/** Nothing moves to a host that is being emptied. */
function pairs(
  sources: readonly string[],
  targets: readonly string[],
  { isEmptied }: { readonly isEmptied: boolean },
): readonly HostPair[] {
  return sources.flatMap((source) =>
    targets
      .filter((target) => target !== source && !(isEmptied && sources.includes(target)))
      .map((target) => ({ source, target })),
  );
}

function hostsIn(estate: Estate, { site, host }: Scope): readonly string[] {
  const hosts = Object.values(hostsOf(estate)).filter((one) => one.site === site);
  return hosts.map(({ name }) => name).filter((name) => host === undefined || name === host);
}
