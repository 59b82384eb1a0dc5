import type { CallFault, WorldFault } from '../../src/hypervisors/simulated/fault.js';
import type { Mode } from '../../src/model/mode.js';
import type { Chance } from './chance.js';
import { type Event, momentOf } from './event.js';
import type { Setting } from './invented-estate.js';

/** Calls that a run of any mode makes. */
const calls = [
  ['hypervisor', 'vm'],
  ['hypervisor', 'host'],
  ['hypervisor', 'define'],
  ['hypervisor', 'start'],
  ['hypervisor', 'undefine'],
  ['hypervisor', 'destroy'],
  ['hypervisor', 'shutdown'],
  ['hypervisor', 'setAutostart'],
  ['hypervisor', 'migrate'],
  ['hypervisor', 'migrationState'],
  ['hypervisor', 'carry'],
  ['hypervisor', 'prospect'],
  ['hypervisor', 'dirtyRates'],
  ['hypervisor', 'cordon'],
  ['replicas', 'list'],
  ['replicas', 'sync'],
  ['replicas', 'promote'],
  ['replicas', 'promoted'],
  ['replicas', 'createOverlay'],
  ['replicas', 'overlay'],
  ['replicas', 'removeOverlay'],
  ['replicas', 'mergeOverlay'],
  ['replicas', 'reverse'],
  ['fencer', 'off'],
  ['fencer', 'status'],
  ['prober', 'vm'],
  ['shell', 'run'],
  ['notifier', 'send'],
] as const;

/** What goes wrong during one run: nothing in a fifth of them, up to six things in the others. */
export function inventFaults(chance: Chance, about: { readonly mode: Mode; readonly setting: Setting }): Event[] {
  const count = chance.percent(20) ? 0 : chance.between(1, 6);
  return Array.from({ length: count }, () =>
    chance.percent(50) ? inventCallFault(chance, about.setting) : inventWorldFault(chance, about.setting),
  ).flat();
}

function inventCallFault(chance: Chance, setting: Setting): Event[] {
  const [port, method] = chance.pick(calls);
  const onCall = { port, method, nth: chance.between(1, 6) };
  const isOnCallItself = chance.percent(75);
  const kind: CallFault['kind'] = chance.pick(['call-hangs', 'reply-lost', 'call-refused']);
  if (isOnCallItself) {
    return [{ event: 'call-fault', afterMs: 0, scripted: { onCall, fault: { kind } } }];
  }
  const [first, ...mend] = inventWorldFault(chance, setting);
  const scripted =
    first?.event === 'fault' ? { onCall, afterMs: chance.between(0, 3_000), fault: first.fault } : undefined;
  return scripted === undefined ? [] : [{ event: 'call-fault', afterMs: 0, scripted }, ...mend];
}

/** A fault, with its mend some time later when that is to come by itself. */
function inventWorldFault(chance: Chance, { estate, spec }: Setting): Event[] {
  const hosts = Object.values(estate.sites).flatMap((site) => Object.keys(site.hosts));
  const host = chance.maybe(hosts) ?? 'north-1';
  const vm = chance.maybe(spec.vms ?? [])?.name ?? 'g0-0';
  const link = 'north-south';
  const afterMs = momentOf(chance);
  const then = (fault: WorldFault, mend?: WorldFault): Event[] => [
    { event: 'fault', afterMs, fault },
    ...(mend !== undefined && chance.percent(70)
      ? [{ event: 'fault', afterMs: afterMs + chance.between(0, 120_000), fault: mend } as const]
      : []),
  ];
  switch (chance.pick(kinds)) {
    case 'host-dies':
      return then({ kind: 'host-dies', host, power: chance.pick(['on', 'off']) }, { kind: 'host-returns', host });
    case 'link-cut':
      return then({ kind: 'link-cut', link }, { kind: 'link-healed', link });
    case 'link-rate':
      return then({ kind: 'link-rate', link, bytesPerSecond: chance.between(1, 1_000) * 1e5 });
    case 'migration-stalls':
      return then({ kind: 'migration-stalls', vm });
    case 'disk-full':
      return then({ kind: 'disk-full', host }, { kind: 'disk-freed', host, bytes: 2 ** 40 });
    case 'agent-silent':
      return then({ kind: 'agent-silent', vm });
    case 'boot-fails':
      return then({ kind: 'boot-fails', vm });
    case 'shutdown-ignored':
      return then({ kind: 'shutdown-ignored', vm });
    case 'probe-flaps':
      return then({ kind: 'probe-flaps', vm });
    case 'fence':
      return then(
        { kind: 'fence', host, behaviour: chance.pick(['lies', 'fails', 'hangs']) },
        { kind: 'fence', host, behaviour: 'works' },
      );
    case 'command-fails':
      return then({ kind: 'command-fails', argv: [`./step-${chance.between(0, 2)}.sh`], exitCode: 1 });
  }
}

const kinds = [
  'host-dies',
  'host-dies',
  'host-dies',
  'link-cut',
  'link-cut',
  'link-rate',
  'migration-stalls',
  'disk-full',
  'agent-silent',
  'boot-fails',
  'shutdown-ignored',
  'probe-flaps',
  'fence',
  'fence',
  'command-fails',
] as const;
