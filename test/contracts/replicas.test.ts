import { answered, idOf, never, north1, pass, rehearse, south1 } from './hypervisor-rehearsal.js';
import { describeReplicas, type ReplicasDriver } from './replicas-contract.js';

async function simulatedDriver(): Promise<ReplicasDriver> {
  const world = rehearse({
    vms: [
      { name: 'web-1', host: 'north-1' },
      { name: 'db-1', host: 'north-1' },
      { name: 'app-1', host: 'north-1' },
    ],
    replicas: [
      { vm: 'web-1', to: south1, method: 'block-sync', pointAgeMs: 30_000 },
      { vm: 'db-1', to: south1, method: 'mirror' },
    ],
  });
  return {
    replicas: world.replicas,
    synced: 'web-1',
    mirrored: 'db-1',
    unprotected: 'app-1',
    from: north1,
    to: south1,
    answered: (call) => answered(world, call),
    pass: (ms) => pass(world, ms),
    loseSource: async () => world.strike({ kind: 'site-dies', site: 'north' }),
    damage: async (vm) => world.strike({ kind: 'point-rots', vm, host: 'south-1' }),
    async moveCold(vm, disks) {
      const { hypervisor } = world;
      const id = await idOf(world, 'north-1', vm);
      const facts = await answered(world, hypervisor.vm('north-1', id, never));
      await answered(world, hypervisor.destroy('north-1', id, never));
      const { memoryBytes = 2 ** 30, tags = [], hasAgent = true } = facts ?? {};
      const parts = { memoryBytes, vcpus: 1, networks: ['br-south'], tags, hasAgent, hasAutostart: true };
      await answered(world, hypervisor.define('south-1', { id, name: vm, disks, ...parts }, never));
      await answered(world, hypervisor.start('south-1', id, never));
    },
    close: async () => undefined,
  };
}

describeReplicas('the simulated world', simulatedDriver);
