import { describe, expect, it } from '@jest/globals';
import { rehearse } from './rehearsal.js';

describe('failback.yaml', () => {
  it('moves everything to south, turns the replication round, and brings everything home', async () => {
    const rehearsal = rehearse({ file: 'failback.yaml' });
    await rehearsal.pass(600_000);
    for (const mode of ['relocate', 'reverse', 'failback'] as const) {
      expect(await rehearsal.run(mode)).toMatchObject({ ending: 'finished', result: 'succeeded' });
      await rehearsal.pass(600_000);
    }
    const { vms, authority } = await rehearsal.inventory();
    const names = ['db-1', 'db-2', 'app-1', 'app-2', 'app-3', 'app-4'];
    expect(vms.filter(({ name, seenOn }) => names.includes(name) && seenOn === 'host').map(({ site }) => site)).toEqual(
      names.map(() => 'north'),
    );
    expect(authority.map(({ vm, epoch, state }) => `${vm} ${epoch} ${state}`).toSorted(byText)).toEqual(
      names.map((name) => `${name} 4 at`).toSorted(byText),
    );
    const kept = (await rehearsal.inventory()).replicas.filter(({ vm }) => names.includes(vm));
    expect(kept.map(({ vm, site, state }) => `${vm} ${site} ${state}`).toSorted(byText)).toEqual(
      names.map((name) => `${name} south in-sync`).toSorted(byText),
    );
    expect(rehearsal.world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
  });
});

const byText = (one: string, other: string): number => one.localeCompare(other);
