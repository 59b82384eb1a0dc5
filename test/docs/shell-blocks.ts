/** The shell examples of a Markdown document: the `lifeboat` lines of its fenced `sh` blocks, in the order of the text. */

/** What a folder has before the first line of a scene is typed in it. */
export type Opening = 'empty' | 'samples';

/** Lines that are typed one after the other in one folder. */
export interface Scene {
  readonly document: string;
  readonly opening: Opening;
  /** Texts by the names of their files: blocks after `<!-- file: NAME -->`. */
  readonly files: Readonly<Record<string, string>>;
  readonly lines: readonly ShellLine[];
}

export interface ShellLine {
  /** Counted from 1. */
  readonly line: number;
  /** Without the comment; `lifeboat …`, the same with `&` at its end, or `kill -9 $!`. */
  readonly command: string;
  /** What the comment says: `exit code 5`; else 0. */
  readonly exitCode: number;
}

const MARK = /^<!-- scene: (\S+) -->$/;
const FILE = /^<!-- file: (\S+) -->$/;
const COMMAND = /^(lifeboat .+?|node dist\/main\.js .+?|kill -9 \$!)(?:\s+#(.*))?$/;

/** Every scene of a document: `<!-- scene: empty -->` or `samples` begins one; without a mark the last one goes on. */
export function scenesOf(document: string, markdown: string): readonly Scene[] {
  const scenes: { document: string; opening: Opening; files: Record<string, string>; lines: ShellLine[] }[] = [];
  const all = markdown.split('\n');
  let isShell = false;
  let isFenced = false;
  for (const [index, text] of all.entries()) {
    const mark = MARK.exec(text)?.[1];
    const place = `${document}:${index + 1}`;
    if (mark !== undefined) scenes.push({ document, opening: openingOf(mark, place), files: {}, lines: [] });
    const file = FILE.exec(text)?.[1];
    const files = scenes.at(-1)?.files;
    if (file !== undefined && files !== undefined) files[file] = blockAfter(all, index);
    if (text.startsWith('```')) {
      isShell = !isFenced && text === '```sh';
      isFenced = !isFenced;
    }
    const [, typed = '', comment = ''] = (isShell ? COMMAND.exec(text) : null) ?? [];
    if (typed === '') continue;
    const scene = scenes.at(-1);
    if (scene === undefined) throw new Error(`${place}: no <!-- scene: … --> says where this is typed`);
    scene.lines.push({
      line: index + 1,
      command: typed.replace(/^node dist\/main\.js /, 'lifeboat '),
      exitCode: Number(/exit code (\d+)/.exec(comment)?.[1] ?? 0),
    });
  }
  return scenes.filter(({ lines }) => lines.length > 0);
}

/** The inside of the fenced block that begins on the next line. */
function blockAfter(lines: readonly string[], index: number): string {
  const end = lines.indexOf('```', index + 2);
  return `${lines.slice(index + 2, end).join('\n')}\n`;
}

function openingOf(word: string, place: string): Opening {
  if (word === 'empty' || word === 'samples') return word;
  throw new Error(`${place}: a scene is empty or samples, not ${word}`);
}
