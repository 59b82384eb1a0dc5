/** Runs every TypeScript example of the documents against a daemon that does as it is told, and compares what it prints. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeError, FakeServer } from 'node-libvirt/testing';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = ['packages/node-libvirt/README.md'];
const folder = mkdtempSync(join(tmpdir(), 'lifeboat-examples-'));

interface Example {
  readonly title: string;
  readonly code: string;
  /** What it promises to print: the texts behind `// →`. */
  readonly prints: readonly string[];
}

const examples = documents.flatMap(examplesOf);
let server: FakeServer;

beforeEach(async () => {
  server = await FakeServer.listen();
  furnish(server);
});
afterEach(() => server.close());
afterAll(() => rmSync(folder, { recursive: true }));

describe('the examples', () => {
  it.each(examples)('$title', async ({ title, code, prints }) => {
    const path = join(folder, `${title.replaceAll(/\W+/g, '-')}.ts`);
    // Real-looking URIs lead to the fake daemon; one that shows a failure is left as it is.
    writeFileSync(path, code.replaceAll(/connect\('(?![^']*no\/such)[^']*'/g, `connect('${server.uri}'`));
    const printed: string[] = [];
    const log = jest
      .spyOn(console, 'log')
      .mockImplementation((...words: unknown[]) => void printed.push(words.join(' ')));
    try {
      await import(path);
    } finally {
      log.mockRestore();
    }
    expect(printed).toEqual(prints);
  });

  it('fit the types', () => {
    examples.forEach(({ code }, index) => writeFileSync(join(folder, `typed-${index}.ts`), code));
    const source = join(root, 'packages/node-libvirt/src');
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.base.json'),
        compilerOptions: {
          noEmit: true,
          composite: false,
          declaration: false,
          module: 'ESNext',
          moduleResolution: 'Bundler',
          typeRoots: [join(root, 'node_modules/@types')],
          paths: { 'node-libvirt': [`${source}/index.ts`], 'node-libvirt/testing': [`${source}/testing/index.ts`] },
        },
        include: ['typed-*.ts'],
      }),
    );
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    expect(typeErrors()).toBe('');
  });
});

function typeErrors(): string {
  try {
    return execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

function examplesOf(document: string): Example[] {
  const text = readFileSync(join(root, document), 'utf8');
  let section = document;
  const found: Example[] = [];
  for (const [, heading, code] of text.matchAll(/^#+ (.+)$|^```ts\n([\s\S]*?)^```$/gm)) {
    if (heading !== undefined) section = heading;
    if (code === undefined) continue;
    const prints = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, output]) => output as string);
    found.push({ title: `${section}, example ${found.length + 1}`, code, prints });
  }
  return found;
}

/** The world of the examples: one host, one domain that runs. */
function furnish(daemon: FakeServer): void {
  const dom = { name: 'db-1', uuid: '8d3c1a52-0000-4000-8000-00000000beef', id: 3 };
  const pool = { name: 'images', uuid: '8d3c1a52-0000-4000-8000-00000000cafe' };
  let lifecycle = -1;
  daemon
    .on('connectGetHostname', () => 'north-1')
    .on('connectListAllDomains', () => [dom])
    .on('connectGetAllDomainStats', () => [{ dom, params: [{ field: 'state.state', type: 'int', value: 1 }] }])
    .on('domainGetState', () => ({ state: 1, reason: 1 }))
    .on('domainDefineXML', () => dom)
    .on('domainCreate', () => undefined)
    .on('domainUndefineFlags', () => undefined)
    .on('domainLookupByName', ({ name }) => {
      if (name !== dom.name) throw new FakeError(42, 'Domain not found');
      return dom;
    })
    .on('connectDomainEventCallbackRegisterAny', () => ++lifecycle)
    .on('domainDestroy', (_, { client }) => {
      if (lifecycle >= 0) client.sendEvent('domain.lifecycle', lifecycle, { dom, event: 5, detail: 1 });
    })
    .on('domainMigratePerform3Params', () => new Uint8Array())
    .on('domainGetJobStats', () => ({ type: 2, params: [{ field: 'data_remaining', type: 'ullong', value: 4096 }] }))
    .on('storagePoolLookupByName', () => pool)
    .on('storageVolLookupByName', () => ({ pool: pool.name, name: 'db-1.raw', key: '/images/db-1.raw' }))
    .on('storageVolDownload', (_, { client, header }) => {
      const packet = (status: number, data = ''): void =>
        client.sendFrame({ ...header, type: 3, status }, (writer) => writer.raw(Buffer.from(data)));
      setImmediate(() => {
        packet(2, 'first bytes');
        packet(2);
        void daemon.message('stream').then(() => packet(0));
      });
    });
}
