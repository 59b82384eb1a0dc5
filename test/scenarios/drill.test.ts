import { describe, expect, it } from '@jest/globals';
import { rehearse } from './rehearsal.js';

describe('drill.yaml', () => {
  it('starts isolated clones, proves that they answer, and leaves nothing behind', async () => {
    const rehearsal = rehearse({ file: 'drill.yaml' });
    await rehearsal.pass(600_000);
    const before = await rehearsal.inventory();
    const run = await rehearsal.run('drill');
    expect(run).toMatchObject({ ending: 'finished', result: 'succeeded' });
    const after = await rehearsal.inventory();
    expect(after.vms.map(({ name, state }) => [name, state])).toEqual(
      before.vms.map(({ name, state }) => [name, state]),
    );
    expect(after.replicas.flatMap(({ points }) => points).filter(({ pinnedBy }) => pinnedBy.length > 0)).toEqual([]);
    expect(rehearsal.world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
  });

  it('cleans up also when a clone does not boot, and when it is cancelled in the middle', async () => {
    const rehearsal = rehearse({ file: 'drill.yaml' });
    await rehearsal.pass(600_000);
    rehearsal.world.strike({ kind: 'boot-fails', vm: 'app-2' });
    const failed = await rehearsal.run('drill');
    expect(failed.result).toBe('with-errors');

    const run = await rehearsal.start('drill');
    await rehearsal.pass(5_000);
    await rehearsal.engine.move(run.runId, { move: 'cancel' }, { by: 'ann', reason: 'enough' });
    expect(await rehearsal.finish(run)).toMatchObject({ result: 'cancelled' });
    const { vms } = await rehearsal.inventory();
    expect(vms.filter(({ name }) => name.startsWith('drill-'))).toEqual([]);
  });
});
