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

function verdicts({ stdout }: Ended): ReadonlySet<unknown> {
  const { vms } = JSON.parse(stdout) as { readonly vms: readonly { readonly verdict: string }[] };
  return new Set(vms.map(({ verdict }) => verdict));
}

describe('the status of a VM', () => {
  it('that lives where its replica was is unprotected until the replication is reversed', async () => {
    expect((await lifeboat(`status ${payroll} --simulate`)).exitCode).toBe(0);
    await lifeboat(`relocate ${payroll} --simulate`);
    const moved = await lifeboat(`status ${payroll} --simulate`);
    expect(moved.exitCode).toBe(3);
    expect(moved.stdout).toMatch(/^db-1 .* ✗ unprotected$/m);
    expect(moved.stderr).toContain('6 VMs are unprotected after the move');
    expect(moved.stderr).toContain(`\n  lifeboat reverse ${payroll} --simulate\n`);
    expect(verdicts(await lifeboat('status --simulate -o json'))).toEqual(new Set(['unprotected']));
    await lifeboat(`reverse ${payroll} --simulate`);
    const reversed = await lifeboat(`status ${payroll} --simulate -o json`);
    expect(reversed.exitCode).toBe(0);
    expect(verdicts(reversed)).toEqual(new Set(['met']));
  });

  it('after a failover is not that of the replica it was started from', async () => {
    await lifeboat(`failover ${payroll} --simulate --simulate-lose north --confirm payroll`);
    const ended = await lifeboat(`status ${payroll} --simulate -o json`);
    expect(ended.exitCode).toBe(3);
    expect(verdicts(ended)).toEqual(new Set(['unprotected']));
    expect(verdicts(await lifeboat('status --simulate -o json'))).toEqual(new Set(['unprotected']));
  });

  it('whose host does not answer is not called running', async () => {
    const ended = await lifeboat(`status ${payroll} --simulate --simulate-lose north`);
    expect(ended.exitCode).toBe(4);
    expect(ended.stdout).toMatch(/^db-1 +north\/north-\d, not seen /m);
    expect(ended.stderr).toContain(`lifeboat failover ${payroll} --simulate`);
  });

  it('while a run is open is said to change', async () => {
    writeFileSync(join(folder, 'faults.yaml'), '[{ at: 0s, fault: { kind: fence, host: north-1, behaviour: fails } }]');
    await lifeboat(`failover ${payroll} --simulate --simulate-lose north --confirm payroll --faults faults.yaml`);
    const ended = await lifeboat(`status ${payroll} --simulate`);
    expect(ended.stderr).toMatch(/^The failover r-\w+ is open.*\n {2}lifeboat watch r-\w+ --simulate\n$/);
  });
});
