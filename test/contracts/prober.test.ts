import { answered, idOf, never, pass, rehearse } from './hypervisor-rehearsal.js';
import { describeProber, type ProberDriver } from './prober-contract.js';

async function simulatedDriver(): Promise<ProberDriver> {
  const world = rehearse({ vms: [{ name: 'web-1', host: 'north-1', ports: [80], bootMs: 20_000 }] });
  const id = await idOf(world, 'north-1', 'web-1');
  return {
    prober: world.prober,
    target: { host: 'north-1', id, name: 'web-1' },
    openPort: 80,
    closedPort: 81,
    answered: (call) => answered(world, call),
    async reboot() {
      await answered(world, world.hypervisor.destroy('north-1', id, never));
      await answered(world, world.hypervisor.start('north-1', id, never));
    },
    booted: () => pass(world, 20_000),
    silenceAgent: async () => world.strike({ kind: 'agent-silent', vm: 'web-1' }),
    cutOff: async () => world.strike({ kind: 'link-cut', link: 'wan' }),
    close: async () => undefined,
  };
}

describeProber('the simulated world', simulatedDriver);
