/** Replication by block-sync between real hosts, of a guest that writes all the time. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FailureError } from '../../src/model/failure.js';
import { hows, never, SyncScene } from './block-sync/scene.js';
import { countedPast, witnessOf } from './guest.js';
import { onHost } from './lab.js';

const targets = ['vda', 'vdb'] as const;
let scene: SyncScene;

beforeAll(async () => {
  scene = await SyncScene.set('sync-guest');
}, 120_000);

afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

const ticksOn = async (): Promise<void> => {
  await countedPast(scene.guest.name, (await witnessOf(scene.guest.name)).printed);
};

/** A cycle whose copy is compared with the very moment that it copied, while the guest goes on. */
const proven = async (quiesce = false) => {
  const wrong: (string | undefined)[] = [];
  const result = await scene.cycle({
    quiesce,
    whole: async () => {
      await ticksOn();
      for (const target of targets) wrong.push(await scene.differsFromBackup(target));
    },
  });
  expect(wrong).toEqual([undefined, undefined]);
  expect(await scene.leftovers()).toEqual([]);
  return result;
};

describe('block-sync', () => {
  it('makes each point equal to its moment, while the guest writes on', async () => {
    const seed = await proven();
    expect(hows(seed)).toEqual({ vda: 'seed', vdb: 'seed' });
    await ticksOn();
    const first = await proven();
    expect(hows(first)).toEqual({ vda: 'delta', vdb: 'delta' });
    expect(first.bytes).toBeGreaterThan(0);
    expect(first.notes).toEqual([]);
    await ticksOn();
    const second = await proven(true);
    expect(second.point).toMatchObject({
      consistency: 'filesystem',
      carries: { name: 'sync-guest', seenOn: 'replica' },
    });
    expect(await scene.store.definition(scene.vm.id, second.point.id, never)).toContain('<name>sync-guest</name>');
    await ticksOn();
  });

  it('goes on after it was killed in the middle of a copy', async () => {
    await ticksOn();
    await scene.cutOff('copying');
    expect(await scene.leftovers()).toContain('a job');
    await ticksOn();
    const { notes, disks } = await proven();
    expect(notes).toEqual(['a backup of sync-guest that a sync had left when it was cut off was ended']);
    expect(disks.map(({ how }) => how)).toEqual(['delta', 'delta']);
  });

  it('thaws a guest that a killed sync has left frozen', async () => {
    await scene.cutOff('frozen');
    expect((await scene.leftovers()).join()).toContain('<frozen');
    const { notes } = await proven();
    expect(notes).toEqual([
      'the file systems of sync-guest were still frozen by a sync that was cut off, and were thawed',
    ]);
    await ticksOn();
  });

  it('leaves a backup of somebody else alone', async () => {
    // One in pull mode lasts until it is ended.
    const xml = '<domainbackup mode="pull"><server transport="unix" socket="/run/theirs.sock"/></domainbackup>';
    await onHost('north-1', 'sh', '-c', `echo '${xml}' >/run/theirs.xml`);
    const begun = await scene.virsh('backup-begin', scene.guest.name, '/run/theirs.xml');
    expect(begun).toContain('started');
    const outcome = await scene.cycle().catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(FailureError);
    expect((outcome as FailureError).failure.code).toBe('job-under-way');
    await scene.virsh('domjobabort', scene.guest.name);
    await onHost('north-1', 'rm', '/run/theirs.xml');
  });

  it('reads the images of a VM that is shut off, and goes on from there when it runs again', async () => {
    await scene.libvirt.hypervisor.destroy('north-1', scene.vm.id, never);
    const off = await scene.cycle();
    for (const target of targets) expect(await scene.differsFromImage(target)).toBeUndefined();
    expect(hows(off)).toEqual({ vda: 'delta', vdb: 'delta' });
    expect(await scene.leftovers()).toEqual([]);
    await scene.libvirt.hypervisor.start('north-1', scene.vm.id, never);
    await ticksOn();
    expect(hows(await proven())).toEqual({ vda: 'delta', vdb: 'delta' });
  });

  it('compares whole disks after QEMU was killed, and sends no more than what differs', async () => {
    await scene.virsh('qemu-monitor-command', scene.guest.name, '--hmp', 'info status');
    await ticksOn();
    await scene.killQemu();
    await scene.libvirt.hypervisor.start('north-1', scene.vm.id, never);
    await ticksOn();
    await scene.virsh('suspend', scene.guest.name);
    const differing = (await Promise.all(targets.map((target) => scene.differingBlocks(target)))).reduce(
      (a, b) => a + b,
    );
    const resync = await scene.cycle();
    expect(hows(resync)).toEqual({ vda: 'resync', vdb: 'resync' });
    expect(resync.notes.join()).toContain('as when QEMU is killed');
    expect(resync.bytes).toBeGreaterThan(0);
    expect(resync.bytes).toBeLessThanOrEqual(1.05 * differing * 4 * 2 ** 20);
    for (const target of targets) expect(await scene.differsFromImage(target)).toBeUndefined();
    await scene.virsh('resume', scene.guest.name);
    expect(await scene.leftovers()).toEqual([]);
    expect(hows(await proven())).toEqual({ vda: 'delta', vdb: 'delta' });
  });
});

