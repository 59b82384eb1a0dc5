import { describe, expect, it } from '@jest/globals';
import { rehearse } from './rehearsal.js';

describe('a mail server that never answers', () => {
  it('keeps no run from its end: the notice is journalled as failed', async () => {
    const onCall = { port: 'notifier', method: 'send', nth: 1 };
    const rehearsal = rehearse({
      file: 'failover-site.yaml',
      spec: { faults: [{ onCall, fault: { kind: 'call-hangs' } }] },
    });
    await rehearsal.pass(600_000);
    rehearsal.world.strike({ kind: 'site-dies', site: 'north' });
    await rehearsal.pass(30_000);
    const run = await rehearsal.run('failover');
    expect(run).toMatchObject({ ending: 'finished', result: 'succeeded' });
    expect(run.entries.filter(({ type }) => type === 'notice.failed')).toMatchObject([
      { event: 'started', failure: { code: 'timed-out', kind: 'transient' } },
    ]);
  });
});
