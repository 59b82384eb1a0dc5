import { draw, drawBetween } from '../../src/hypervisors/simulated/chance.js';

/** A stream of chance: the same seed gives the same draws, on every machine. */
export interface Chance {
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** True so many times out of a hundred. */
  percent(share: number): boolean;
  pick<const Items extends readonly [unknown, ...unknown[]]>(items: Items): Items[number];
  /** One of the items, or undefined when there are none. */
  maybe<Item>(items: readonly Item[]): Item | undefined;
  /** One of the named things, each as likely as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
}

export function createChance(seed: number): Chance {
  const stream = { chance: Math.imul(seed + 1, 0x9e3779b1) | 0 };
  const between = (low: number, high: number): number => drawBetween(stream, low, high);
  return {
    between,
    percent: (share) => draw(stream) * 100 < share,
    pick: (items) => items[between(0, items.length - 1)] ?? items[0],
    maybe: (items) => items[between(0, Math.max(0, items.length - 1))],
    weighted: (weights) => {
      const names = Object.keys(weights) as (keyof typeof weights)[];
      let left = draw(stream) * names.reduce((sum, name) => sum + weights[name], 0);
      const found = names.find((name) => {
        left -= weights[name];
        return left < 0;
      });
      return found ?? (names.at(-1) as (typeof names)[number]);
    },
  };
}
