import { describe, expect, it } from '@jest/globals';
import { rehearse } from './rehearsal.js';

describe('failover-site.yaml', () => {
  it('proves the lost hosts dead and starts every VM at the other site, by priority', async () => {
    const rehearsal = rehearse({ file: 'failover-site.yaml' });
    await rehearsal.pass(600_000);
    rehearsal.world.strike({ kind: 'site-dies', site: 'north' });
    await rehearsal.pass(30_000);
    const run = await rehearsal.run('failover');
    expect(run).toMatchObject({ ending: 'finished', result: 'succeeded' });
    expect(rehearsal.world.audit().doubles).toEqual([]);
  });
});
