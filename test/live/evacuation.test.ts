/** Hosts are emptied by Lifeboat's own command line, and everything is asked of others: libvirt, the guests, the auditor. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Estate } from './evacuation/estate.js';
import { mostAtOnce, recordMoves } from './evacuation/events.js';
import { killAndTakeUp, lastedMs, type Ran, randomFrom } from './evacuation/killing.js';
import { type Guests, imagesOn, knownTo, losses, mark, poolsOn, sightings, startGuests } from './evacuation/scene.js';
import { startAudit } from './guest.js';
import { labHosts } from './lab.js';

const hosts = labHosts();
const [source, ...targets] = hosts as [string, ...string[]];
/** The full set, which CI has no time for. */
const isAll = process.env['LIFEBOAT_LIVE_ALL'] === '1';
const seed = Number(process.env['LIFEBOAT_SEED'] ?? 1);
// A dozen guests without KVM share two processors: what hangs is told from what is slow a little later.
if (isAll) jest.setTimeout(600_000);

interface Outcome extends Ran {
  readonly runId: string;
  readonly result: string;
  readonly report: Ran['report'] & { readonly vms: readonly { readonly vm: string; readonly to: string }[] };
}

interface Ledger {
  readonly authority: readonly {
    readonly vm: string;
    readonly state: string;
    readonly place: { readonly host: string };
  }[];
}

const numbered = (name: string, few: number, many: number): string[] =>
  Array.from({ length: isAll ? many : few }, (_, index) => `${name}-${index + 1}`);

