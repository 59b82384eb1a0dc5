import { describe, expect, it } from '@jest/globals';
import type { Entry } from '../model/entry.js';
import type { Mode } from '../model/mode.js';
import type { Place } from '../model/place.js';
import { departuresFrom } from './departures.js';

const place = (host: string): Place => ({ site: 'north', host });

interface Move {
  readonly vm: string;
  readonly from: string;
  readonly to: string;
  readonly mode?: Mode;
  /** Default: it has arrived. */
  readonly isUnderWay?: boolean;
}

/** A journal in which each move is a run of its own, in this order. */
function journalOf(moves: readonly Move[]) {
  const epochs = new Map<string, number>();
  const entries = moves.map(({ vm, from, to, isUnderWay = false }, index): { runId: string; entry: Entry } => {
    const epoch = (epochs.get(vm) ?? 1) + 1;
    epochs.set(vm, epoch);
    const ends = { from: place(from), to: place(to), at: index };
    const authority = isUnderWay
      ? ({ vm, epoch, since: index, state: 'moving', proof: { kind: 'migration-started', ...ends }, ...ends } as const)
      : ({
          vm,
          epoch,
          since: index,
          state: 'at',
          place: place(to),
          proof: { kind: 'migration-completed', ...ends },
        } as const);
    return { runId: `r-${index}`, entry: { type: 'authority.moved', authority, seq: 1, at: index, author: 'engine' } };
  });
  return {
    select: async () => entries,
    runs: async () =>
      moves.map(({ mode = 'evacuate' }, index) => ({
        runId: `r-${index}`,
        runbook: '',
        mode,
        by: '',
        requestedAt: index,
        lastSeq: 1,
        lastAt: index,
      })),
  };
}

async function left(...moves: Move[]): Promise<readonly string[]> {
  return (await departuresFrom('n1', journalOf(moves))).map(({ vm, to }) => `${vm} at ${to.host}`);
}

describe('what has left a host', () => {
  it('is what evacuations took from it, by name', async () => {
    expect(await left({ vm: 'web', from: 'n1', to: 'n2' }, { vm: 'db', from: 'n1', to: 'n3' })).toEqual([
      'db at n3',
      'web at n2',
    ]);
  });

  it('is not what has been moved since, or is on its way', async () => {
    expect(await left({ vm: 'db', from: 'n1', to: 'n2' }, { vm: 'db', from: 'n2', to: 'n3' })).toEqual([]);
    expect(await left({ vm: 'db', from: 'n1', to: 'n2' }, { vm: 'db', from: 'n2', to: 'n1' })).toEqual([]);
    expect(await left({ vm: 'db', from: 'n1', to: 'n2', isUnderWay: true })).toEqual([]);
  });

  it('counts again after another evacuation', async () => {
    const back: Move = { vm: 'db', from: 'n2', to: 'n1', mode: 'balance' };
    expect(await left({ vm: 'db', from: 'n1', to: 'n2' }, back, { vm: 'db', from: 'n1', to: 'n3' })).toEqual([
      'db at n3',
    ]);
  });

  it('is not what other modes took away, or left another host', async () => {
    expect(
      await left({ vm: 'db', from: 'n1', to: 'n2', mode: 'balance' }, { vm: 'web', from: 'n2', to: 'n3' }),
    ).toEqual([]);
  });
});
