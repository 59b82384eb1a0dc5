/** `docs/modes.md` shows the steps of every lane that the sample runbooks make, in their order. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Plan } from '../../src/model/plan.js';
import { newFolder, runInMemory, wordsOf } from '../cli/memory-environment.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(`${root}docs/modes.md`, 'utf8');

let folder: string;

beforeAll(() => {
  folder = newFolder();
  cpSync(`${root}runbooks`, folder, { recursive: true });
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('the page of the modes', () => {
  it.each([
    ['drill', 'drill.yaml', ''],
    ['evacuate', 'evacuate-host.yaml', ''],
    ['relocate', 'relocate-site.yaml', ''],
    ['failover', 'failover-site.yaml', '--simulate-lose north'],
  ])('shows the lanes of a %s', async (mode, file, options) => {
    const lanes = await lanesOf(`plan ${file} --mode ${mode} ${options} --simulate --simulate-dir ${mode}`);
    expect(lanes).not.toEqual([]);
    expect(shownFor(mode)).toEqual(expect.arrayContaining([...lanes]));
  });

  it('shows the lanes of a reverse and of the failback after it', async () => {
    const world = '--simulate --simulate-dir back';
    expect((await type(`relocate failback.yaml ${world}`)).exitCode).toBe(0);
    expect(shownFor('reverse')).toEqual(
      expect.arrayContaining([...(await lanesOf(`plan failback.yaml --mode reverse ${world}`))]),
    );
    expect((await type(`reverse failback.yaml ${world}`)).exitCode).toBe(0);
    expect(shownFor('failback')).toEqual(
      expect.arrayContaining([...(await lanesOf(`plan failback.yaml --mode failback ${world}`))]),
    );
  });
});

function type(line: string) {
  return runInMemory(wordsOf(line), { folder });
}

/** The different lanes of a plan but those of the runbook's own steps, each as its steps; a kind that repeats stands once. */
async function lanesOf(line: string): Promise<readonly string[]> {
  const { stdout } = await type(`${line} -o json`);
  const { stages } = JSON.parse(stdout) as Plan;
  const lanes = stages
    .flatMap((stage) => stage.lanes)
    .filter(({ subject }) => subject.kind !== 'run')
    .map(({ steps }) => steps.map(({ kind }) => kind));
  return [...new Set(lanes.map((kinds) => kinds.filter((kind, index) => kind !== kinds[index - 1]).join(' → ')))];
}

/** The lanes that the mode's section shows, also as they are for a VM without ready checks. */
function shownFor(mode: string): readonly string[] {
  const [, after = ''] = text.split(`\n## ${mode}\n`);
  const chains = [...(after.split('\n## ')[0] ?? '').matchAll(/`([a-z]+(?: → [a-z]+)*)`/g)].map(
    ([, chain = '']) => chain,
  );
  return [...chains, ...chains.map((chain) => chain.replace(' → ready', ''))];
}
