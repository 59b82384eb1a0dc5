/** The codes by which the product names what is wrong, as its sources have them and as `docs/failures.md` lists them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const literal = /'([a-z][a-z0-9]*(?:-[a-z0-9]+)*)'/g;
/** What follows `code:` or the name of a constant that is one, up to the next member; of a choice, the choices. */
const member = /\b(?:code|const \w+Code(?:: \w+)?) ?[:=] ([^,\n]*)/g;
/** The first literal of a function that makes a failure, a finding, a conflict or a problem of it. */
const first = /\b(?:blocker|broken|warning|against|failed|JournalError)\(\s*'([a-z0-9-]+)'/g;
/** The second one, after the VM. */
const second = /\bskip\(\s*[\w.]+,\s*'([a-z0-9-]+)'/g;
/** A list of codes, and those of two objectives. */
const lists = /\b\w+Codes(?:: readonly string\[\])? = \[([^\]]*)\]/g;
const missed = /code: `\$\{objective\}-missed`/;
/** A failure with its kind. */
const kinds = [
  /\bcode: '([a-z0-9-]+)',\s*kind: '([a-z-]+)'/g,
  /\bfailed\(\s*'([a-z0-9-]+)',\s*'([a-z-]+)'/g,
  /\bcode: \w+(?: === \w+)? \? '[a-z-]+' : '([a-z0-9-]+)',\s*kind: '([a-z-]+)'/g,
];

/** Sources that name codes which no person sees. */
const internal = ['engine/path-proof/'];

/** Every code of the sources, with the files that have it, and the kinds of failure that each is reported with. */
export function codesOfSources(folder: string): {
  readonly files: ReadonlyMap<string, ReadonlySet<string>>;
  readonly kinds: ReadonlyMap<string, ReadonlySet<string>>;
} {
  const files = new Map<string, Set<string>>();
  const kindsOf = new Map<string, Set<string>>();
  for (const file of sourcesIn(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    const found = [
      ...[...text.matchAll(member)].flatMap(([, value = '']) => literalsIn(value.slice(value.indexOf(' ? ') + 1))),
      ...[...text.matchAll(first), ...text.matchAll(second)].map(([, code = '']) => code),
      ...[...text.matchAll(lists)].flatMap(([, list = '']) => literalsIn(list)),
      ...(missed.test(text) ? ['rpo-missed', 'rto-missed'] : []),
    ];
    for (const code of found) files.set(code, (files.get(code) ?? new Set()).add(file));
    for (const [, code = '', kind = ''] of kinds.flatMap((pattern) => [...text.matchAll(pattern)])) {
      kindsOf.set(code, (kindsOf.get(code) ?? new Set()).add(kind));
    }
  }
  return { files, kinds: kindsOf };
}

/** Each code of the page's tables, with the second cells of its rows. */
export function codesOfPage(markdown: string): ReadonlyMap<string, readonly string[]> {
  const cells = new Map<string, string[]>();
  for (const [, code = '', cell = ''] of markdown.matchAll(/^\| `([a-z0-9-]+)` \| ([^|]*) \|/gm)) {
    cells.set(code, [...(cells.get(code) ?? []), cell]);
  }
  return cells;
}

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !internal.some((prefix) => file.startsWith(prefix)),
  );
}

function literalsIn(text: string): readonly string[] {
  return [...text.matchAll(literal)].map(([, code = '']) => code);
}
