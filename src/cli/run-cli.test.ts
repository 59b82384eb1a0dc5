import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type Ended,
  type MemoryOptions,
  newFolder,
  pressOnce,
  runInMemory,
  wordsOf,
} from '../../test/cli/memory-environment.js';
import { showCursor } from './progress/terminal.js';

const payroll = 'runbooks/payroll.yaml';
const lost = `failover ${payroll} --simulate --simulate-lose north`;
const gate = `version: 1
name: gate
protect: { from: north, to: south }
groups: [{ name: database, vms: [db-1], replicate: { method: mirror } }]
steps: [{ at: before-move, uses: approve, with: { from: [dba], within: 15m, otherwise: pause }, on-failure: pause }]
`;

let folder: string;

beforeEach(async () => {
  folder = newFolder();
  await lifeboat('init');
  writeFileSync(join(folder, 'gate.yaml'), gate);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function lifeboat(line: string, options: Partial<MemoryOptions> = {}): Promise<Ended> {
  return runInMemory(wordsOf(line), { folder, ...options });
}

function json(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

describe('a failover', () => {
  it('of a lost site recovers every VM and tells the measured times', async () => {
    const ended = await lifeboat(`${lost} --confirm payroll`);
    expect(ended.exitCode).toBe(0);
    expect(ended.stdout).toMatch(/^✔ succeeded: payroll failover in .*6 of 6 VMs were recovered/);
    expect(ended.stdout).toMatch(/measured RTO .* \(target 30m: met\), worst data age /);
    expect(ended.stderr).toMatch(/^09:00:\d\dZ host\/north-1 is proven dead: north-1 is off, says fence_ipmilan$/m);
  });

  it('asks a person at a terminal to type the name of the runbook', async () => {
    const refused = await lifeboat(lost, { isTerminal: true, typed: ['yes'] });
    expect(refused.exitCode).toBe(5);
    expect(refused.stderr).toContain('was not confirmed; nothing was done');
    const ended = await lifeboat(lost, { isTerminal: true, typed: ['payroll'] });
    expect(ended.exitCode).toBe(0);
  });

  it('asks nobody in CI, even at a terminal', async () => {
    const ended = await lifeboat(lost, { isTerminal: true, typed: ['payroll'], variables: { CI: 'true' } });
    expect(ended.exitCode).toBe(64);
  });

  it('with the source alive is offered as planned, which moves the VMs', async () => {
    expect((await lifeboat(`failover ${payroll} --simulate --confirm payroll`)).exitCode).toBe(5);
    const ended = await lifeboat(`failover ${payroll} --simulate --planned`);
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('6 of 6 VMs were moved') });
  });
});

describe('a saved plan', () => {
  it('is executed as it stands', async () => {
    await lifeboat(`plan ${payroll} --mode drill --out plan.json --simulate`);
    const saved = json(readFileSync(join(folder, 'plan.json'), 'utf8'));
    expect(saved).toMatchObject({ apiVersion: 'lifeboat/v1', kind: 'Plan', version: 1, mode: 'drill' });
    expect((await lifeboat('run --plan plan.json --simulate')).exitCode).toBe(0);
    const report = json((await lifeboat('report last --simulate -o json')).stdout);
    expect(report).toMatchObject({ mode: 'drill', runbook: 'payroll' });
  });

  it('is refused when the runbook or the hosts have changed', async () => {
    await lifeboat(`plan ${payroll} --mode drill --out plan.json --simulate`);
    await lifeboat(`relocate ${payroll} --simulate --limit db-1`);
    const moved = await lifeboat('run --plan plan.json --simulate');
    expect(moved).toMatchObject({ exitCode: 5, stdout: '' });
    expect(moved.stderr).toContain('stale: what was found on the hosts changed');
    const file = join(folder, payroll);
    writeFileSync(file, `${readFileSync(file, 'utf8')}# a remark\n`);
    expect((await lifeboat('run --plan plan.json --simulate')).stderr).toContain('stale: the runbook and what');
  });

  it('is refused for other hosts than it was made for', async () => {
    await lifeboat(`plan ${payroll} --mode drill --out plan.json --simulate`);
    const ended = await lifeboat('run --plan plan.json');
    expect(ended.exitCode).toBe(5);
    expect(ended.stderr).toContain('made for simulated hosts');
  });
});

describe('Ctrl-C', () => {
  it('lets a run go, and another command goes on with it', async () => {
    const ended = await lifeboat(`drill ${payroll} --simulate`, { onWrite: pressOnce('vm/web-1 ') });
    expect(ended.exitCode).toBe(130);
    const [resume] = /lifeboat resume r-\w+ --simulate/.exec(ended.stderr) ?? [''];
    const resumed = await lifeboat(resume.slice('lifeboat '.length));
    expect(resumed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('6 of 6 VMs') });
  });

  it('ends at once when it is pressed twice', async () => {
    const onWrite = (stderr: string, interrupt: () => void): void => {
      if (/vm\/db-\d .*started\n$/.test(stderr)) {
        interrupt();
        interrupt();
      }
    };
    const ended = await lifeboat(`drill ${payroll} --simulate`, { onWrite });
    expect(ended.exitCode).toBe(130);
    expect(ended.stderr).toContain('was left at once');
  });
});

