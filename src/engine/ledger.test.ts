import { describe, expect, it } from '@jest/globals';
import { authorityAt } from '../../test/properties/builders.js';
import type { Authority } from '../model/authority.js';
import { authorityLedger, formerPlaces } from './ledger.js';

function journal(...authorities: readonly Authority[]) {
  return authorities.map((authority, index) => ({
    runId: 'run-1',
    entry: { type: 'authority.moved' as const, authority, seq: index + 1, at: authority.since, author: 'engine' },
  }));
}

function moving(epoch: number, [from, to]: readonly [string, string]): Authority {
  const { vm, since, proof } = authorityAt('db-1', from);
  const place = (host: string) => ({ site: 'north', host });
  return { vm, epoch, since, proof, state: 'moving', from: place(from), to: place(to) };
}

const at = (host: string, epoch: number, since = epoch): Authority => ({ ...authorityAt('db-1', host, epoch), since });

describe('the ledger', () => {
  it('knows the newest authority of a VM', () => {
    expect(authorityLedger(journal(at('north-1', 1), at('north-2', 2))).get('db-1')).toEqual(at('north-2', 2));
  });
});

describe('former places', () => {
  it('are those that a VM has left, with the moment at which it was elsewhere', () => {
    const entries = journal(moving(1, ['north-1', 'north-2']), at('north-2', 2, 20), at('north-3', 4, 40));
    expect(formerPlaces(entries)).toEqual([
      { vm: 'db-1', host: 'north-1', at: 20 },
      { vm: 'db-1', host: 'north-2', at: 40 },
    ]);
  });

  it('are none of a VM whose move came to nothing, nor the place that it came back to', () => {
    expect(formerPlaces(journal(moving(1, ['north-1', 'north-2']), at('north-1', 2)))).toEqual([]);
    expect(formerPlaces(journal(at('north-1', 1), at('north-2', 2), at('north-1', 3)))).toEqual([
      { vm: 'db-1', host: 'north-2', at: 3 },
    ]);
  });
});
