/** Live moves between real hosts while everything breaks: each ends with the VM running at one side, and nothing left over. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Migration } from '../../src/hypervisors/hypervisor.js';
import { countedPast, type Guest, removeGuest, startGuest, witnessOf } from './guest.js';
import { labHosts, onHost } from './lab.js';
import { Mover, onLibvirt, tracesOn } from './migration/mover.js';

const [north, south] = labHosts() as [string, string];
const never = new AbortController().signal;
const name = 'faulty';
const slow = 20 * 2 ** 20;
const images = '/var/lib/libvirt/images';

let mover: Mover;
let guest: Guest;
let source = north;
let target = south;

const move = (more: Partial<Migration> = {}): Migration => ({
  id: guest.uuid,
  source,
  target,
  ladder: ['live'],
  maxDowntimeMs: 500,
  copyStorage: 'all',
  ...more,
});

/** The guest counts on at its source, which alone knows it. */
async function stayedRunning(): Promise<void> {
  expect(await mover.moves.migrationState(guest.uuid, source, target, never)).toMatchObject({
    source: 'running',
    target: undefined,
    isUnderWay: false,
  });
  await countedPast(name, (await witnessOf(name)).printed);
}

/** The same, and the target has nothing of it or of ours. */
async function stayed(): Promise<void> {
  await stayedRunning();
  expect(await tracesOn(target, guest)).toEqual([]);
}

/** The guest counts on at the target, which alone knows it; its old disk is taken away, so that it can move back. */
async function arrived(): Promise<void> {
  expect(await mover.moves.migrationState(guest.uuid, source, target, never)).toMatchObject({
    source: undefined,
    target: 'running',
    isUnderWay: false,
  });
  expect(await tracesOn(target, guest)).toEqual(['alive', `file ${name}-vda.qcow2`]);
  expect(await tracesOn(source, guest)).toEqual([`file ${name}-vda.qcow2`]);
  await onHost(source, 'rm', `${images}/${name}-vda.qcow2`);
  [source, target] = [target, source];
  await countedPast(name, (await witnessOf(name)).printed);
}

/** Resolves when the host's libvirtd is back: the lab starts it again a second after its death. */
async function answering(host: string): Promise<void> {
  for (;;) {
    const state = await mover.moves.migrationState(guest.uuid, source, target, never);
    if (state[host === source ? 'source' : 'target'] !== 'unreachable') return;
  }
}

beforeAll(async () => {
  guest = await startGuest(name, source, '--ticks-per-second', '5', '--beacons-per-second', '20', '--disk', '16M');
});
afterAll(async () => {
  await removeGuest(name);
});

describe('a live move', () => {
  beforeAll(() => {
    mover = new Mover([north, south]);
  });
  afterEach(async () => {
    await mover.kill();
    mover = new Mover([north, south]);
  });

  it('takes disk, autostart and all of the definition along, and is answered alike to whoever asks', async () => {
    await onLibvirt(source, async (libvirt) => {
      const dom = await libvirt.domainLookupByUUID({ uuid: guest.uuid });
      await libvirt.domainSetAutostart({ dom, autostart: true });
    });
    const first = mover.begin(move({ bytesPerSecond: slow }));
    await first.reached('memory');
    const result = await mover.begin(move()).result();
    expect(await first.result()).toEqual(result);
    expect(await mover.moves.migrate(move(), never, () => undefined)).toEqual(result);
    const hasAutostart = await onLibvirt(target, async (libvirt) =>
      libvirt.domainGetAutostart({ dom: await libvirt.domainLookupByUUID({ uuid: guest.uuid }) }),
    );
    expect(hasAutostart).toBe(true);
    await arrived();
  });

  it('is taken up by another process when its own is killed, and what was left to do is done', async () => {
    const journey = mover.begin(move({ bytesPerSecond: slow }));
    await journey.reached('memory');
    await mover.kill();
    expect((await journey.failure()).kind).not.toBe('bug');
    mover = new Mover([north, south]);
    await mover.begin(move({ bytesPerSecond: slow })).result();
    await arrived();
  });

  it.each(['disks', 'memory'])('that is given up while it copies %s leaves the guest where it was', async (phase) => {
    const abort = new AbortController();
    const journey = mover.begin(move({ bytesPerSecond: slow }), abort.signal);
    await journey.reached(phase);
    abort.abort();
    expect(await journey.failure()).toMatchObject({ code: 'migration-aborted' });
    await stayed();
  });

  it('whose target loses its libvirtd is over, and the next attempt takes what it has left there', async () => {
    const since = Date.now();
    const journey = mover.begin(move({ bytesPerSecond: slow }));
    await journey.reached('memory');
    await onHost(target, 'pkill', '-9', '-x', 'libvirtd');
    expect(await journey.failure()).toMatchObject({ code: 'migration-aborted', kind: 'transient' });
    await answering(target);
    await stayedRunning();
    await mover.begin(move({ replaces: { since, stale: false } })).result();
    await arrived();
  });

  it('whose source loses its libvirtd is found again, and the next attempt is the one that counts', async () => {
    const since = Date.now();
    const journey = mover.begin(move({ bytesPerSecond: slow }));
    await journey.reached('memory');
    await onHost(source, 'pkill', '-9', '-x', 'libvirtd');
    expect(await journey.failure()).toMatchObject({ code: 'reply-lost', kind: 'outcome-unknown' });
    await answering(source);
    await stayedRunning();
    await mover.begin(move({ replaces: { since, stale: false } })).result();
    await arrived();
  });

  it('whose target has no space left half way is told so, and leaves nothing there', async () => {
    await onHost(target, 'mount', '-t', 'tmpfs', '-o', 'size=24M', 'tmpfs', images);
    try {
      await onHost(source, 'sync');
      const journey = mover.begin(move({ bytesPerSecond: 2 * 2 ** 20 }));
      await journey.reached('disks');
      await onHost(target, 'sh', '-c', `cat /dev/zero > ${images}/filler; true`);
      const failure = await journey.failure();
      expect(`${failure.message} ${failure.cause} ${failure.hint}`).toMatch(/space/i);
      await onHost(target, 'rm', `${images}/filler`);
      await stayed();
    } finally {
      await onHost(target, 'umount', images);
    }
  });
});
