/** Every `ts` block of the documents is type-checked, and run unless it says that it is for types only. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transformSync } from '@swc/core';
import { events } from 'node-libvirt/testing';
import { type ExampleBlock, exampleBlocks, TYPES_ONLY } from './example-blocks.js';
import { begin, output } from './reader.js';
import { openWorld, worldNames } from './worlds.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const reader = fileURLToPath(new URL('reader.ts', import.meta.url));
const documents = ['packages/node-libvirt/README.md'];
const blocks = documents.flatMap((document) => exampleBlocks(document, readFileSync(join(root, document), 'utf8')));
const placeOf = ({ document, line }: ExampleBlock): string => `${document}:${line}`;
const fileOf = (block: ExampleBlock, extension: string): string =>
  `${placeOf(block).replaceAll(/[^\w]+/g, '-')}.${extension}`;

let folder: string;
const startedIn = process.cwd();

beforeAll(() => {
  // Examples that write files write them here.
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
  process.chdir(folder);
});

afterAll(() => {
  process.chdir(startedIn);
  rmSync(folder, { recursive: true });
});

describe('an example', () => {
  it.each(blocks.filter(({ world }) => world !== TYPES_ONLY).map((block) => ({ place: placeOf(block), block })))(
    '$place runs and prints what it says',
    async ({ block }) => {
      expect([...worldNames]).toContain(block.world);
      const own = mkdtempSync(join(folder, 'run-'));
      const server = await openWorld(block.world, own);
      try {
        const file = join(own, fileOf(block, 'mjs'));
        writeFileSync(file, compile(block.code));
        begin(server.uri);
        await import(file);
        expect(output()).toEqual(block.prints);
      } finally {
        await server.close();
      }
    },
  );

  it('has the types that the package has', () => {
    const project = join(root, 'node_modules/.cache/examples');
    rmSync(project, { recursive: true, force: true });
    mkdirSync(project, { recursive: true });
    for (const block of blocks) writeFileSync(join(project, fileOf(block, 'mts')), `export {};\n${block.code}`);
    const sources = join(root, 'packages/node-libvirt/src');
    const config = {
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        composite: false,
        declaration: false,
        noEmit: true,
        noUnusedLocals: false,
        paths: { 'node-libvirt': [`${sources}/index.ts`], 'node-libvirt/testing': [`${sources}/testing/index.ts`] },
      },
      include: ['*.mts'],
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
    const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
    const { stdout } = spawnSync(process.execPath, [join(compiler, '../bin/tsc'), '--pretty', 'false', '-p', project], {
      encoding: 'utf8',
      cwd: project,
    });
    expect(stdout).toBe('');
  });
});

describe('the README of node-libvirt', () => {
  it('names every event', () => {
    const text = readFileSync(join(root, 'packages/node-libvirt/README.md'), 'utf8');
    expect(Object.keys(events).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});

/** The block as a module whose `node-libvirt` and `console` are the reader's. */
function compile(code: string): string {
  const { code: compiled } = transformSync(code, {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  const own = compiled.replaceAll(/(['"])node-libvirt\1/g, JSON.stringify(reader));
  return `import { console } from ${JSON.stringify(reader)};\n${own}`;
}
