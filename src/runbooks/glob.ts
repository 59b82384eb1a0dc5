/**
 * Whether names match a glob: `*` any characters, `?` one character, `[a-c]` one of them, `[!a-c]` one of the others; a
 * `[` that is never closed means itself. The whole name must match. Takes time in proportion to the length of the name
 * times that of the glob at worst, whatever the glob: a hostile one cannot hold the planner up.
 */
export function compileGlob(glob: string): (name: string) => boolean {
  const tokens = tokensOf(glob);
  return (name) => matches(tokens, name);
}

/** What every match of the glob begins with: the characters before the first that is not itself. */
export function prefixOf(glob: string): string {
  const end = glob.search(/[*?[]/);
  return end < 0 ? glob : glob.slice(0, end);
}

type Token = 'any-text' | ((character: string) => boolean);

function matches(tokens: readonly Token[], characters: string): boolean {
  let token = 0;
  let at = 0;
  let lastStar = -1;
  let resumeAt = 0;
  while (at < characters.length) {
    const expected = tokens[token];
    if (expected === 'any-text') {
      lastStar = token;
      resumeAt = at;
      token += 1;
    } else if (expected?.(characters[at] ?? '') === true) {
      token += 1;
      at += 1;
    } else if (lastStar >= 0) {
      // Only the last star can usefully take one more character; earlier ones have found the leftmost match.
      resumeAt += 1;
      at = resumeAt;
      token = lastStar + 1;
    } else {
      return false;
    }
  }
  return tokens.slice(token).every((rest) => rest === 'any-text');
}

function tokensOf(glob: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at] ?? '';
    const end = character === '[' ? glob.indexOf(']', at + 2) : -1;
    if (character === '*') {
      tokens.push('any-text');
    } else if (character === '?') {
      tokens.push(() => true);
    } else if (end > 0) {
      tokens.push(oneOf(glob.slice(at + 1, end)));
      at = end;
    } else {
      tokens.push((other) => other === character);
    }
  }
  return tokens;
}

function oneOf(inside: string): (character: string) => boolean {
  const isNegated = inside[0] === '!' && inside.length > 1;
  const set = isNegated ? inside.slice(1) : inside;
  const singles = new Set<string>();
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < set.length; at += 1) {
    const first = set[at] ?? '';
    const last = set[at + 2];
    if (set[at + 1] === '-' && last !== undefined) {
      ranges.push([first, last]);
      at += 2;
    } else {
      singles.add(first);
    }
  }
  return (character) =>
    isNegated !== (singles.has(character) || ranges.some(([first, last]) => first <= character && character <= last));
}
