import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Ended, newFolder, runInMemory, wordsOf } from '../../test/cli/memory-environment.js';

const payroll = 'runbooks/payroll.yaml';

let folder: string;

beforeEach(async () => {
  folder = newFolder();
  await lifeboat('init');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function lifeboat(line: string): Promise<Ended> {
  return runInMemory(wordsOf(line), { folder });
}

const noFence = '[{ at: 0s, fault: { kind: fence, host: north-1, behaviour: fails } }]';
const lost = `failover ${payroll} --simulate --simulate-lose north --confirm payroll --faults faults.yaml`;

describe('an attestation', () => {
  it('of a host on which nothing hangs is refused', async () => {
    writeFileSync(join(folder, 'faults.yaml'), noFence);
    await lifeboat(lost);
    const ended = await lifeboat('attest last south-1 --reason unplugged --simulate');
    expect(ended.exitCode).toBe(64);
    expect(ended.stderr).toContain('does not need the death of south-1\nIt may need that of north-1.');
  });
});

describe('faults of single calls', () => {
  it('count from the command that names them, also in a world that was there before', async () => {
    await lifeboat(`drill ${payroll} --limit db-1 --simulate`);
    const fault = '[{ onCall: { port: hypervisor, method: start, nth: 1 }, fault: { kind: call-refused } }]';
    writeFileSync(join(folder, 'faults.yaml'), fault);
    const ended = await lifeboat(`drill ${payroll} --limit db-1 --simulate --faults faults.yaml`);
    expect(ended.exitCode).toBe(0);
    expect(ended.stderr.match(/start the clone .*: failed/g)).toHaveLength(1);
    expect(ended.stderr).toMatch(/start the clone .*: attempt 2 of \d started/);
  });
});

describe('a report', () => {
  it('carries the hash in which the journal of its run ends', async () => {
    await lifeboat(`drill ${payroll} --limit db-1 --simulate`);
    const report = JSON.parse((await lifeboat('report last --simulate -o json')).stdout) as {
      readonly evidence: { readonly headHash?: string };
    };
    expect(report.evidence.headHash).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a run that no engine has', () => {
  it('is paused already, and goes on when it is taken up', async () => {
    writeFileSync(join(folder, 'faults.yaml'), noFence);
    await lifeboat(lost);
    const paused = await lifeboat('pause last --simulate');
    expect(paused.stdout).toContain(
      'No engine has the run, so that no step begins until you type:\n  lifeboat resume r-',
    );
    await lifeboat('attest last north-1 --reason unplugged --simulate');
    expect((await lifeboat('resume last --simulate')).exitCode).toBe(0);
  });
});
