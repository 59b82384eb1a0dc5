import { describe, expect, it } from '@jest/globals';
import type { Departure } from '../model/departure.js';
import type { Estate, Host } from '../model/estate.js';
import type { Mode } from '../model/mode.js';
import { runbookForHost } from '../runbooks/host-runbook.js';
import { consideredMoves } from './considered-moves.js';

const host = (name: string): Host => ({ name, site: 'north', uri: '', address: '', peerUri: '' });
const hosts = { n1: host('n1'), n2: host('n2'), n3: host('n3') };
const estate: Estate = {
  sites: { north: { name: 'north', hosts, networks: {}, images: '', replicas: '' } },
  links: {},
  tls: 'off',
  store: { sqlite: '' },
};

function considered(mode: Mode, change: { from?: string; departures?: readonly Departure[] } = {}): readonly string[] {
  const runbook = runbookForHost('n1', estate);
  if (runbook === undefined) {
    throw new Error('the estate has n1');
  }
  const from = change.from === undefined ? { site: 'north' } : { site: 'north', host: change.from };
  const pairs = consideredMoves({
    mode,
    runbook: { ...runbook, protect: { from, to: { site: 'north' } } },
    estate,
    departures: change.departures ?? [],
  });
  return pairs.map(({ source, target }) => `${source} > ${target}`);
}

describe('the moves that are looked at beforehand', () => {
  it('of an evacuation go from the emptied host to every other one', () => {
    expect(considered('evacuate', { from: 'n1' })).toEqual(['n1 > n2', 'n1 > n3']);
  });

  it('of a balance go between all hosts', () => {
    expect(considered('balance')).toEqual(['n1 > n2', 'n1 > n3', 'n2 > n1', 'n2 > n3', 'n3 > n1', 'n3 > n2']);
  });

  it('of a return come from where the VMs are, each pair once', () => {
    const left = (vm: string, to: string): Departure => {
      const at = (name: string) => ({ site: 'north', host: name });
      return { vm, from: at('n1'), to: at(to), runId: 'r-1', at: 0 };
    };
    expect(considered('return', { departures: [left('a', 'n2'), left('b', 'n3'), left('c', 'n2')] })).toEqual([
      'n2 > n1',
      'n3 > n1',
    ]);
  });

  it('are none where VMs move by their replicas', () => {
    expect(considered('relocate')).toEqual([]);
  });
});