describe('a run that waits for an operator', () => {
  it('ends with 6 where nobody watches, with the commands that can be typed', async () => {
    const ended = await lifeboat('drill gate.yaml --simulate -o json');
    expect(ended.exitCode).toBe(6);
    const { runId, waitsFor, result, exitCode } = json(ended.stdout);
    expect({ result, exitCode }).toEqual({ result: 'open', exitCode: 6 });
    expect(waitsFor).toEqual([
      `lifeboat approve ${String(runId)} --lane run/1 --simulate`,
      `lifeboat reject ${String(runId)} --lane run/1 --simulate`,
      `lifeboat resume ${String(runId)} --simulate`,
    ]);
  });

  it('goes on waiting at a terminal, holds its VMs, and takes the answer of another process', async () => {
    let shown = (): void => undefined;
    const isWaiting = new Promise<void>((resolve) => {
      shown = resolve;
    });
    const onWrite = (stderr: string): void => {
      if (stderr.includes('lifeboat approve')) {
        shown();
      }
    };
    const running = lifeboat('drill gate.yaml --simulate', { isTerminal: true, onWrite });
    await isWaiting;
    const second = await lifeboat('drill gate.yaml --simulate');
    expect(second.exitCode).toBe(75);
    expect(second.stderr).toMatch(/in the hands of process \d+ on .*, which is running r-\w+/);
    expect((await lifeboat('resume last --simulate')).exitCode).toBe(75);
    const approved = await lifeboat('approve last --simulate --as dba --reason agreed -o json');
    expect(json(approved.stdout)).toMatchObject({ kind: 'Move', effects: ['lets run/1 go on'] });
    const ended = await running;
    expect(ended.exitCode).toBe(0);
    expect(ended.stderr.lastIndexOf(showCursor)).toBeGreaterThan(ended.stderr.lastIndexOf('✔'));
    expect((await lifeboat('report last --simulate')).stdout).toContain('agreed');
  });

  it('takes the answer that was typed meanwhile when it is taken up again', async () => {
    await lifeboat('drill gate.yaml --simulate');
    const approved = await lifeboat('approve last --simulate --as dba');
    expect(approved.stdout).toContain(
      'No engine has the run now; it takes this as soon as you type:\n  lifeboat resume',
    );
    await lifeboat('pause last --simulate');
    const ended = await lifeboat('resume last --simulate');
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('✔ succeeded') });
    expect(ended.stderr).toContain('run approve by dba');
  });

  it('takes the word for a death that no fence device could prove', async () => {
    writeFileSync(join(folder, 'faults.yaml'), '[{ at: 0s, fault: { kind: fence, host: north-1, behaviour: fails } }]');
    expect((await lifeboat(`${lost} --confirm payroll --faults faults.yaml`)).exitCode).toBe(6);
    await lifeboat('attest last north-1 --reason unplugged --simulate');
    const ended = await lifeboat('resume last --simulate');
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('6 of 6 VMs were recovered') });
    expect(ended.stderr).toContain('north-1 is dead on the word of ops@desk: unplugged');
  });

  it('does not take the answer of somebody who may not give it', async () => {
    await lifeboat('drill gate.yaml --simulate');
    await lifeboat('approve last --simulate --as intern');
    expect((await lifeboat('resume last --simulate')).exitCode).toBe(6);
  });

  it('is watched with its own exit code', async () => {
    await lifeboat('drill gate.yaml --simulate');
    const ended = await lifeboat('watch last --simulate');
    expect(ended.exitCode).toBe(6);
    expect(ended.stderr).toContain('lifeboat approve r-');
  });
});

