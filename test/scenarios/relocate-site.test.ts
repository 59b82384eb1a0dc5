import { describe, expect, it } from '@jest/globals';
import { rehearse } from './rehearsal.js';

describe('relocate-site.yaml', () => {
  it('waits for an approval, takes it from the inbox when it is taken up, and moves every VM with nothing lost', async () => {
    const rehearsal = rehearse({ file: 'relocate-site.yaml' });
    await rehearsal.pass(600_000);
    const waiting = await rehearsal.run('relocate');
    expect(waiting).toMatchObject({ ending: 'waiting', result: 'open' });
    await rehearsal.engine.move(waiting.runId, { move: 'approve' }, { by: 'ann', reason: 'the change is announced' });
    const run = await rehearsal.resume(waiting.runId);
    expect(run).toMatchObject({ ending: 'finished', result: 'succeeded' });
    expect(rehearsal.world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
  });

  it('goes on without an answer once the time for it is over, when the runbook says so', async () => {
    const rehearsal = rehearse({ file: 'relocate-site.yaml', keepsWaiting: true });
    await rehearsal.pass(600_000);
    const run = await rehearsal.run('relocate');
    expect(run).toMatchObject({ ending: 'finished', result: 'succeeded' });
    const answered = run.entries.find(({ type, ...entry }) => type === 'step.succeeded' && 'output' in entry);
    expect(answered).toMatchObject({ lane: 'run/1', output: { answer: 'nobody' } });
  });

  it('stops at the first error and leaves the VM running where it was', async () => {
    const rehearsal = rehearse({ file: 'relocate-site.yaml', keepsWaiting: true });
    await rehearsal.pass(600_000);
    rehearsal.world.script({
      onCall: { port: 'hypervisor', method: 'migrate', nth: 1 },
      fault: { kind: 'disk-full', host: 'south-1' },
    });
    const run = await rehearsal.run('relocate');
    expect(run).toMatchObject({ ending: 'finished', result: 'failed' });
    const { vms } = await rehearsal.inventory();
    const places = Object.fromEntries(vms.map(({ name, site, state }) => [name, `${site} ${state}`]));
    expect(places).toMatchObject({
      'db-1': 'south running',
      'app-2': 'north running',
      'app-4': 'north running',
      'legacy-1': 'north running',
    });
    expect(rehearsal.world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
  });
});
