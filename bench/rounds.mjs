/** How every bench measures: contenders take turns in short slices, so that whatever else the machine does hits all alike. */

/** Fewer rounds than this make no median worth printing. */
export const ROUNDS_MIN = 7;

/**
 * Runs `rounds` rounds. In each, every contender runs `slices` slices, one after the other; the order goes through all
 * permutations, since whoever comes after a costly neighbour finds cold caches. A contender is `{ name, run }`: `run()`
 * does one slice and resolves to `{ calls, seconds }`, timed by itself. Returns by name the calls per second of each round.
 */
export async function interleave({ contenders, rounds, slices }) {
  if (rounds < ROUNDS_MIN) throw new RangeError(`${rounds} rounds are too few: run at least ${ROUNDS_MIN}`);
  const orders = permutations(contenders);
  const rates = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const totals = new Map(contenders.map(({ name }) => [name, { calls: 0, seconds: 0 }]));
    for (let slice = 0; slice < slices; slice++) {
      for (const { name, run } of orders[(round * slices + slice) % orders.length]) {
        const { calls, seconds } = await run();
        const total = totals.get(name);
        total.calls += calls;
        total.seconds += seconds;
      }
    }
    for (const [name, { calls, seconds }] of totals) rates[name].push(calls / seconds);
  }
  return rates;
}

function permutations(items) {
  if (items.length < 2) return [items];
  return items.flatMap((first) => permutations(items.filter((item) => item !== first)).map((rest) => [first, ...rest]));
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of the rounds' ratios. The ratio of two medians would compare rounds that never met the same machine. */
export function medianRatio(ours, theirs) {
  return median(ours.map((rate, round) => rate / theirs[round]));
}
