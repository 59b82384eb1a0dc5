import { describe, expect, it } from '@jest/globals';
import { FailureError } from '../../src/model/failure.js';
import type { Runbook } from '../../src/model/runbook.js';
import { createMailNotifier } from '../../src/notifiers/mail/mail.js';
import type { Notice, Notifier } from '../../src/notifiers/notifier.js';
import type { ReplicatorOptions } from '../../src/storage-sync/replicator.js';
import { rehearse as worldOf } from '../contracts/hypervisor-rehearsal.js';
import { mailServer } from './mail-server.js';
import { protect, protecting } from './protection.js';

const GiB = 2 ** 30;
const names = ['web-1', 'web-2', 'db-1', 'app-1', 'app-2'];
const minute = 60_000;

const told = (runbook: Runbook): Runbook => ({ ...runbook, notify: { mail: true, on: ['rpo-missed'] } });

/** VMs whose replicas are tended, and the notices that were sent of them. */
function scene({
  runbook = told(protecting(names)),
  writeBytesPerSecond = 1e5,
  fail = () => undefined,
}: {
  readonly runbook?: Runbook;
  readonly writeBytesPerSecond?: number;
  /** What the next notice fails with. */
  readonly fail?: () => 'transient' | 'permanent' | undefined;
} = {}) {
  const disks = [{ target: 'vda', sizeBytes: 20 * GiB, usedBytes: GiB }];
  const stage = protect(
    worldOf({ vms: names.map((name) => ({ name, host: 'north-1', disks, writeBytesPerSecond })) }),
    runbook,
  );
  const notices: Notice[] = [];
  const notifier: Notifier = {
    send: async (notice) => {
      notices.push(notice);
      const kind = fail();
      if (kind !== undefined) {
        throw new FailureError({ code: 'notice-not-sent', kind, message: 'the mail server is not there' });
      }
    },
  };
  const { world } = stage;
  const south = ['south-1', 'south-2'];
  return {
    ...stage,
    notices,
    start: (options: Partial<ReplicatorOptions> = {}) =>
      stage.start({ notifier, wallClock: stage.world.clock, ...options }),
    fill: () => south.forEach((host) => world.strike({ kind: 'disk-full', host })),
    free: () => south.forEach((host) => world.strike({ kind: 'disk-freed', host, bytes: 1e12 })),
    told: async () => (await stage.entries()).filter((entry) => entry.type === 'rpo.told'),
  };
}