describe('what goes where', () => {
  it.each([
    [`validate ${payroll}`, 'Validation'],
    [`plan ${payroll} --simulate`, 'Plan'],
    [`status ${payroll} --simulate`, 'Status'],
    ['authority --simulate', 'AuthorityLedger'],
    ['runs --simulate', 'Runs'],
    [`drill ${payroll} --simulate`, 'RunOutcome'],
    ['init --name other', 'Written'],
  ])('lifeboat %s -o json writes one %s to standard output', async (line, kind) => {
    const ended = await lifeboat(`${line} -o json`);
    expect(ended.exitCode).toBe(0);
    expect(json(ended.stdout)).toMatchObject({ apiVersion: 'lifeboat/v1', kind });
  });

  it('reasons why there is no plan are data too', async () => {
    const ended = await lifeboat(`plan ${payroll} --mode failover --simulate -o json`);
    expect(ended.exitCode).toBe(5);
    expect(json(ended.stdout)).toMatchObject({ kind: 'PlanConflicts', conflicts: [{ code: 'source-alive' }, {}] });
  });

  it('--quiet leaves out all that is neither data nor an error', async () => {
    const ended = await lifeboat(`drill ${payroll} --simulate --quiet`);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.each<[arguments_: string, variables: Readonly<Record<string, string>>, isTerminal: boolean, isColoured: boolean]>([
    ['', {}, true, true],
    ['', {}, false, false],
    ['', { NO_COLOR: '1' }, true, false],
    ['', { NO_COLOR: '' }, true, true],
    ['', { TERM: 'dumb' }, true, false],
    ['', { FORCE_COLOR: '1' }, false, true],
    ['', { FORCE_COLOR: '0' }, true, false],
    ['--color never', { FORCE_COLOR: '1' }, true, false],
    ['--color always', { NO_COLOR: '1' }, false, true],
  ])('colours: %s %p at a terminal: %p gives %p', async (words, variables, isTerminal, isColoured) => {
    const ended = await lifeboat(`validate ${payroll} ${words}`, { variables, isTerminal });
    expect(ended.stdout.includes('\u001B[')).toBe(isColoured);
  });

  it('a dumb terminal gets lines instead of a redrawn view', async () => {
    const ended = await lifeboat(`drill ${payroll} --simulate`, { isTerminal: true, variables: { TERM: 'dumb' } });
    expect(ended.stderr).not.toContain('\u001B');
    expect(ended.stderr).toMatch(/^09:00:\d\dZ vm\/db-1 .*: done in \d/m);
  });
});

describe('validate', () => {
  it('reports the problems of every file, with the lines', async () => {
    writeFileSync(join(folder, 'bad.yaml'), 'version: 1\nname: bad\nprotect: { from: north, to: sotuh }\ngroupz: []\n');
    const ended = await lifeboat(`validate ${payroll} bad.yaml`);
    expect(ended.exitCode).toBe(65);
    expect(ended.stdout).toContain('✔ valid  runbooks/payroll.yaml');
    expect(ended.stdout).toContain('✗ invalid  bad.yaml');
    expect(ended.stdout).toMatch(/bad\.yaml:3:\d+: /);
    expect(ended.stdout).toMatch(/bad\.yaml:4:\d+: /);
  });

  it('plans against simulated hosts when asked to', async () => {
    const bare = readFileSync(join(folder, 'lifeboat.yaml'), 'utf8').replaceAll(', drill: "drill"', '');
    writeFileSync(join(folder, 'bare.yaml'), bare);
    const ended = await lifeboat(`validate ${payroll} --simulate --estate bare.yaml`);
    expect(ended.exitCode).toBe(5);
    expect(ended.stdout).toContain('✗ cannot be planned');
  });
});
