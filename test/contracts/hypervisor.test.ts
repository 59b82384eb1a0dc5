import type { VmDefinition } from '../../src/hypervisors/hypervisor.js';
import { describeHypervisor } from './hypervisor-contract.js';
import type { HypervisorDriver } from './hypervisor-driver.js';
import { answered, idOf, never, pass, rehearse } from './hypervisor-rehearsal.js';
import { describeMoves } from './move-contract.js';

/** Between two looks at a condition, ms. */
const lookEveryMs = 50;

const disk = { target: 'vda', sizeBytes: 20 * 2 ** 30 };
const hinderedPath = '/var/lib/libvirt/images/hindered.qcow2';

async function simulatedDriver(): Promise<HypervisorDriver> {
  const world = rehearse({
    vms: [
      { name: 'db-1', host: 'north-1', memoryBytes: 2 ** 30 },
      { name: 'spare', host: 'north-1', state: 'shut-off' },
      { name: 'shared', host: 'north-1', state: 'shut-off', disks: [{ ...disk, isShared: true }] },
      { name: 'old', host: 'north-1', state: 'shut-off', disks: [{ ...disk, path: hinderedPath }] },
      { name: 'other', host: 'north-2', state: 'shut-off', disks: [{ ...disk, path: hinderedPath }] },
    ],
  });
  const calls = new Map<string, number>();
  /** A definition over the disks of a VM that is there, and is not defined any more then. */
  const over = async (vm: string, name: string, digit: string): Promise<VmDefinition> => {
    const known = await idOf(world, 'north-1', vm);
    const facts = await answered(world, world.hypervisor.vm('north-1', known, never));
    await answered(world, world.hypervisor.undefine('north-1', known, never));
    return {
      id: `${digit.repeat(8)}-1111-4111-8111-111111111111`,
      name,
      memoryBytes: 2 ** 30,
      vcpus: 1,
      networks: ['br-north'],
      disks: facts?.disks.map(({ target, path, sizeBytes }) => ({ target, path, sizeBytes })) ?? [],
      hasAgent: false,
      tags: ['tier=db'],
      hasAutostart: false,
    };
  };
  return {
    hypervisor: world.hypervisor,
    source: 'north-1',
    target: 'north-2',
    running: { id: await idOf(world, 'north-1', 'db-1'), name: 'db-1' },
    fresh: await over('spare', 'fresh', '1'),
    sharing: await over('shared', 'sharing', '2'),
    hindered: await over('old', 'hindered', '3'),
    now: () => world.clock.now(),
    async hurry() {
      world.strike({ kind: 'migration-stalls', vm: 'db-1' });
      return {};
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
describeMoves('the simulated world', simulatedDriver);
