/** The store of replicas with QEMU's own tools, on this machine. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/cli/system-clock.js';
import { createSshSocket } from '../../src/hypervisors/ssh/ssh-socket.js';
import { FailureError } from '../../src/model/failure.js';
import { copy } from '../../src/storage-sync/copier.js';
import { openExport } from '../../src/storage-sync/methods/block-sync/exports.js';
import { proveDisks } from '../../src/storage-sync/methods/block-sync/proof.js';
import { VolatileEndpoint } from '../../src/storage-sync/simulated/volatile-endpoint.js';
import { damageImage } from './store/damage.js';
import {
  contentAfter,
  diskBytes,
  never,
  newPoint,
  openScene,
  request,
  type Scene,
  targets,
  vmId,
} from './store/scene.js';

const ways = { clock: systemClock, signal: never, onProgress: () => undefined };

describe('a store of replicas', () => {
  let scene: Scene;

  beforeEach(() => {
    scene = openScene();
  });

  afterEach(async () => {
    await scene.close();
  });

  const codeOf = async (call: Promise<unknown>): Promise<string> =>
    await call.then(
      () => 'done',
      (error: unknown) => (error instanceof FailureError ? error.failure.code : String(error)),
    );
  /** Writes and publishes these rounds. */
  const cycles = async (from: number, to: number): Promise<void> => {
    const { instance } = await scene.store.open(request, never);
    for (let round = from; round <= to; round += 1) {
      scene.write(round);
      await scene.store.publish(vmId, newPoint(round), instance, never);
    }
  };
  /** The layer of a disk that is written to, as a cycle sees it. */
  const incomingOf = async (name: string) => {
    const sockets = createSshSocket({ sites: {}, links: {}, tls: 'off', store: { sqlite: 'db' } });
    const path = scene.store.nbdSocket(vmId);
    return await openExport({ sockets, on: 'controller', path, name, signal: never });
  };
  const pointsNow = async () => (await scene.store.find(vmId, never))?.points ?? [];
  /** Every point against what was written up to it. */
  const wrongPoints = async (): Promise<readonly (string | undefined)[]> =>
    (await pointsNow()).flatMap(({ id, manifest }) =>
      manifest.disks
        .map(({ layer, target }) => scene.differs(join(scene.folder, layer), Number(id.slice(1)), target))
        .filter((wrong) => wrong !== undefined),
    );

  it('makes points that hold their own moment, while a writer goes on', async () => {
    const opened = await scene.store.open(request, never);
    expect(opened.exports).toEqual(
      targets.map((target) => ({ target, name: target, sizeBytes: diskBytes, content: 'empty' })),
    );
    await cycles(1, 4);
    scene.write(5);
    expect((await pointsNow()).map(({ id }) => id)).toEqual(['p1', 'p2', 'p3', 'p4']);
    expect(await wrongPoints()).toEqual([]);
    expect(await scene.store.list(never)).toEqual([vmId]);
    const again = await scene.store.open(request, never);
    expect(again.instance).toBe(opened.instance);
    expect(again.exports[0]?.content).toBe('kept');
    await scene.store.check(vmId, never);
    expect(await scene.store.definition(vmId, 'p1', never)).toContain('&#xfc;&#xfc;');
  });

  it('merges the oldest points, under the running exports', async () => {
    await cycles(1, 5);
    scene.write(6);
    expect(await scene.store.merge(vmId, 2, never)).toEqual(['p1', 'p2', 'p3']);
    expect((await pointsNow()).map(({ id }) => id)).toEqual(['p4', 'p5']);
    expect(await wrongPoints()).toEqual([]);
    expect(readdirSync(scene.folder).filter((name) => name.startsWith('vda'))).toHaveLength(4);
    expect(await scene.store.merge(vmId, 2, never)).toEqual([]);
    scene.write(7);
    await scene.store.close(vmId, never);
    expect(scene.daemons()).toEqual([]);
    expect(readdirSync(join(scene.run, vmId))).toEqual([]);
    await scene.store.check(vmId, never);
  });

  it('keeps holes where a merge brought zeroes', async () => {
    await cycles(1, 3);
    await scene.store.merge(vmId, 1, never);
    await scene.store.close(vmId, never);
    const map = spawnSync('qemu-img', ['map', '--output=json', join(scene.folder, 'vda.base.qcow2')]);
    const extents = JSON.parse(String(map.stdout)) as { start: number; length: number; data: boolean }[];
    // Round 2 put a zero over the data of MiB 4.
    const zeroed = extents.find(({ start, length }) => start <= 4 * 2 ** 20 && start + length > 4 * 2 ** 20);
    expect(zeroed?.data).toBe(false);
  });

  it('promotes a point, ends the daemon, and takes writing up only when asked to', async () => {
    await cycles(1, 2);
    scene.write(3);
    const promoted = await scene.store.promote(vmId, { choice: 'newest', runId: 'run-1' }, never);
    expect(promoted.point).toMatchObject({ id: 'p2', pinnedBy: ['run-1'] });
    expect(scene.daemons()).toEqual([]);
    expect(await scene.store.promote(vmId, { choice: { id: 'p1' }, runId: 'run-1' }, never)).toEqual(promoted);
    expect(await scene.store.promoted(vmId, 'run-1', never)).toEqual(promoted);
    expect(await codeOf(scene.store.open(request, never))).toBe('replica-in-use');
    await scene.store.open({ ...request, reopen: true }, never);
    expect(await scene.store.merge(vmId, 1, never)).toEqual([]);
  });

  it('publishes what a mirror had before it promotes', async () => {
    await cycles(1, 1);
    const { instance } = await scene.store.open(request, never);
    scene.write(2);
    const publish = { point: newPoint(2), instance };
    const { point } = await scene.store.promote(vmId, { choice: 'newest', runId: 'run-1', publish }, never);
    expect(point.id).toBe('p2');
    expect(await wrongPoints()).toEqual([]);
  });

  it('makes overlays that can be written to while replication goes on', async () => {
    await cycles(1, 2);
    const overlay = { key: 'run-1/db-1/overlay', purpose: 'clone', point: 'newest' } as const;
    const made = await scene.store.createOverlay(vmId, overlay, never);
    expect(await scene.store.createOverlay(vmId, overlay, never)).toEqual(made);
    expect(await scene.store.overlay(vmId, overlay.key, never)).toEqual(made);
    expect(made.point.pinnedBy).toEqual(['run-1']);
    const path = made.disks[0]?.path ?? '';
    expect(scene.differs(path, 2, 'vda')).toBeUndefined();
    expect(spawnSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 77 0 1M', path]).status).toBe(0);
    await cycles(3, 3);
    expect(await wrongPoints()).toEqual([]);
    expect(await scene.store.merge(vmId, 1, never)).toEqual([]);
    await scene.store.removeOverlay(vmId, overlay.key, never);
    await scene.store.removeOverlay(vmId, overlay.key, never);
    expect(await scene.store.overlay(vmId, overlay.key, never)).toBeUndefined();
    expect(await scene.store.merge(vmId, 1, never)).toEqual(['p1', 'p2']);
  });

  it('merges an overlay into the base, which is the VM’s own disk then', async () => {
    await cycles(1, 2);
    await scene.store.promote(vmId, { choice: 'newest', runId: 'run-1' }, never);
    const overlay = { key: 'run-1/db-1/overlay', purpose: 'promoted', point: 'newest' } as const;
    await scene.store.createOverlay(vmId, overlay, never);
    for (let repeat = 0; repeat < 2; repeat += 1) {
      await scene.store.mergeOverlay(vmId, overlay.key, never);
      expect(readdirSync(scene.folder).toSorted()).toEqual(['vda.base.qcow2', 'vdb.base.qcow2']);
    }
    expect(scene.differs(join(scene.folder, 'vda.base.qcow2'), 2, 'vda')).toBeUndefined();
    expect(await scene.store.find(vmId, never)).toBeUndefined();
    expect(await codeOf(scene.store.open(request, never))).toBe('replica-damaged');
    expect(scene.differs(join(scene.folder, 'vda.base.qcow2'), 2, 'vda')).toBeUndefined();
  });

  it('refuses to publish what another daemon was given', async () => {
    await cycles(1, 1);
    const { instance } = await scene.store.open(request, never);
    process.kill(scene.daemons()[0] ?? 0, 'SIGKILL');
    expect(await codeOf(scene.store.publish(vmId, newPoint(2), instance, never))).toBe('storage-daemon-lost');
    expect((await scene.store.open(request, never)).instance).not.toBe(instance);
    expect(await codeOf(scene.store.publish(vmId, newPoint(2), instance, never))).toBe('storage-daemon-lost');
    expect(await wrongPoints()).toEqual([]);
  });

  it('throws away what was written since the newest point', async () => {
    await cycles(1, 2);
    scene.write(3);
    await scene.store.discardIncoming(vmId, never);
    const { instance } = await scene.store.open(request, never);
    await scene.store.publish(vmId, newPoint(2 + 10), instance, never);
    const layer = (await pointsNow()).at(-1)?.manifest.disks[0]?.layer ?? '';
    expect(scene.differs(join(scene.folder, layer), 2, 'vda')).toBeUndefined();
  });

  it('follows disks that come, grow and go', async () => {
    await cycles(1, 1);
    const disks = [
      { target: 'vda', sizeBytes: 2 * diskBytes },
      { target: 'vdc', sizeBytes: diskBytes },
    ];
    const { exports, instance } = await scene.store.open({ ...request, disks }, never);
    expect(exports.map(({ target, content, sizeBytes }) => [target, content, sizeBytes])).toEqual([
      ['vda', 'kept', 2 * diskBytes],
      ['vdc', 'empty', diskBytes],
    ]);
    await scene.store.publish(vmId, newPoint(2), instance, never);
    expect(existsSync(join(scene.folder, 'vdb.base.qcow2'))).toBe(true);
    expect(await scene.store.merge(vmId, 1, never)).toEqual(['p1']);
    expect(readdirSync(scene.folder).filter((name) => name.startsWith('vdb'))).toEqual([]);
    const shrunk = [{ target: 'vda', sizeBytes: diskBytes }];
    expect(await codeOf(scene.store.open({ ...request, disks: shrunk }, never))).toBe('disk-shrunk');
    const back = await scene.store.open(
      { ...request, disks: [...disks, { target: 'vdb', sizeBytes: diskBytes }] },
      never,
    );
    expect(back.exports.find(({ target }) => target === 'vdb')?.content).toBe('empty');
  });

  it('listens on TCP for a mirror, and says when the port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const listening = { kind: 'tcp', address: '127.0.0.1', port, prefix: 'secret-' } as const;
    expect(await codeOf(scene.store.open({ ...request, listening }, never))).toBe('nbd-port-taken');
    await new Promise((closed) => taken.close(closed));
    const { exports } = await scene.store.open({ ...request, listening }, never);
    const uri = `nbd://127.0.0.1:${port}/${exports[0]?.name ?? ''}`;
    expect(spawnSync('qemu-io', ['-f', 'raw', '-c', 'write -P 1 0 1M', uri]).status).toBe(0);
    await scene.store.endExports(vmId, never);
    expect(spawnSync('qemu-io', ['-f', 'raw', '-c', 'read 0 1M', uri]).status).not.toBe(0);
  });

  it('is not opened while a mirror is not settled, and gives up what a mirror without an end has written', async () => {
    await cycles(1, 1);
    const { instance } = await scene.store.open(request, never);
    const opened = Date.now();
    const mirror = { instance, address: '127.0.0.1', port: 10_810, prefix: 'a1-' };
    await scene.store.recordMirror(vmId, mirror, never);
    expect(await codeOf(scene.store.open(request, never))).toBe('replica-mirrored');
    scene.write(2);
    expect(await scene.store.writtenAt(vmId, never)).toBeGreaterThanOrEqual(opened - 1_000);
    expect((await scene.store.find(vmId, never))?.state.mirror).toEqual(mirror);
    await scene.store.discardIncoming(vmId, never);
    expect((await scene.store.find(vmId, never))?.state.mirror).toBeUndefined();
    await cycles(2, 2);
    expect(await wrongPoints()).toEqual([]);
    const again = await scene.store.open(request, never);
    await scene.store.recordMirror(vmId, { ...mirror, instance: again.instance, readyAt: 1 }, never);
    await scene.store.promote(vmId, { choice: 'newest', runId: 'run-1' }, never);
    expect((await scene.store.find(vmId, never))?.state.mirror).toBeUndefined();
  });

  it('is rebuilt from manifests and images when its state is lost', async () => {
    await cycles(1, 4);
    await scene.store.merge(vmId, 3, never);
    scene.write(5);
    rmSync(join(scene.folder, 'replica.json'));
    expect(await scene.store.find(vmId, never)).toBeUndefined();
    expect(await codeOf(scene.store.open(request, never))).toBe('replica-damaged');
    await scene.store.rebuild(vmId, 'block-sync', never);
    expect((await pointsNow()).map(({ id }) => id)).toEqual(['p2', 'p3', 'p4']);
    expect(await wrongPoints()).toEqual([]);
    expect(await scene.store.merge(vmId, 1, never)).toEqual(['p2', 'p3']);
    await cycles(5, 5);
    expect(await wrongPoints()).toEqual([]);
    expect(await codeOf(scene.store.rebuild('00000000-0000-0000-0000-000000000000', 'mirror', never))).toBe(
      'replica-not-found',
    );
  });

  it('holds a byte that was changed by hand in a point unnoticed, until a proof compares it with the source', async () => {
    await cycles(1, 3);
    const newest = (await pointsNow()).at(-1)?.manifest.disks.find(({ target }) => target === 'vda')?.layer ?? '';
    const content = Buffer.concat(contentAfter(3, 'vda').map((letter) => Buffer.alloc(2 ** 20, letter)));
    const proof = async () => {
      const incoming = await incomingOf('vda');
      try {
        const plan = { sizeBytes: diskBytes, extents: [], copyBytes: 0, zeroBytes: 0, isTargetFresh: false };
        const names = { target: 'vda', subject: 'disk vda of db-1', dirtyContext: '', how: 'delta' } as const;
        const source = new VolatileEndpoint({ content, isReadOnly: true });
        return await proveDisks([{ ...names, source, incoming, plan, comparedBytes: 0 }], ways);
      } finally {
        await incoming.close();
      }
    };
    expect(await proof()).toMatchObject([{ differed: [], sizeBytes: diskBytes }]);
    const at = damageImage(join(scene.folder, newest));
    await scene.store.check(vmId, never);
    const offset = Math.floor(at / 2 ** 22) * 2 ** 22;
    expect(await proof()).toMatchObject([{ differed: [{ offset, length: 2 ** 22 }], differedBytes: 2 ** 22 }]);
    const { instance } = await scene.store.open(request, never);
    const { disks } = await scene.store.publish(vmId, newPoint(4), instance, never);
    const mended = disks.find(({ target }) => target === 'vda')?.layer ?? '';
    expect(scene.differs(join(scene.folder, mended), 3, 'vda')).toBeUndefined();
    expect(scene.differs(join(scene.folder, newest), 3, 'vda')).toContain('Pattern');
    expect(await proof()).toMatchObject([{ differed: [], differedBytes: 0 }]);
  });

  it('names what is damaged', async () => {
    await cycles(1, 3);
    await scene.store.close(vmId, never);
    const image = join(scene.folder, 'vda.2.qcow2');
    truncateSync(image, 300_000);
    expect(await codeOf(scene.store.check(vmId, never))).toBe('replica-damaged');
    writeFileSync(image, 'no image');
    expect(await codeOf(scene.store.open(request, never))).toBe('storage-daemon-refused');
    rmSync(image);
    expect(await codeOf(scene.store.open(request, never))).toBe('image-missing');
    writeFileSync(join(scene.folder, 'points', 'p2.json'), '');
    expect(await codeOf(scene.store.find(vmId, never))).toBe('replica-damaged');
  });

  it('names an image of another size or format than it must have', async () => {
    await cycles(1, 3);
    await scene.store.close(vmId, never);
    const failureOf = async (call: Promise<unknown>) => {
      const error = await call.catch((reason: unknown) => reason);
      return error instanceof FailureError ? error.failure : error;
    };
    const image = join(scene.folder, 'vdb.2.qcow2');
    const kept = `${image}.kept`;
    cpSync(image, kept);
    const larger = spawnSync('qemu-img', ['resize', '-q', image, String(2 * diskBytes)]);
    expect(larger.status).toBe(0);
    expect(await failureOf(scene.store.check(vmId, never))).toMatchObject({
      code: 'replica-damaged',
      message: expect.stringContaining(`its size is ${2 * diskBytes} bytes, and not ${diskBytes}`),
    });
    writeFileSync(image, Buffer.alloc(diskBytes, 1));
    expect(await failureOf(scene.store.check(vmId, never))).toMatchObject({
      code: 'replica-damaged',
      message: expect.stringContaining('its format is raw, and not qcow2'),
    });
    expect(await codeOf(scene.store.open(request, never))).toBe('storage-daemon-refused');
    cpSync(kept, image);
    rmSync(kept);
    await scene.store.check(vmId, never);
    await scene.store.close(vmId, never);
    const incoming = join(scene.folder, 'vda.4.qcow2');
    expect(spawnSync('qemu-img', ['resize', '-q', incoming, String(2 * diskBytes)]).status).toBe(0);
    expect(await failureOf(scene.store.open(request, never))).toMatchObject({
      code: 'replica-damaged',
      message: expect.stringContaining(`its size is ${2 * diskBytes} bytes, and not ${diskBytes}`),
    });
    await scene.store.discardIncoming(vmId, never);
    await cycles(4, 4);
    expect(await wrongPoints()).toEqual([]);
  });

  it('keeps every point when its disk fills while a cycle writes, and goes on when there is room again', async () => {
    await scene.close();
    scene = openScene(undefined, 64 * 2 ** 20);
    await cycles(1, 3);
    const { instance } = await scene.store.open(request, never);
    const content = Buffer.alloc(diskBytes, 0x55);
    const copied = async (): Promise<number> => {
      const target = await incomingOf('vda');
      const extents = [{ offset: 0, length: diskBytes, kind: 'copy' as const }];
      const plan = { sizeBytes: diskBytes, extents, copyBytes: diskBytes, zeroBytes: 0, isTargetFresh: false };
      try {
        const subject = 'disk vda of db-1';
        const source = new VolatileEndpoint({ content, isReadOnly: true });
        return (await copy({ ...ways, subject, plan, source, target })).writtenBytes;
      } finally {
        await target.close();
      }
    };
    const free = scene.fill(2 ** 20);
    const error = await copied().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ failure: { code: 'no-space', kind: 'permanent' } });
    expect(await codeOf(scene.store.publish(vmId, newPoint(4), instance, never))).toBe('no-space');
    expect((await pointsNow()).map(({ id }) => id)).toEqual(['p1', 'p2', 'p3']);
    expect(await wrongPoints()).toEqual([]);
    free();
    expect(await copied()).toBe(diskBytes);
    const again = await scene.store.open(request, never);
    const { disks } = await scene.store.publish(vmId, newPoint(4), again.instance, never);
    const layer = join(scene.folder, disks.find(({ target }) => target === 'vda')?.layer ?? '');
    const read = spawnSync('qemu-io', ['-r', '-U', '-f', 'qcow2', '-c', `read -P 0x55 0 ${diskBytes}`, layer]);
    expect(`${read.status} ${String(read.stdout)}`).not.toContain('Pattern');
    expect(read.status).toBe(0);
    await scene.store.check(vmId, never);
  });

  it('refuses what does not fit', async () => {
    expect(await codeOf(scene.store.open({ ...request, expectedBytes: 2 ** 50 }, never))).toBe('no-space');
    expect(scene.daemons()).toEqual([]);
  });
});
