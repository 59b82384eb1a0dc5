/** Every `lifeboat` line of the documents' shell examples does what the text says, typed in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { newFolder, runInMemory, wordsOf } from '../cli/memory-environment.js';
import { type Opening, type Scene, scenesOf } from './shell-blocks.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Made from the examples of the help, which `src/cli/examples.test.ts` runs. */
const generated = 'commands.md';
const documents = [
  'README.md',
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith('.md') && name !== generated)
    .map((name) => `docs/${name}`),
];
const textOf = (document: string): string => readFileSync(`${root}${document}`, 'utf8');
const scenes = documents.flatMap((document) => scenesOf(document, textOf(document)));

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('what a reader types', () => {
  it.each(scenes.map((scene) => [`${scene.document}:${scene.lines[0]?.line ?? 0}`, scene] as const))(
    'from %s on does what the text says',
    async (_, scene) => {
      expect(await play(scene)).toEqual(
        scene.lines.map(({ line, command, exitCode }) => ({ place: `${line}: ${command}`, exitCode })),
      );
    },
    60_000,
  );

  it('is an example of the README at least', () => {
    expect(scenes.some(({ document }) => document === 'README.md')).toBe(true);
  });

  it('names no script that package.json does not have', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const named = [...documents, 'CONTRIBUTING.md', 'docs/commands.md'].flatMap((document) =>
      [...textOf(document).matchAll(/npm run (?:--silent )?([a-z:]+)/g)].map(([, name = '']) => name),
    );
    expect([...new Set(named)].filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

interface Typed {
  readonly place: string;
  readonly exitCode: number;
  /** What it said, when that is not the end that the text promises. */
  readonly stderr?: string;
}

function openFolder(opening: Opening): string {
  const folder = newFolder();
  folders.push(folder);
  if (opening === 'samples') cpSync(`${root}runbooks`, folder, { recursive: true });
  return folder;
}

async function play({ opening, files, lines }: Scene): Promise<readonly Typed[]> {
  const folder = openFolder(opening);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const typed: Typed[] = [];
  let background: ChildProcess | undefined;
  for (const { line, command, exitCode: promised } of lines) {
    let [exitCode, stderr] = [0, ''];
    if (command.endsWith('&')) {
      background = await begin(command.replace(/\s*&$/, ''), folder);
    } else if (command.startsWith('kill')) {
      exitCode = await kill(background);
    } else {
      ({ exitCode, stderr } = await runInMemory(wordsOf(command).slice(1), { folder }));
    }
    typed.push({ place: `${line}: ${command}`, exitCode, ...(exitCode === promised ? {} : { stderr }) });
  }
  return typed;
}

/** A process of its own, that has begun to start a VM. */
async function begin(command: string, folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [`${root}dist/main.js`, ...wordsOf(command).slice(1)], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  for await (const chunk of child.stderr as AsyncIterable<Buffer>) {
    said += chunk.toString();
    if (said.includes(' start ')) return child;
  }
  throw new Error(`it ended before it had started a VM:\n${said}`);
}

/** As the shell sees it: 0 when there was a process to kill. */
async function kill(child: ChildProcess | undefined): Promise<number> {
  if (child?.exitCode !== null || !child.kill('SIGKILL')) return 1;
  if (child.signalCode === null) await once(child, 'exit');
  return 0;
}
