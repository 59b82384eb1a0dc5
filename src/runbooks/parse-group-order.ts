/** After so many circles the rest is not looked for: the file may have more of them than it has letters. */
const circlesMax = 60;

/**
 * The circles in what groups wait for, each once, as the names in the order of waiting with the first again at the end
 * (`a → b → a`). Priorities do not matter here: groups that wait for each other wait for ever whichever goes first.
 */
export function circlesOf(after: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const circles: (readonly string[])[] = [];
  const done = new Set<string>();
  for (const start of after.keys()) {
    // The path from the start, with what each name on it still waits for; a loop, since a chain may be thousands long.
    const path: { readonly name: string; readonly left: string[] }[] = [];
    const onPath = new Map<string, number>();
    const enter = (name: string): void => {
      onPath.set(name, path.length);
      path.push({ name, left: (after.get(name) ?? []).toReversed() });
    };
    if (!done.has(start) && circles.length < circlesMax) {
      enter(start);
    }
    for (let top = path.at(-1); top !== undefined && circles.length < circlesMax; top = path.at(-1)) {
      const next = top.left.pop();
      const met = next === undefined ? undefined : onPath.get(next);
      if (next === undefined) {
        path.pop();
        onPath.delete(top.name);
        done.add(top.name);
      } else if (met !== undefined) {
        circles.push([...path.slice(met).map(({ name }) => name), next]);
      } else if (!done.has(next)) {
        enter(next);
      }
    }
  }
  return circles;
}
