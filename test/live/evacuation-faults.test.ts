/** Hosts and links break while Lifeboat's own command line empties a host; every guest stays whole, and the next try ends it. */
import { describe, expect, it } from '@jest/globals';
import { Estate } from './evacuation/estate.js';
import { recordMoves } from './evacuation/events.js';
import { knownTo, losses, poolsOn, sightings, startGuests } from './evacuation/scene.js';
import { startAudit } from './guest.js';
import { lab, labHosts } from './lab.js';

const hosts = labHosts();
const [source, target, other] = hosts as [string, string, string];
const site = source.split('-')[0];
const isAll = process.env['LIFEBOAT_LIVE_ALL'] === '1';

/** Slow enough for something to break in the middle of a move. */
const runbook = (vms: string, more = ''): string => `version: 1
name: faults
protect: { from: { host: ${source} }, to: ${site} }
groups: [{ name: all, vms: ["${vms}"]${more} }]
limits: { per-host: 2, bandwidth: 480Mbit }
`;

/** Each of these guests is known to one of the hosts that can be asked, runs there, and has lost nothing. */
async function whole(names: readonly string[], asked: readonly string[] = hosts): Promise<Record<string, string>> {
  const seen = await sightings(names, asked);
  const places: Record<string, string> = {};
  for (const name of names) {
    expect(seen[name]).toEqual([expect.objectContaining({ isRunning: true, isPersistent: true })]);
    places[name] = seen[name]?.[0]?.host ?? '';
  }
  expect(await losses(names, (name) => places[name])).toEqual([]);
  for (const host of asked) expect(await poolsOn(host)).toEqual([]);
  return places;
}

describe('while a host is emptied', () => {
  const names = ['ev-f-1', 'ev-f-2', 'ev-f-3'];
  const start = (): ReturnType<typeof startGuests> => startGuests(names, source, '--disk', '32M');

  it('a target loses its power: what was on its way there runs on at the source, and the next try goes elsewhere', async () => {
    using estate = new Estate(hosts);
    const file = estate.write('empty.yaml', runbook('ev-f-*'));
    await using guests = await start();
    expect(guests).toHaveLength(names.length);
    await using audit = await startAudit();
    await using recorder = await recordMoves(hosts);
    const command = estate.start('evacuate', file, '-o', 'json');
    await recorder.until(({ host, what }) => host === target && what === 'arriving');
    await lab('power-off', target);
    try {
      const { code, stdout } = await command.ended;
      expect({ code, stdout }).toMatchObject({ code: 3 });
      expect(Object.values(await whole(names, [source, other]))).toContain(source);
      expect(await estate.run('evacuate', file)).toMatchObject({ code: 0 });
      expect(Object.values(await whole(names, [source, other]))).toEqual(names.map(() => other));
      await audit.stop();
    } finally {
      await lab('power-on', target);
    }
  });

  it('its links are cut for ten seconds: the run ends by itself', async () => {
    using estate = new Estate(hosts);
    const file = estate.write('empty.yaml', runbook('ev-f-*'));
    await using guests = await start();
    expect(guests).toHaveLength(names.length);
    await using audit = await startAudit();
    await using recorder = await recordMoves([target, other]);
    const command = estate.start('evacuate', file, '-o', 'json');
    await recorder.until(({ what }) => what === 'arriving');
    await lab('cut', source, '--network', 'mgmt');
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    await lab('heal', source, '--network', 'mgmt');
    expect(await command.ended).toMatchObject({ code: 0 });
    expect(await knownTo(source)).toEqual([]);
    await whole(names);
    await audit.stop();
  });

  // The engine looks for minutes until it asks a person, too long for every run; the full set has it.
  if (isAll)
    it('its links are cut for good: nobody guesses where a guest is, and the run ends once they are mended', async () => {
      using estate = new Estate(hosts);
      const file = estate.write('empty.yaml', runbook('ev-f-*'));
      await using guests = await start();
      expect(guests).toHaveLength(names.length);
      await using audit = await startAudit();
      await using recorder = await recordMoves([target, other]);
      const command = estate.start('evacuate', file, '-o', 'json');
      await recorder.until(({ what }) => what === 'arriving');
      await lab('cut', source, '--network', 'mgmt');
      const { code, stdout } = await command.ended;
      await lab('heal', source, '--network', 'mgmt');
      expect({ code, stdout }).toMatchObject({ code: 6, stdout: expect.stringContaining('unreachable') });
      const { waitsFor } = JSON.parse(stdout) as { readonly waitsFor: readonly { readonly lane?: string }[] };
      for (const { lane } of waitsFor) {
        if (lane !== undefined) await estate.run('retry', 'last', '--lane', lane);
      }
      expect(await estate.run('resume', 'last')).toMatchObject({ code: 0 });
      expect(await knownTo(source)).toEqual([]);
      await whole(names);
      await audit.stop();
    }, 1_800_000);
});

interface Report {
  readonly report: {
    readonly vms: readonly { readonly vm: string; readonly climbed?: readonly { readonly rung: string }[] }[];
  };
}

describe('a guest that writes its memory faster than the link takes it', () => {
  it('ends by its ladder within its deadline', async () => {
    using estate = new Estate(hosts);
    await using guests = await startGuests(['ev-busy'], source, '--memory', '192', '--dirty', '200MiB/s');
    expect(guests).toHaveLength(1);
    const move = ', move: { ladder: [live, throttle, post-copy], max-downtime: 200ms, deadline: 90s }';
    const file = estate.write('empty.yaml', runbook('ev-busy', move));
    await using audit = await startAudit();
    const { report } = await estate.document<Report>('evacuate', file);
    expect(report.vms.map(({ vm }) => vm)).toEqual(['ev-busy']);
    expect(report.vms[0]?.climbed).not.toEqual([]);
    expect(Object.values(await whole(['ev-busy']))).not.toContain(source);
    await audit.stop();
  });
});
