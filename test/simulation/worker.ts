import { simulate } from './simulate.js';
import { summaryOf } from './tally.js';

/** How often a seed is played twice, to see that it comes out the same. */
const sampleEvery = 50;

/** Which seeds this process plays: `first`, `first + step`, and so on below `end`. */
interface Order {
  readonly first: number;
  readonly end: number;
  readonly step: number;
}

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
for (let seed = order.first; seed < order.end; seed += order.step) {
  const simulated = await simulate(seed);
  const again = seed % sampleEvery === 0 ? await simulate(seed) : simulated;
  const isSame = again.digest === simulated.digest;
  process.send?.(summaryOf(simulated, isSame));
}
process.disconnect?.();
