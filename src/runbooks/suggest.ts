/** Longer words are no typing mistakes of a key or a name, and comparing them costs the square of their length. */
const wordMax = 64;
/** Of more names only these are compared, so that a hint never costs more than the file. */
const namesMax = 2_000;

/**
 * The name that a mistyped word was most likely meant for: the nearest by edit distance, capitals and `-` `_` aside, if
 * at most a third of it is wrong. Undefined when none is near enough.
 */
export function suggest(word: string, names: readonly string[]): string | undefined {
  if (word.length > wordMax) {
    return undefined;
  }
  const written = plain(word);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const name of names.slice(0, namesMax)) {
    if (name !== word && Math.abs(name.length - word.length) < bestDistance && name.length <= wordMax) {
      const distance = editDistance(written, plain(name));
      if (distance < bestDistance) {
        best = name;
        bestDistance = distance;
      }
    }
  }
  return best;
}

/** How many letters must be added, left out, changed or swapped with their neighbour to make one word of the other. */
export function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const changed = (last[column - 1] ?? 0) + (isSame ? 0 : 1);
      const left = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, changed);
      const isSwapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current.push(isSwapped ? Math.min(left, (beforeLast[column - 2] ?? 0) + 1) : left);
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length] ?? 0;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll('_', '-');
}
