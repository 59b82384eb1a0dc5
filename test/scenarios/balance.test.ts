import { describe, expect, it } from '@jest/globals';
import { rehearse, unevenWorld } from './rehearsal.js';

describe('balance.yaml', () => {
  it('evens out the hosts live with the few moves that it takes, and keeps the databases apart', async () => {
    const rehearsal = rehearse({ file: 'balance.yaml', spec: unevenWorld });
    await rehearsal.pass(60_000);
    const plan = await rehearsal.plan('balance');
    expect(plan.estimates.vms.map(({ vm, target, method }) => `${vm} ${target.host} ${method}`)).toEqual([
      ...[1, 2, 3, 4].map((number) => `web-${number} north-2 live`),
      'app-1 north-2 live',
    ]);
    expect(plan.findings.find(({ code }) => code === 'balance-forecast')?.message).toMatch(
      /^of what the hosts have, VMs were given .* after 5 moves /,
    );
    expect(await rehearsal.run('balance')).toMatchObject({ ending: 'finished', result: 'succeeded' });
    expect(rehearsal.world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
    const { vms } = await rehearsal.inventory();
    const memoryOn = (host: string): number =>
      vms.filter((vm) => vm.host === host && vm.state === 'running').reduce((sum, vm) => sum + vm.memoryBytes, 0);
    expect(Math.abs(memoryOn('north-1') - memoryOn('north-2')) / (64 * 2 ** 30)).toBeLessThanOrEqual(0.1);
    const host = (name: string) => vms.find((vm) => vm.name === name && vm.state === 'running')?.host;
    expect(host('db-1')).not.toBe(host('db-2'));
  });

  it('has nothing more to do once it was done', async () => {
    const rehearsal = rehearse({ file: 'balance.yaml', spec: unevenWorld });
    await rehearsal.pass(60_000);
    await rehearsal.run('balance');
    await rehearsal.pass(60_000);
    expect((await rehearsal.plan('balance')).stages).toEqual([]);
  });

  it('has no other mode', async () => {
    const conflicts = await rehearse({ file: 'balance.yaml' }).conflicts('drill');
    expect(conflicts.map(({ code }) => code)).toEqual(['mode-unknown']);
  });
});
