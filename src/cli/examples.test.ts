import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type MemoryOptions, newFolder, pressOnce, runInMemory, wordsOf } from '../../test/cli/memory-environment.js';
import { catalogue } from './catalogue/catalogue.js';
import { type Example, examples } from './examples.js';

const payroll = 'runbooks/payroll.yaml';

function runbook(name: string, step: string): string {
  return `version: 1
name: ${name}
protect: { from: north, to: south }
groups: [{ name: database, vms: [db-1], replicate: { method: mirror } }]
steps: [{ at: before-move, ${step}, on-failure: pause }]
`;
}

const gated = runbook('gated', 'uses: approve, with: { from: [], within: 15m, otherwise: pause }');
const failing = runbook('failing', 'uses: run, with: { on: controller, command: [./freeze.sh] }');
const fault = '[{ at: 0s, fault: { kind: command-fails, argv: [./freeze.sh], exitCode: 1 } }]';

const deadFences = `- { at: 0s, fault: { kind: fence, host: north-1, behaviour: fails } }
- { at: 0s, fault: { kind: fence, host: north-2, behaviour: fails } }
`;

let folder: string;
/** What was prepared, by `given` and command: made once, and copied for every example. */
const prepared = new Map<string, string>();

beforeEach(() => {
  folder = newFolder();
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

afterAll(() => {
  for (const made of prepared.values()) {
    rmSync(made, { recursive: true });
  }
});

async function prepare(given: Example['given'], command: string): Promise<void> {
  const key = `${given} ${['failback', 'run', 'attest'].includes(command) ? command : ''}`;
  const made = prepared.get(key);
  if (made === undefined) {
    await make(given, command);
    const kept = newFolder();
    cpSync(folder, kept, { recursive: true });
    prepared.set(key, kept);
  } else {
    cpSync(made, folder, { recursive: true });
  }
}

async function make(given: Example['given'], command: string): Promise<void> {
  const run = async (line: string, options: Partial<MemoryOptions> = {}): Promise<number> =>
    (await runInMemory(wordsOf(line), { folder, ...options })).exitCode;
  if (given === 'nothing') {
    return;
  }
  expect(await run('init')).toBe(0);
  if (given === 'waiting-run') {
    writeFileSync(join(folder, 'gated.yaml'), gated);
    expect(await run('drill gated.yaml --simulate')).toBe(6);
  } else if (given === 'held-run' && command === 'attest') {
    writeFileSync(join(folder, 'faults.yaml'), deadFences);
    expect(
      await run(`failover ${payroll} --simulate --simulate-lose north --confirm payroll --faults faults.yaml`),
    ).toBe(6);
  } else if (given === 'held-run') {
    writeFileSync(join(folder, 'failing.yaml'), failing);
    writeFileSync(join(folder, 'faults.yaml'), fault);
    expect(await run('drill failing.yaml --simulate --faults faults.yaml')).toBe(6);
  } else if (given === 'interrupted-run') {
    const onWrite = pressOnce('vm/db-1 ');
    expect(await run(`drill ${payroll} --simulate`, { onWrite })).toBe(130);
  } else if (given === 'finished-run') {
    expect(await run(`relocate ${payroll} --simulate`)).toBe(0);
  }
  if (command === 'failback') {
    expect(await run(`reverse ${payroll} --simulate`)).toBe(0);
  }
  if (command === 'run') {
    expect(await run(`plan ${payroll} --mode drill --out plan.json --simulate`)).toBe(0);
  }
}

describe('an example of the help', () => {
  const all = Object.entries(examples).flatMap(([command, list]) => list.map((example) => ({ command, example })));

  it.each(all.map(({ command, example }) => [example.line, command, example] as const))(
    '`%s` does what it says',
    async (line, command, { given, exitCode }) => {
      await prepare(given, command);
      const ended = await runInMemory(wordsOf(line).slice(1), { folder });
      expect(ended.stderr).not.toContain('mistake in Lifeboat');
      expect(ended).toMatchObject({ exitCode, stderr: ended.stderr });
    },
    // One of them walks some ten thousand states.
    120_000,
  );

  it('belongs to a command, and every command has two', () => {
    expect(Object.keys(examples).toSorted()).toEqual(catalogue.map(({ name }) => name).toSorted());
    expect(Object.values(examples).filter((list) => list.length < 2)).toEqual([]);
  });
});
