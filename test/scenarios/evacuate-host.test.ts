import { describe, expect, it } from '@jest/globals';
import { rehearse, sampleWorld } from './rehearsal.js';

const atNorth1 = (sampleWorld.vms ?? []).filter(({ name }) => /^(db|app|web)-/.test(name));

describe('evacuate-host.yaml', () => {
  it('empties the host live, databases first, and says that it is empty only when it was seen empty', async () => {
    const rehearsal = rehearse({ file: 'evacuate-host.yaml', spec: { vms: atNorth1, replicas: [] } });
    await rehearsal.pass(60_000);
    const run = await rehearsal.run('evacuate');
    expect(run).toMatchObject({ ending: 'finished', result: 'succeeded' });
    const { vms, hosts } = await rehearsal.inventory();
    expect(vms.filter(({ host, seenOn }) => host === 'north-1' && seenOn === 'host')).toEqual([]);
    expect(hosts.find(({ name }) => name === 'north-1')?.isCordoned).toBe(true);
    expect(rehearsal.world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
    const begun = run.entries.flatMap((entry) =>
      entry.type === 'step.started' && entry.step === 'migrate' ? [entry.lane] : [],
    );
    expect(begun[0]).toBe('vm/db-1');
  });

  it('ends with errors when a VM that no runbook names is left on the host', async () => {
    const rehearsal = rehearse({ file: 'evacuate-host.yaml' });
    await rehearsal.pass(60_000);
    expect(await rehearsal.run('evacuate')).toMatchObject({ result: 'with-errors' });
  });
});
