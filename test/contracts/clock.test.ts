import { describeClock } from './clock-contract.js';
import { answered, rehearse } from './hypervisor-rehearsal.js';

describeClock('the simulated world', () => {
  const world = rehearse({ vms: [{ name: 'web-1', host: 'north-1' }] });
  return { clock: world.clock, answered: (promise) => answered(world, promise) };
});
