import { describe, expect, it } from '@jest/globals';
import type { Inventory } from '../../src/model/inventory.js';
import { type Rehearsal, rehearse, sampleWorld } from './rehearsal.js';

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

  it('carries VMs that are shut off along, after those that run', async () => {
    const vms = atNorth1.map((vm) => (vm.name.startsWith('web') ? { ...vm, state: 'shut-off' as const } : vm));
    const rehearsal = rehearse({ file: 'evacuate-host.yaml', spec: { vms, replicas: [] } });
    await rehearsal.pass(60_000);
    expect(await rehearsal.run('evacuate')).toMatchObject({ result: 'succeeded' });
    const { vms: after } = await rehearsal.inventory();
    expect(after.filter(({ host }) => host === 'north-1')).toEqual([]);
    expect(after.filter(({ name }) => name.startsWith('web')).map(({ state }) => state)).not.toContain('running');
  });

  it('lets exactly the VMs that have left return, in the same order, and lifts the cordon', async () => {
    const rehearsal = rehearse({ file: 'evacuate-host.yaml', spec: { vms: atNorth1, replicas: [] } });
    await rehearsal.pass(60_000);
    const before = placesOf(await rehearsal.inventory());
    await rehearsal.run('evacuate');
    await rehearsal.pass(60_000);
    const plan = await rehearsal.plan('return');
    expect(plan.stages.map(({ id }) => id)).toEqual(['uncordon', 'level-1', 'level-2']);
    expect(plan.findings.map(({ code }) => code)).toContain('old-copy-replaced');
    const run = await rehearsal.run('return');
    expect(run).toMatchObject({ ending: 'finished', result: 'succeeded' });
    const inventory = await rehearsal.inventory();
    expect(placesOf(inventory)).toEqual(before);
    expect(inventory.hosts.find(({ name }) => name === 'north-1')?.isCordoned).toBe(false);
    expect(rehearsal.world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
  });

  it('leaves behind what somebody has moved since, and has nothing to do once all are back', async () => {
    const rehearsal = rehearse({ file: 'evacuate-host.yaml', spec: { vms: atNorth1, replicas: [] } });
    await rehearsal.pass(60_000);
    await rehearsal.run('evacuate');
    await rehearsal.run('return');
    const { stages } = await rehearsal.plan('return');
    expect(stages.map(({ id }) => id)).toEqual(['uncordon']);
  });

  it('takes a run that was cancelled half way home again', async () => {
    const rehearsal = rehearse({ file: 'evacuate-host.yaml', spec: { vms: atNorth1, replicas: [] } });
    await rehearsal.pass(60_000);
    const before = placesOf(await rehearsal.inventory());
    const active = await rehearsal.start('evacuate');
    for (let seconds = 0; seconds < 600 && !(await hasMovedOne(rehearsal, active.runId)); seconds += 1) {
      await rehearsal.pass(1_000);
    }
    await rehearsal.engine.move(active.runId, { move: 'cancel' }, { by: 'ann', reason: 'the alarm was false' });
    expect(await rehearsal.finish(active)).toMatchObject({ result: 'cancelled' });
    const moved = (await rehearsal.inventory()).vms.filter(
      ({ host, state }) => host === 'north-2' && state === 'running',
    );
    expect(moved.length).toBeGreaterThan(0);
    const plan = await rehearsal.plan('return');
    expect(plan.estimates.vms.map(({ vm }) => vm).toSorted()).toEqual(
      moved
        .map(({ name }) => name)
        .filter((name) => before[name] === 'north-1')
        .toSorted(),
    );
    await rehearsal.run('return');
    expect(placesOf(await rehearsal.inventory())).toEqual(before);
  });
});

/** Where each VM runs. */
function placesOf({ vms }: Inventory): Readonly<Record<string, string>> {
  return Object.fromEntries(
    vms
      .filter(({ state }) => state === 'running')
      .map(({ name, host }): [string, string] => [name, host])
      .toSorted(([one], [other]) => one.localeCompare(other)),
  );
}

async function hasMovedOne({ engine }: Rehearsal, runId: string): Promise<boolean> {
  const { entries } = await engine.read(runId);
  return entries.some((entry) => entry.type === 'authority.moved' && entry.authority.state === 'at');
}
