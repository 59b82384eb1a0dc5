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
import { holdElsewhere } from '../../test/cli/other-process.js';

const payroll = 'runbooks/payroll.yaml';

let folder: string;

beforeEach(async () => {
  folder = newFolder();
  await lifeboat('init');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function lifeboat(line: string, options: Partial<MemoryOptions> = {}): Promise<Ended> {
  return runInMemory(wordsOf(line), { folder, ...options });
}

interface Row {
  readonly vm: string;
  readonly state?: string;
  readonly cycle?: string;
  readonly protection?: string;
  readonly verdict?: string;
}

function rowsOf({ stdout }: Ended): readonly Row[] {
  return (JSON.parse(stdout) as { readonly vms: readonly Row[] }).vms;
}

describe('lifeboat protect', () => {
  it('goes on until Ctrl-C, and ends at a safe point', async () => {
    const onWrite = pressOnce('db-1 delta');
    const ended = await lifeboat(`protect ${payroll} --simulate --speed max`, { onWrite });
    expect(ended.exitCode).toBe(130);
    expect(ended.stderr).toContain('ended at a safe point');
    expect(ended.stdout).toMatch(/^db-1 .* ✔ meeting RPO$/m);
    const status = await lifeboat(`status ${payroll} --simulate -o json`);
    expect(new Set(rowsOf(status).map(({ protection }) => protection))).toEqual(new Set(['meeting-rpo']));
  });

  it('shows a line for each VM on a terminal, and gives the cursor back', async () => {
    const onWrite = pressOnce('%');
    const ended = await lifeboat(`protect ${payroll} --simulate`, { onWrite, isTerminal: true });
    expect(ended.exitCode).toBe(130);
    expect(ended.stderr).toMatch(/payroll.* of 6 VMs meet it/);
    expect(ended.stderr.trimEnd()).toContain('\u001B[?25h');
  });

  it('says what is left when a host does not answer, and then that it may be recovered', async () => {
    const ended = await lifeboat(`protect ${payroll} --once --simulate --simulate-lose north -o json`);
    expect(ended.exitCode).toBe(4);
    expect(new Set(rowsOf(ended).map(({ state, cycle }) => `${state} ${cycle}`))).toEqual(
      new Set(['recovery-possible not-begun']),
    );
  });

  it('ends with errors when some VMs have failed, and tells which', async () => {
    writeFileSync(join(folder, 'faults.yaml'), '[{ at: 0s, fault: { kind: disk-full, host: south-1 } }]');
    const ended = await lifeboat(`protect ${payroll} --once --simulate --faults faults.yaml -o json`);
    expect(ended.exitCode).toBe(3);
    expect(new Set(rowsOf(ended).map(({ cycle }) => cycle))).toEqual(new Set(['synced', 'failed']));
    expect(ended.stderr).toContain('south-1 has no room left for replicas');
  });

  it('leaves alone what a run needs that has not ended', async () => {
    writeFileSync(join(folder, 'faults.yaml'), '[{ at: 0s, fault: { kind: fence, host: north-1, behaviour: fails } }]');
    await lifeboat(`failover ${payroll} --simulate --simulate-lose north --confirm payroll --faults faults.yaml`);
    const ended = await lifeboat(`protect ${payroll} --once --simulate`);
    expect(ended.exitCode).toBe(4);
    expect(ended.stdout).toMatch(/^db-1 .*run r-\w+ needs its disks still$/m);
  });

  it('is refused while another process does the same', async () => {
    await lifeboat(`status ${payroll} --simulate`);
    await lifeboat(`protect ${payroll} --once --simulate`);
    await holdElsewhere(folder, 'protection/payroll');
    const ended = await lifeboat(`protect ${payroll} --once --simulate`);
    expect(ended.exitCode).toBe(75);
    expect(ended.stderr).toContain('the replicas of payroll are tended by');
  });

  it('wants a runbook that replicates something', async () => {
    writeFileSync(
      join(folder, 'bare.yaml'),
      'version: 1\nname: bare\nprotect: { from: north, to: south }\ngroups: [{ name: all, vms: ["*"] }]\n',
    );
    expect(await lifeboat('protect bare.yaml --simulate')).toMatchObject({ exitCode: 64 });
    expect(await lifeboat('protect north-1 --simulate')).toMatchObject({ exitCode: 64 });
  });
});

describe('lifeboat verify', () => {
  it('tells of a point that is damaged, and so does the status afterwards', async () => {
    writeFileSync(join(folder, 'faults.yaml'), '[{ at: 0s, fault: { kind: point-rots, vm: db-1, host: south-1 } }]');
    const ended = await lifeboat(`verify ${payroll} --simulate --faults faults.yaml`);
    expect(ended.exitCode).toBe(3);
    expect(ended.stdout).toMatch(/^db-1 .* ✗ damaged: Point db-1-\d+ of db-1/m);
    expect(ended.stdout).toMatch(/^db-2 .* ✔ no damage found$/m);
    expect((await lifeboat(`status ${payroll} --simulate`)).stdout).toMatch(/read again .* ago: damaged: db-1/);
  });

  it('proves a new point of each VM, at which moment, and says how much was read for it', async () => {
    const ended = await lifeboat(`verify ${payroll} --simulate`);
    expect(ended.exitCode).toBe(0);
    expect(ended.stdout).toMatch(/^db-1 .* ✔ equal to its source at [\d:]+Z?$/m);
    expect(ended.stderr).toMatch(/vm\/db-1 a new point is made at south\/south-1/);
    expect(ended.stderr).toMatch(/vm\/db-1 point \S+ is proven equal/);
    const status = await lifeboat(`status ${payroll} --simulate`);
    expect(status.stdout).toContain('new points of 6 of 6 VMs were proven equal to their sources');
    const again = await lifeboat(`verify ${payroll} --simulate -o json`);
    const [row] = (JSON.parse(again.stdout) as { vms: { proof: Record<string, unknown> }[] }).vms;
    expect(row?.proof).toMatchObject({ verdict: 'proven', disks: [{ differed: [], differedBytes: 0 }] });
    expect(row?.proof['sourceBytes']).toBe(row?.proof['replicaBytes']);
  });

  it('names what a replica holds otherwise than its source, and trusts no older point of it', async () => {
    writeFileSync(join(folder, 'faults.yaml'), '[{ at: 0s, fault: { kind: point-rots, vm: db-1, host: south-1 } }]');
    const ended = await lifeboat(`verify ${payroll} --simulate --faults faults.yaml`);
    expect(ended.exitCode).toBe(3);
    expect(ended.stdout).toMatch(
      /^db-1 .* ✗ had differed, now equal .*4 MiB of \w+, at MiB 0 to 4.*trust no older point$/m,
    );
    expect((await lifeboat(`status ${payroll} --simulate`)).stdout).toContain('trust no point made before: db-1');
    const again = await lifeboat(`verify ${payroll} --simulate`);
    expect(again.stdout).toMatch(/^db-1 .* ✔ equal to its source/m);
  });

  it('proves nothing when only the points are to be read, and nothing without the source', async () => {
    const read = await lifeboat(`verify ${payroll} --points-only --simulate`);
    expect(read).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining('PROVEN') });
    const lost = await lifeboat(`verify ${payroll} --simulate --simulate-lose north`);
    expect(lost.exitCode).toBe(4);
    expect(lost.stdout).toMatch(/^db-1 .* ✔ no damage found$/m);
    expect(lost.stdout).toMatch(/^db-1 .* ! not proven: north-1 does not answer$/m);
  });

  it('does not call whole what it could not look at', async () => {
    const ended = await lifeboat(`verify ${payroll} --simulate --simulate-lose south`);
    expect(ended.exitCode).toBe(4);
    expect(ended.stdout).not.toContain('no damage found');
  });
});

describe('the trust in a runbook', () => {
  it('comes from a drill of the runbook as it is written now', async () => {
    const trust = async (): Promise<unknown> =>
      (JSON.parse((await lifeboat(`status ${payroll} --simulate -o json`)).stdout) as { history: { trust: unknown } })
        .history.trust;
    expect(await trust()).toBe('needs-verification');
    await lifeboat(`drill ${payroll} --simulate`);
    expect(await trust()).toBe('verified');
    writeFileSync(join(folder, payroll), `${readFileSync(join(folder, payroll), 'utf8')}\n# changed\n`);
    expect(await trust()).toBe('needs-verification');
  });
});
