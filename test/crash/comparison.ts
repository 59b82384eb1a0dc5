import type { EffectKind } from '../../src/hypervisors/simulated/audit.js';
import type { Facts } from './facts.js';

/** What may be done once more after a crash, and why that harms nobody. */
export const repeatable: Readonly<Partial<Record<EffectKind, string>>> = {
  'migrate-begin': 'a live move that has come to nothing is tried once more before the VM is restarted',
  command: 'the sample runbooks mark their commands `repeatable`',
  notice: 'being told twice is better than not being told',
  'sync-point':
    'a sync that was cut short is done again: one more recovery point, which is newer and takes nothing away',
};

export interface Comparison {
  /** One sentence for each difference that must not be. */
  readonly differences: readonly string[];
  /** Effects that were there once more than without a crash, and may be. */
  readonly repeated: readonly string[];
}

/**
 * What a run with crashes has left, beside what the same run leaves without. A sync need not be done by the run when the
 * periodic one has made a point meanwhile.
 */
export function compare(calm: Facts, crashed: Facts): Comparison {
  const extra = without(crashed.effects, calm.effects);
  const isSynced = (effect: string): boolean => effect.startsWith('sync-point ') && crashed.byItself.includes(effect);
  const isRepeatable = (effect: string): boolean =>
    Object.keys(repeatable).some((kind) => effect.startsWith(`${kind} `)) &&
    (!effect.startsWith('migrate-begin ') || calm.effects.includes(effect.replace('migrate-begin', 'carry')));
  return {
    differences: [
      ...crashed.doubles,
      ...crashed.wrongs,
      ...without(calm.state, crashed.state).map((line) => `missing at the end: ${line}`),
      ...without(crashed.state, calm.state).map((line) => `only after the crash: ${line}`),
      ...without(calm.effects, crashed.effects)
        .filter((effect) => !isSynced(effect))
        .map((line) => `never done: ${line}`),
      ...extra.filter((effect) => !isRepeatable(effect)).map((line) => `done once more: ${line}`),
    ],
    repeated: extra.filter(isRepeatable),
  };
}

/** The lines of one that the other does not have, or has less often. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) {
    left.set(line, (left.get(line) ?? 0) + 1);
  }
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
