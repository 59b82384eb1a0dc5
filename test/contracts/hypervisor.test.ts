import { describeHypervisor, type HypervisorDriver } from './hypervisor-contract.js';
import { answered, idOf, pass, rehearse } from './hypervisor-rehearsal.js';

/** Between two looks at a condition, ms. */
const lookEveryMs = 50;

async function simulatedDriver(): Promise<HypervisorDriver> {
  const world = rehearse({
    vms: [
      { name: 'db-1', host: 'north-1', memoryBytes: 2 ** 30 },
      { name: 'spare', host: 'north-1', state: 'shut-off' },
    ],
  });
  const calls = new Map<string, number>();
  const spare = await idOf(world, 'north-1', 'spare');
  const facts = await answered(world, world.hypervisor.vm('north-1', spare, new AbortController().signal));
  return {
    hypervisor: world.hypervisor,
    source: 'north-1',
    target: 'north-2',
    running: { id: await idOf(world, 'north-1', 'db-1'), name: 'db-1' },
    fresh: {
      id: '11111111-1111-4111-8111-111111111111',
      name: 'fresh',
      memoryBytes: 2 ** 30,
      vcpus: 1,
      networks: ['br-north'],
      disks: facts?.disks.map(({ target, path, sizeBytes }) => ({ target, path, sizeBytes })) ?? [],
      hasAgent: false,
      tags: ['tier=db'],
      hasAutostart: false,
    },
    answered: (call) => answered(world, call),
    async until(condition) {
      while (!(await condition())) {
        await pass(world, lookEveryMs);
      }
    },
    cutOff: async (host) => world.strike({ kind: 'host-dies', host }),
    loseReply: async (method) => {
      const nth = (calls.get(method) ?? 0) + 1;
      calls.set(method, nth);
      world.script({ onCall: { port: 'hypervisor', method, nth }, fault: { kind: 'reply-lost' } });
    },
    async killCaller() {
      world.detach();
      return world.hypervisor;
    },
    close: async () => undefined,
  };
}

describeHypervisor('the simulated world', simulatedDriver);
