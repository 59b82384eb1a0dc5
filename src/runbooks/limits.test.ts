import { describe, expect, test } from '@jest/globals';
import { estate, group, host, inventory, madePlan, request, runbook, vm } from '../../test/properties/builders.js';
import type { JsonObject } from '../model/json.js';
import type { Limits } from '../model/runbook.js';
import type { MigrateInput } from '../model/step-input.js';

const limit = 120_000_000;

/** What each of so many moves of one evacuation may use. */
function sharesOf(
  count: number,
  limits: Partial<Limits>,
  to: 'north' | 'south' = 'north',
): readonly (number | undefined)[] {
  const plan = madePlan({
    runbook: runbook([group('all', '*')], {
      protect: { from: { site: 'north', host: 'north-1' }, to: { site: to } },
      limits: { perHost: 2, perLink: 4, ...limits },
    }),
    estate: estate('north-1 north-2 north-3', 'south-1'),
    request: request('evacuate'),
    inventory: inventory({
      hosts: ['north-1', 'north-2', 'north-3', 'south-1'].map((name) => host(name)),
      vms: Array.from({ length: count }, (_, index) => vm(`vm-${index}`, 'north-1')),
    }),
  });
  return plan.stages
    .flatMap(({ lanes }) => lanes.flatMap(({ steps }) => steps))
    .filter(({ kind }) => kind === 'migrate')
    .map(({ input }) => (input as JsonObject & MigrateInput).bytesPerSecond);
}

describe('the share of a move', () => {
  test.each<[string, readonly (number | undefined)[], number | undefined]>([
    ['is the whole limit when it is alone', sharesOf(1, { bytesPerSecond: limit }), limit],
    ['is half of it when its host lets two run at once', sharesOf(5, { bytesPerSecond: limit }), limit / 2],
    ['is a third when there are but three', sharesOf(3, { perHost: 8, bytesPerSecond: limit }), limit / 3],
    [
      'is that of the run when that allows fewer',
      sharesOf(9, { perHost: 8, perRun: 4, bytesPerSecond: limit }),
      limit / 4,
    ],
    [
      'is not cut by slots of a link that its host cannot fill',
      sharesOf(9, { bytesPerSecond: limit }, 'south'),
      limit / 2,
    ],
    ['is cut by those of a link', sharesOf(9, { perHost: 8, perLink: 3, bytesPerSecond: limit }, 'south'), limit / 3],
    ['has no limit where the runbook has none', sharesOf(2, {}), undefined],
  ])('%s', (_case, shares, expected) => {
    expect(new Set(shares)).toEqual(new Set([expected]));
  });
});
