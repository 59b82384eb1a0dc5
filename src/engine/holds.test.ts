import { describe, expect, it } from '@jest/globals';
import { rehearse } from '../../test/scenarios/rehearsal.js';
import { createHolds } from './holds.js';

describe('the runs that replication holds for', () => {
  it('are those that are open and act on the VM, but no drill', async () => {
    const stage = rehearse({ file: 'relocate-site.yaml', adapt: (runbook) => ({ ...runbook, steps: [] }) });
    const holds = createHolds(stage.store.journal);
    expect([...(await holds())]).toEqual([]);
    const drill = await stage.start('drill');
    expect([...(await holds())]).toEqual([]);
    await stage.finish(drill);
    const run = await stage.start('relocate');
    const held = await holds();
    expect(held.size).toBeGreaterThan(3);
    expect(new Set(held.values())).toEqual(new Set([run.runId]));
    await stage.finish(run);
    expect([...(await holds())]).toEqual([]);
  });
});