describe('people', () => {
  it('are told once that several VMs miss their RPO, by one notice, and once that they meet it again', async () => {
    const stage = scene();
    await stage.start();
    await stage.pass(10 * minute);
    expect(stage.notices).toEqual([]);
    stage.fill();
    await stage.pass(20 * minute);
    expect(stage.notices).toMatchObject([
      { event: 'rpo-missed', subject: expect.stringMatching(/^\[payroll\] RPO missed: .* and 2 more$/) },
    ]);
    const [missed] = stage.notices;
    for (const name of names) {
      expect(missed?.text).toMatch(new RegExp(`^${name}: its data is [34]m.* old: .*no room`, 'm'));
    }
    expect(missed?.text).toContain('lifeboat status payroll');
    stage.free();
    await stage.pass(20 * minute);
    expect(stage.notices.slice(1)).toMatchObject([{ event: 'rpo-met' }]);
    expect((await stage.told()).map(({ event, vms }) => [event, vms.toSorted()])).toEqual([
      ['rpo-missed', names.toSorted()],
      ['rpo-met', names.toSorted()],
    ]);
  });

  it('are told once of a VM that misses it in every cycle', async () => {
    const runbook = told(protecting(['web-1'], { everyMs: minute, rpoMs: 65_000 }));
    const stage = scene({ runbook, writeBytesPerSecond: 60e6 });
    const replicator = await stage.start();
    const states = new Set<string>();
    for (let passed = 0; passed < 300; passed += 1) {
      await stage.pass(4_000);
      states.add(stage.standing(replicator, 'web-1').state);
    }
    expect([...states]).toEqual(expect.arrayContaining(['meeting-rpo', 'rpo-missed']));
    expect(stage.notices.map(({ event }) => event)).toEqual(['rpo-missed']);
  });

  it('are not told again by the next process, which tells them of the end', async () => {
    const stage = scene();
    await stage.start();
    await stage.pass(5 * minute);
    stage.fill();
    await stage.pass(20 * minute);
    stage.kill();
    await stage.start();
    await stage.pass(20 * minute);
    expect(stage.notices.map(({ event }) => event)).toEqual(['rpo-missed']);
    expect((await stage.reports())?.reports.get('db-1')).toHaveProperty('rpoMissedSince');
    stage.free();
    await stage.pass(20 * minute);
    expect(stage.notices.map(({ event }) => event)).toEqual(['rpo-missed', 'rpo-met']);
    expect((await stage.reports())?.reports.get('db-1')).not.toHaveProperty('rpoMissedSince');
  });

  it('are told later when the mail server was not there, and once in vain when it refuses', async () => {
    let kinds: ('transient' | 'permanent')[] = ['transient', 'transient'];
    const stage = scene({ fail: () => kinds.shift() });
    await stage.start();
    await stage.pass(5 * minute);
    stage.fill();
    await stage.pass(30 * minute);
    const [first, second, third, ...more] = await stage.told();
    expect([first?.failure?.kind, second?.failure?.kind, third?.failure]).toEqual([
      'transient',
      'transient',
      undefined,
    ]);
    expect((third?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(10 * minute);
    expect(more).toEqual([]);
    kinds = ['permanent'];
    stage.free();
    await stage.pass(30 * minute);
    expect((await stage.told()).slice(3)).toMatchObject([{ event: 'rpo-met', failure: { kind: 'permanent' } }]);
  });

  it('are told of nothing that the runbook does not name, and of no single cycle', async () => {
    const silent = { ...protecting(names), notify: { mail: true, on: ['failed' as const] } };
    for (const runbook of [protecting(names), silent]) {
      const stage = scene({ runbook });
      await stage.start();
      await stage.pass(5 * minute);
      stage.fill();
      await stage.pass(20 * minute);
      expect(stage.notices).toEqual([]);
    }
    const stage = scene();
    await stage.finish(await stage.start({ isOnce: true }));
    await stage.pass(20 * minute);
    await stage.finish(await stage.start({ isOnce: true }));
    expect(stage.notices).toEqual([]);
  });

  it('hold up no end: what has become of the last notice is journalled first', async () => {
    const stage = scene();
    const replicator = await stage.start({ notifier: { send: () => new Promise(() => undefined) } });
    await stage.pass(5 * minute);
    stage.fill();
    while (stage.standing(replicator, 'db-1').state !== 'rpo-missed') await stage.pass(1_000);
    await stage.pass(70_000);
    replicator.stop();
    expect(await stage.finish(replicator)).toBe('stopped');
    const entries = await stage.entries();
    expect(entries.at(-1)).toMatchObject({ type: 'protection.ended' });
    expect(entries.at(-2)).toMatchObject({ type: 'rpo.told', failure: { code: 'notice-not-sent', kind: 'transient' } });
  });
});

describe('a mail about the RPO', () => {
  it('reaches the mail server, and the mails of one runbook are one thread', async () => {
    await using server = await mailServer();
    const { smtp } = server;
    const mail = createMailNotifier({ smtp, from: 'lifeboat@example.org', to: ['ops@example.org'] });
    let sending: Promise<void> = Promise.resolve();
    const notifier: Notifier = {
      send: (notice, signal) => {
        sending = mail.send(notice, signal);
        return sending;
      },
    };
    const stage = scene();
    await stage.start({ notifier });
    // The world's time stands still while a mail is on its way.
    const pass = async (seconds: number): Promise<void> => {
      for (let passed = 0; passed < seconds; passed += 5) {
        await stage.pass(5_000);
        await sending;
      }
    };
    await pass(120);
    stage.fill();
    await pass(300);
    stage.free();
    await pass(600);
    const mails = server.mails.map((text) => text.replaceAll('=\n', ''));
    expect(mails.map((text) => /^Subject: (.*)$/m.exec(text)?.[1])).toEqual([
      expect.stringContaining('[payroll] RPO missed: '),
      expect.stringContaining('[payroll] RPO met again: '),
    ]);
    const threads = mails.map((text) => /^References: (<run-protection\/payroll@\S+>)$/m.exec(text)?.[1]);
    expect(threads[0]).toBeDefined();
    expect(threads[1]).toBe(threads[0]);
    expect(await stage.told()).toMatchObject([{ event: 'rpo-missed' }, { event: 'rpo-met' }]);
  });
});
