import { describeFencer, type FencerDriver } from './fencer-contract.js';
import { answered, rehearse } from './hypervisor-rehearsal.js';

async function simulatedDriver(): Promise<FencerDriver> {
  const world = rehearse({});
  return {
    fencer: world.fencer,
    host: 'north-1',
    device: { agent: 'fence_virsh', options: {} },
    answered: (call) => answered(world, call),
    lie: async () => world.strike({ kind: 'fence', host: 'north-1', behaviour: 'lies' }),
    fail: async () => world.strike({ kind: 'fence', host: 'north-1', behaviour: 'fails' }),
    cutOff: async () => world.strike({ kind: 'site-dies', site: 'north', withFences: true }),
    crashHost: async () => world.strike({ kind: 'host-dies', host: 'north-1' }),
    close: async () => undefined,
  };
}

describeFencer('the simulated world', simulatedDriver);
