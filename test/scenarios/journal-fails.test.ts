import { describe, expect, it } from '@jest/globals';
import { type Journal, JournalError } from '../../src/stores/journal.js';
import { createMemoryStore } from '../../src/stores/memory/store.js';
import { rehearse } from './rehearsal.js';

/** Appends so far, and from which one on the disk is full. */
function fillingStore(lastAppend: number) {
  const store = createMemoryStore();
  let appends = 0;
  const append: Journal['append'] = async (...args) => {
    appends += 1;
    if (appends > lastAppend) {
      throw new JournalError('journal-unwritable', 'the disk of lifeboat.db is full', { hint: 'free some space' });
    }
    return store.journal.append(...args);
  };
  return { ...store, journal: { ...store.journal, append } };
}

describe('a journal that can no longer be written', () => {
  it.each([0, 1, 2, 5, 9, 14, 20, 30])(
    'ends the run after %s appends, and nothing is done that is not in it',
    async (count) => {
      const store = fillingStore(count);
      const rehearsal = rehearse({ file: 'failover-site.yaml', store });
      await rehearsal.pass(600_000);
      rehearsal.world.strike({ kind: 'site-dies', site: 'north' });
      await rehearsal.pass(30_000);
      const run = await rehearsal.start('failover');
      await expect(rehearsal.finish(run)).rejects.toMatchObject({ code: 'journal-unwritable' });
      await rehearsal.pass(600_000);

      const begun = (await store.journal.read(run.runId, 1)).flatMap((entry) =>
        entry.type === 'step.started' ? [`${entry.step.replace(/-\d+$/, '')} ${entry.lane.split('/')[1]}`] : [],
      );
      const stepOf = { start: 'start', define: 'define', promote: 'promote', overlay: 'overlay' };
      const done = rehearsal.world
        .audit()
        .effects.filter(({ by }) => by === 'call')
        .flatMap(({ kind, vm }) => (kind in stepOf ? [`${stepOf[kind as keyof typeof stepOf]} ${vm}`] : []));
      expect(done.filter((effect) => !begun.includes(effect))).toEqual([]);
    },
  );
});
