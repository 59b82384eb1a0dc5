import { describe, expect, it } from '@jest/globals';
import { advanceReplicator, newReplicatorState, type ReplicatorRules } from '../../storage-sync/replicator-core.js';
import type { Member } from '../../storage-sync/replicator-members.js';
import { createStyle, widthOf } from '../style.js';
import { protectionFrame } from './protection-frame.js';

const style = createStyle(false);
const rules: ReplicatorRules = {
  rpoMs: 300_000,
  slots: {},
  isOnce: false,
  lostAfterMs: 20_000,
  closedUntil: () => undefined,
};

function member(vm: string, parts: Partial<Member> = {}): Member {
  return {
    vm,
    replicate: { method: 'block-sync', everyMs: 60_000, keep: 3, quiesce: false },
    route: { from: { site: 'north', host: 'north-1' }, to: { site: 'south', host: 'south-1' } },
    uses: [],
    isSourceSilent: false,
    isTargetSilent: false,
    ...parts,
  };
}

function frameOf(members: readonly Member[], size: { readonly columns: number; readonly rows: number }) {
  const { state } = advanceReplicator(newReplicatorState, { type: 'looked', at: 0, members, heldBy: new Map() }, rules);
  const progress = new Map([['web-1', { doneBytes: 50, totalBytes: 100, bytesPerSecond: 10, leftMs: 5_000 }]]);
  return protectionFrame({ runbook: 'payroll', state, rules, progress, now: 0 }, { ...size, style });
}

describe('the picture of a protection', () => {
  it('has a line for each VM with its state, and how far its cycle is', () => {
    const lines = frameOf([member('web-1'), member('web-2', { needs: 'no host has it' })], { columns: 120, rows: 20 });
    expect(lines[0]).toContain('0 of 2 VMs meet it  RPO 5m');
    expect(lines[1]).toMatch(/▸ seeding +web-1 .*→ south-1 .* 50%/);
    expect(lines[2]).toMatch(/\? needs configuration +web-2 .*no host has it$/);
  });

  it('fits, whatever the terminal, and counts what it leaves out', () => {
    const many = Array.from({ length: 30 }, (_, index) => member(`web-${index}`));
    for (const columns of [1, 10, 40, 200]) {
      const lines = frameOf(many, { columns, rows: 10 });
      expect(lines.length).toBeLessThan(10);
      expect(Math.max(...lines.slice(0, -1).map(widthOf))).toBeLessThanOrEqual(columns);
    }
    expect(frameOf(many, { columns: 80, rows: 10 }).at(-1)).toBe('  … 23 more');
  });
});