describe('replicas of real hosts', () => {
  it('are listed with what they carry, synced, and promoted with an overlay', async () => {
    const { replicas, from, to, guest } = scene;
    const calls = [1, 2].map(() => replicas.sync(guest.name, from, to, never, () => undefined));
    const [first, second] = await Promise.all(calls);
    expect(second).toEqual(first);
    const [listed] = await replicas.list('south', never);
    expect(listed).toMatchObject({ vm: guest.name, host: 'south-1', method: 'block-sync', state: 'in-sync' });
    expect(listed?.dataAsOf).toBe(first?.point.at);
    expect(await replicas.find(guest.name, to, never)).toEqual(listed);
    expect(await replicas.carried('south', never)).toMatchObject([{ name: guest.name, ...from, seenOn: 'replica' }]);
    expect(await replicas.list('north', never)).toEqual([]);
    await scene.libvirt.hypervisor.destroy('north-1', guest.uuid, never);
    const last = await replicas.sync(guest.name, from, to, never, () => undefined);
    const promoted = await replicas.promote(guest.name, to, 'newest', 'run-1', never);
    expect(promoted.point.id).toBe(last.point.id);
    expect(await replicas.promoted(guest.name, to, 'run-1', never)).toEqual(promoted);
    const outcome = await replicas.sync(guest.name, from, to, never, () => undefined).catch((error: unknown) => error);
    expect((outcome as FailureError).failure.code).toBe('replica-in-use');
  });

  it('are merged into one image under the VM that runs on them', async () => {
    const { replicas, guest, to } = scene;
    const key = 'run-1/vm/overlay';
    const overlay = { vm: guest.name, host: to.host, key, purpose: 'promoted', point: 'newest' } as const;
    const { disks } = await replicas.createOverlay(overlay, never);
    const needs = { memoryBytes: 64 * 2 ** 20, vcpus: 1, networks: [], hasAgent: false, tags: [], hasAutostart: false };
    await scene.libvirt.hypervisor.define('south-1', { id: guest.uuid, name: guest.name, disks, ...needs }, never);
    await scene.libvirt.hypervisor.start('south-1', guest.uuid, never);
    for (let repeat = 0; repeat < 2; repeat += 1) await replicas.mergeOverlay(guest.name, to.host, key, never);
    expect(await replicas.overlay(guest.name, to.host, key, never)).toBeUndefined();
    const moved = await scene.libvirt.hypervisor.vm('south-1', guest.uuid, never);
    expect(moved?.disks.map(({ path }) => path.split('/').at(-1))).toEqual(['vda.base.qcow2', 'vdb.base.qcow2']);
    for (const target of targets) expect(await scene.differsFromMerged(target)).toBeUndefined();
  });
});
