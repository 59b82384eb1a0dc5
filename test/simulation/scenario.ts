import type { Mode } from '../../src/model/mode.js';
import type { Runbook } from '../../src/model/runbook.js';
import { type Chance, createChance } from './chance.js';
import { type Disaster, type Event, momentOf } from './event.js';
import { type Intent, intents } from './intent.js';
import { inventSetting, type Setting } from './invented-estate.js';
import { inventFaults } from './invented-faults.js';
import { inventRunbook } from './invented-runbook.js';

/** One run with its events, in the order of their times. */
export interface Act {
  readonly mode: Mode;
  readonly disaster?: Disaster;
  readonly events: readonly Event[];
  /** Whether the engine goes on waiting for an operator, or ends and is started again for each move. */
  readonly keepsWaiting: boolean;
}

/** Everything that one seed decides beforehand. Plain data. */
export interface Scenario extends Setting {
  readonly seed: number;
  readonly intent: Intent;
  readonly runbook: Runbook;
  readonly acts: readonly Act[];
}

export function inventScenario(seed: number): Scenario {
  const chance = createChance(seed);
  const intent = chance.weighted<Intent>({
    failover: 26,
    relocate: 22,
    drill: 18,
    evacuate: 12,
    'evacuate-inside': 12,
    'evacuate-and-return': 10,
    'relocate-and-back': 8,
    'failover-and-back': 8,
  });
  const setting = inventSetting(chance, intent);
  const modes = intents[intent];
  const troubled = modes.length === 1 ? 0 : chance.between(0, modes.length - 1);
  return {
    seed,
    intent,
    ...setting,
    runbook: inventRunbook(chance, { intent, groups: setting.groups }),
    acts: modes.map((mode, index) => inventAct(chance, { mode, setting, isTroubled: index === troubled })),
  };
}

function inventAct(
  chance: Chance,
  { mode, setting, isTroubled }: { readonly mode: Mode; readonly setting: Setting; readonly isTroubled: boolean },
): Act {
  const impulses = chance.percent(25) ? chance.between(1, 4) : 0;
  const crashes = chance.percent(35) ? chance.between(1, 4) : 0;
  const events: Event[] = isTroubled
    ? [
        ...inventFaults(chance, { mode, setting }),
        ...Array.from({ length: impulses }, () => ({ event: 'impulse', afterMs: momentOf(chance) }) as const),
        ...Array.from({ length: crashes }, () => inventCrash(chance)),
      ]
    : [];
  return {
    mode,
    ...(mode === 'failover' ? { disaster: inventDisaster(chance, setting) } : {}),
    events: events.toSorted((one, other) => one.afterMs - other.afterMs),
    keepsWaiting: chance.percent(50),
  };
}

function inventCrash(chance: Chance): Event {
  const when = chance.pick(['at-rest', 'before-append', 'after-append']);
  return { event: 'crash', when, appends: chance.between(0, 3), afterMs: momentOf(chance) };
}

function inventDisaster(chance: Chance, { estate }: Setting): Disaster {
  const hosts = Object.keys(estate.sites['north']?.hosts ?? {});
  switch (chance.pick(['site', 'site', 'hosts', 'some', 'partition'])) {
    case 'site':
      return { kind: 'site-dies', withFences: chance.percent(20) };
    case 'hosts':
      return { kind: 'hosts-die', hosts };
    case 'some':
      return { kind: 'hosts-die', hosts: hosts.slice(0, chance.between(1, hosts.length)) };
    case 'partition':
      return { kind: 'partition' };
  }
}