describe('a host whose disks nobody shares', () => {
  const names = { db: numbered('ev-db', 2, 4), app: numbered('ev-app', 1, 4), web: numbered('ev-web', 1, 4) };
  const all = Object.values(names).flat();
  const tookMs = { evacuate: 0, return: 0 };
  const random = randomFrom(seed);
  const estate = new Estate(hosts);
  const runbook = estate.write(
    'empty.yaml',
    `version: 1
name: empty
protect: { from: { host: ${source} }, to: ${source.split('-')[0]} }
groups:
  - { name: web, priority: 3, vms: ["ev-web-*"] }
  - { name: app, priority: 2, vms: ["ev-app-*"] }
  - { name: db, priority: 1, vms: ["ev-db-*"] }
limits: { per-host: 2, per-link: 2 }
`,
  );
  let guests: Guests | undefined;
  let resident: Guests | undefined;
  let before: Awaited<ReturnType<typeof sightings>>;
  beforeAll(async () => {
    guests = await startGuests(all, source, '--disks', '2');
    resident = await startGuests(['ev-resident'], targets[0] as string);
    for (const name of ['ev-db-1', 'ev-web-1']) await mark(source, name);
    before = await sightings(all, hosts);
  });
  afterAll(async () => {
    estate[Symbol.dispose]();
    await resident?.[Symbol.asyncDispose]();
    await guests?.[Symbol.asyncDispose]();
  });

  /** Every guest is in one place, alive, as its owner has it, with all that it wrote. Gives the places. */
  async function expectWhole(isPlace: (host: string) => boolean): Promise<Readonly<Record<string, string>>> {
    const now = await sightings(all, hosts);
    for (const name of all) {
      expect(now[name]).toEqual([{ ...before[name]?.[0], host: expect.anything(), isRunning: true }]);
    }
    const places = Object.fromEntries(all.map((name) => [name, now[name]?.[0]?.host ?? '']));
    expect(Object.entries(places).filter(([, host]) => !isPlace(host))).toEqual([]);
    expect(await losses(all, (name) => places[name])).toEqual([]);
    for (const host of hosts) expect(await poolsOn(host)).toEqual([]);
    return places;
  }
  const isAway = (host: string): boolean => host !== source;
  const isBack = (host: string): boolean => host === source;

  it('is emptied by priority, no more at once than the runbook allows, and nothing is lost', async () => {
    await using audit = await startAudit();
    await using recorder = await recordMoves(hosts);
    const outcome = await estate.document<Outcome>('evacuate', runbook);
    const { result, report } = outcome;
    tookMs.evacuate = lastedMs(outcome);
    expect(result).toBe('succeeded');

    const { events } = recorder;
    const order = (what: string, among: readonly string[]): number[] =>
      events.flatMap((event, index) => (event.what === what && among.includes(event.guest) ? [index] : []));
    expect(order('arrived', all)).toHaveLength(all.length);
    expect(order('left', all)).toHaveLength(all.length);
    expect(Math.max(...order('left', names.db))).toBeLessThan(Math.min(...order('arriving', names.app)));
    expect(Math.max(...order('left', names.app))).toBeLessThan(Math.min(...order('arriving', names.web)));
    for (const most of Object.values(mostAtOnce(events, source))) expect(most).toBeLessThanOrEqual(2);
    expect(mostAtOnce(events, source)[source]).toBe(2);

    const places = await expectWhole(isAway);
    expect(Object.fromEntries(report.vms.map(({ vm, to }) => [vm, to.split('/')[1]]))).toEqual(places);
    expect(await knownTo(source)).toEqual([]);
    const { vms } = await audit.stop();
    for (const name of all) expect(vms.find((vm) => vm.name === name)?.moves).toHaveLength(1);
  });

  it('is filled again by return, with what has left it and nothing else', async () => {
    await using audit = await startAudit();
    const outcome = await estate.document<Outcome>('return', source);
    tookMs.return = lastedMs(outcome);
    expect(outcome.result).toBe('succeeded');
    await expectWhole(isBack);
    expect(await knownTo(source)).toEqual(all.toSorted());
    expect(await knownTo(targets[0] as string)).toEqual(['ev-resident']);
    await audit.stop();
  });

  it.each(['evacuate', 'return'] as const)('ends as if nothing had happened when %s is killed', async (command) => {
    await using audit = await startAudit();
    const afterMs = Math.round(random() * tookMs[command]);
    const args = command === 'evacuate' ? [command, runbook] : [command, source];
    const { code, said } = await killAndTakeUp(estate, { args, afterMs });
    expect({ code, afterMs, said }).toMatchObject({ code: 0 });
    await expectWhole(command === 'evacuate' ? isAway : isBack);
    await audit.stop();
  });

  it('that is given up half way leaves each VM whole on one side, and says on which', async () => {
    await using audit = await startAudit();
    await using recorder = await recordMoves(hosts);
    const command = estate.start('evacuate', runbook, '-o', 'json');
    await recorder.until(({ guest, what }) => what === 'arriving' && names.app.includes(guest));
    const cancelled = await estate.run('cancel', 'last');
    expect(cancelled).toMatchObject({ code: 0 });
    const { code } = await command.ended;
    expect(code).toBe(1);
    const places = await expectWhole(() => true);
    for (const name of names.db) expect(places[name]).not.toBe(source);
    for (const name of names.web) expect(places[name]).toBe(source);
    const { authority } = await estate.document<Ledger>('authority');
    for (const { vm, state, place } of authority) {
      expect({ vm, state, host: place.host }).toEqual({ vm, state: 'at', host: places[vm] });
    }
    expect((await estate.run('return', source)).code).toBe(0);
    await expectWhole(isBack);
    await audit.stop();
  });
});

describe('a host whose disks its site shares', () => {
  it('is emptied without copying them', async () => {
    using estate = new Estate(hosts);
    const names = numbered('ev-s', 2, 12);
    await using guests = await startGuests(names, source, '--shared', '--disks', '2');
    const files = hosts.map(imagesOn);
    await using audit = await startAudit();
    const { result } = await estate.document<Outcome>('evacuate', source);
    expect(result).toBe('succeeded');
    expect(await knownTo(source)).toEqual([]);
    expect(hosts.map(imagesOn)).toEqual(files);
    const now = await sightings(names, hosts);
    for (const { name } of guests) expect(now[name]).toEqual([expect.objectContaining({ isRunning: true })]);
    expect(await losses(names)).toEqual([]);
    await audit.stop();
  });
});
