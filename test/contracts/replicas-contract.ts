import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Failure, FailureError } from '../../src/model/failure.js';
import type { Place } from '../../src/model/place.js';
import type { Replica } from '../../src/model/replica.js';
import type { Replicate } from '../../src/model/runbook.js';
import type { OverlayRequest, Replicas } from '../../src/storage-sync/replicas.js';

/** What the copies of disks must be given to prove their promises. */
export interface ReplicasDriver {
  readonly replicas: Replicas;
  /** A VM that runs at `from` and has a replica with at least two points at `to`, synced every few minutes. */
  readonly synced: string;
  /** A VM that runs at `from` and has a mirror at `to` that is ready. */
  readonly mirrored: string;
  /** A VM that runs at `from` and has no replica. */
  readonly unprotected: string;
  readonly from: Place;
  readonly to: Place;
  /** Lets time pass until the call is answered. */
  answered<Answer>(call: Promise<Answer>): Promise<Answer>;
  /** Lets the VMs write for a while. */
  pass(ms: number): Promise<void>;
  /** The protected site is gone, at once. */
  loseSource(): Promise<void>;
  /** Changes what the files of its newest point at `to` hold. */
  damage(vm: string): Promise<void>;
  /** Stops the VM at its source, and starts it at the replica's host over these disks. */
  moveCold(vm: string, disks: readonly { target: string; path: string; sizeBytes: number }[]): Promise<void>;
  close(): Promise<void>;
}

const never: AbortSignal = new AbortController().signal;
const ignore = (): void => undefined;

/** The promises of the Replicas port, for every driver. */
export function describeReplicas(name: string, makeDriver: () => Promise<ReplicasDriver>): void {
  describe(`${name} as the keeper of replicas`, () => {
    let driver: ReplicasDriver;

    beforeEach(async () => {
      driver = await makeDriver();
    });

    afterEach(async () => {
      await driver.close();
    });

    const failure = async (call: Promise<unknown>): Promise<Failure> => {
      const outcome = await driver.answered(call.then(ignore, (error: unknown) => error));
      if (outcome instanceof FailureError) {
        return outcome.failure;
      }
      throw new Error(`The call was to fail, and gave ${String(outcome)}`);
    };
    const replicaOf = async (vm: string, place = driver.to): Promise<Replica> => {
      const replicas = await driver.answered(driver.replicas.list(place.site, never));
      const replica = replicas.find((each) => each.vm === vm && each.host === place.host);
      if (replica === undefined) {
        throw new Error(`${place.host} has no replica of ${vm}`);
      }
      return replica;
    };
    const sync = async (vm: string) =>
      await driver.answered(driver.replicas.sync(vm, driver.from, driver.to, never, ignore));
    const promote = async (vm: string, runId = 'run-1') =>
      await driver.answered(driver.replicas.promote(vm, driver.to, 'newest', runId, never));
    const overlayOf = (vm: string, parts: Partial<OverlayRequest> = {}): OverlayRequest => ({
      vm,
      host: driver.to.host,
      key: 'run-1/vm/overlay',
      purpose: 'clone',
      point: 'newest',
      ...parts,
    });

    describe('points', () => {
      it('lists a replica with its points, oldest first, and how old its data is', async () => {
        const replica = await replicaOf(driver.synced);
        expect(replica).toMatchObject({ method: 'block-sync', state: 'in-sync', site: driver.to.site });
        expect(replica.points.length).toBeGreaterThan(1);
        expect(replica.points).toEqual(replica.points.toSorted((one, other) => one.at - other.at));
        expect(replica.dataAsOf).toBe(replica.points.at(-1)?.at);
      });

      it('carries what a failover needs to know of the VM', async () => {
        const carried = await driver.answered(driver.replicas.carried(driver.to.site, never));
        expect(carried.find((vm) => vm.name === driver.synced)).toMatchObject({
          seenOn: 'replica',
          site: driver.from.site,
          host: driver.from.host,
        });
      });

      it('has the data of now in a mirror that is ready', async () => {
        const before = await replicaOf(driver.mirrored);
        await driver.pass(1_000);
        const after = await replicaOf(driver.mirrored);
        expect((after.dataAsOf ?? 0) - (before.dataAsOf ?? 0)).toBeGreaterThanOrEqual(1_000);
      });

      it('publishes a point with the data of now after a sync, and less to send each time', async () => {
        const first = await sync(driver.synced);
        const second = await sync(driver.synced);
        expect(second.bytes).toBeLessThanOrEqual(first.bytes);
        expect(second.point.at).toBeGreaterThan(first.point.at);
        expect((await replicaOf(driver.synced)).points.map(({ id }) => id)).toContain(second.point.id);
      });

      it('answers two calls for the same sync with one point', async () => {
        await driver.pass(10_000);
        const calls = [1, 2].map(() => driver.replicas.sync(driver.synced, driver.from, driver.to, never, ignore));
        const [first, second] = await driver.answered(Promise.all(calls));
        expect(second).toEqual(first);
      });

      it('knows no replica of a VM that has none', async () => {
        expect(await failure(driver.replicas.sync('stranger', driver.from, driver.to, never, ignore))).toMatchObject({
          code: 'replica-not-found',
        });
        expect(await failure(driver.replicas.promote('stranger', driver.to, 'newest', 'run-1', never))).toMatchObject({
          code: 'replica-not-found',
        });
      });

      it('cannot sync from a source that is gone, and says that it is', async () => {
        await driver.loseSource();
        expect((await replicaOf(driver.synced)).state).toBe('source-lost');
        const call = driver.replicas.sync(driver.synced, driver.from, driver.to, never, ignore);
        expect(await failure(call)).toMatchObject({ kind: 'transient' });
      });
    });

    describe('cycles', () => {
      const policy: Replicate = { method: 'block-sync', everyMs: 60_000, keep: 2, quiesce: false };
      const ask = (vm: string, signal = never, progress: () => void = ignore) =>
        driver.replicas.cycle({ vm, from: driver.from, to: driver.to, replicate: policy }, signal, progress);
      const cycle = async (vm: string) => await driver.answered(ask(vm));

      it('begin with a seed where there is no replica, and go on with what has changed', async () => {
        const seed = await cycle(driver.unprotected);
        expect(seed.transfer).toBe('seed');
        await driver.pass(5_000);
        const delta = await cycle(driver.unprotected);
        expect(delta.transfer).toBe('delta');
        expect(delta.bytes).toBeLessThan(seed.bytes);
        expect(delta.point.at).toBeGreaterThan(seed.point.at);
        expect((await replicaOf(driver.unprotected)).points.map(({ id }) => id)).toEqual([
          seed.point.id,
          delta.point.id,
        ]);
      });

      it('keep as many points as the runbook asks for, and those that somebody needs', async () => {
        const first = await cycle(driver.unprotected);
        const request = overlayOf(driver.unprotected);
        await driver.answered(driver.replicas.createOverlay(request, never));
        const ids: string[] = [];
        for (let count = 0; count < 3; count += 1) {
          await driver.pass(5_000);
          ids.push((await cycle(driver.unprotected)).point.id);
        }
        const points = async () => (await replicaOf(driver.unprotected)).points.map(({ id }) => id);
        expect(await points()).toEqual([first.point.id, ...ids.slice(1)]);
        await driver.answered(driver.replicas.removeOverlay(driver.unprotected, driver.to.host, request.key, never));
        await driver.pass(5_000);
        const { point } = await cycle(driver.unprotected);
        expect(await points()).toEqual([ids.at(-1), point.id]);
      });

      it('end at a safe point when they are stopped, and can be made again', async () => {
        const stop = new AbortController();
        const stopped = ask(driver.unprotected, stop.signal, () => stop.abort());
        expect(await failure(stopped)).toMatchObject({ code: 'call-aborted' });
        expect((await replicaOf(driver.unprotected)).points).toEqual([]);
        expect((await cycle(driver.unprotected)).transfer).toBe('seed');
      });

      it('leave alone a replica that a run has taken', async () => {
        await promote(driver.synced);
        expect(await failure(ask(driver.synced))).toMatchObject({ code: 'replica-in-use', kind: 'precondition' });
      });

      it('fail for a while when the source is gone', async () => {
        await driver.loseSource();
        expect(await failure(ask(driver.synced))).toMatchObject({ kind: 'transient' });
      });

      it('cannot copy what is not there', async () => {
        expect(await failure(ask('stranger'))).toMatchObject({ kind: 'permanent' });
      });
    });

    describe('a proof', () => {
      const policy: Replicate = { method: 'block-sync', everyMs: 60_000, keep: 3, quiesce: false };
      const ask = (vm: string, replicate: Replicate = policy) =>
        driver.replicas.prove({ vm, from: driver.from, to: driver.to, replicate }, never, ignore);
      const prove = async (vm: string) => await driver.answered(ask(vm));

      it('makes a point that equals its source, by reading all of both', async () => {
        await driver.pass(5_000);
        const { point, disks } = await prove(driver.synced);
        expect((await replicaOf(driver.synced)).points.at(-1)).toMatchObject({ id: point.id, at: point.at });
        expect(disks.length).toBeGreaterThan(0);
        for (const { differed, differedBytes, sourceBytes, replicaBytes, digest } of disks) {
          expect({ differed, differedBytes }).toEqual({ differed: [], differedBytes: 0 });
          expect(Math.min(sourceBytes, replicaBytes, digest.length)).toBeGreaterThan(0);
        }
      });

      it('tells where the replica differed, and makes a point that does not', async () => {
        await driver.damage(driver.synced);
        const found = await prove(driver.synced);
        const [differing] = found.disks.filter(({ differedBytes }) => differedBytes > 0);
        expect(differing?.differed.length).toBeGreaterThan(0);
        expect(found).toMatchObject({ transfer: 'resync', reason: expect.stringContaining(differing?.target ?? '?') });
        const again = await prove(driver.synced);
        expect(again.disks.map(({ differedBytes }) => differedBytes)).toEqual(again.disks.map(() => 0));
        expect(again.point.at).toBeGreaterThan(found.point.at);
      });

      it('is not offered of a mirror', async () => {
        const call = ask(driver.mirrored, { method: 'mirror', keep: 3, stallMs: 5_000 });
        expect(await failure(call)).toMatchObject({ code: 'proof-not-offered', kind: 'permanent' });
      });

      it('leaves alone a replica that a run has taken', async () => {
        await promote(driver.synced);
        expect(await failure(ask(driver.synced))).toMatchObject({ code: 'replica-in-use', kind: 'precondition' });
      });

      it('is not possible without the source', async () => {
        await driver.loseSource();
        expect(await failure(ask(driver.synced))).toMatchObject({ kind: 'transient' });
      });
    });

    describe('a check', () => {
      it('reads all points again and finds them whole', async () => {
        const { points } = await replicaOf(driver.synced);
        const checked = await driver.answered(driver.replicas.check(driver.synced, driver.to, never));
        expect(checked.points.map(({ id }) => id)).toEqual(points.map(({ id }) => id));
        expect(checked.damage).toBeUndefined();
      });

      it('tells of a point that does not hold what was written to it', async () => {
        await driver.damage(driver.synced);
        const checked = await driver.answered(driver.replicas.check(driver.synced, driver.to, never));
        expect(checked.damage).toMatchObject({ kind: 'permanent' });
      });

      it('knows no replica of a VM that has none', async () => {
        const call = driver.replicas.check('stranger', driver.to, never);
        expect(await failure(call)).toMatchObject({ code: 'replica-not-found' });
      });
    });

    describe('promotion', () => {
      it('pins the newest point, and finds it again for the same run', async () => {
        await driver.loseSource();
        expect(
          await driver.answered(driver.replicas.promoted(driver.synced, driver.to, 'run-1', never)),
        ).toBeUndefined();
        const promoted = await promote(driver.synced);
        expect(await promote(driver.synced)).toEqual(promoted);
        expect(await driver.answered(driver.replicas.promoted(driver.synced, driver.to, 'run-1', never))).toEqual(
          promoted,
        );
        expect(promoted.point.pinnedBy).toEqual(['run-1']);
        expect(promoted.point.id).toBe((await replicaOf(driver.synced)).points.at(-1)?.id);
      });

      it('loses nothing of a mirror: what it had when the source died becomes a point', async () => {
        await driver.pass(5_000);
        await driver.loseSource();
        const { dataAsOf } = await replicaOf(driver.mirrored);
        expect((await promote(driver.mirrored)).point.at).toBe(dataAsOf);
      });

      it('uses an older point when that is asked for', async () => {
        const { points } = await replicaOf(driver.synced);
        const [oldest, next] = points;
        const choice = { notAfter: (next?.at ?? 0) - 1 };
        const promoted = await driver.answered(
          driver.replicas.promote(driver.synced, driver.to, choice, 'run-1', never),
        );
        expect(promoted.point.id).toBe(oldest?.id);
      });

      it('has no point that it never had', async () => {
        for (const choice of [{ id: 'no-such-point' }, { notAfter: 1 }]) {
          const call = driver.replicas.promote(driver.synced, driver.to, choice, 'run-1', never);
          expect(await failure(call)).toMatchObject({ code: 'point-not-found' });
        }
      });

      it('ends the writing from the source', async () => {
        await promote(driver.mirrored);
        const { dataAsOf } = await replicaOf(driver.mirrored);
        await driver.pass(1_000);
        expect((await replicaOf(driver.mirrored)).dataAsOf).toBe(dataAsOf);
      });
    });

    describe('overlays', () => {
      it('makes one for a key, once, and finds it', async () => {
        const request = overlayOf(driver.synced);
        const none = await driver.answered(driver.replicas.overlay(driver.synced, driver.to.host, request.key, never));
        expect(none).toBeUndefined();
        const made = await driver.answered(driver.replicas.createOverlay(request, never));
        expect(made.disks.length).toBeGreaterThan(0);
        expect(await driver.answered(driver.replicas.createOverlay(request, never))).toEqual(made);
        expect(
          await driver.answered(driver.replicas.overlay(driver.synced, driver.to.host, request.key, never)),
        ).toEqual(made);
      });

      it('gives two keys disks of their own', async () => {
        const [one, other] = await driver.answered(
          Promise.all(
            ['run-1/a/overlay', 'run-2/a/overlay'].map((key) =>
              driver.replicas.createOverlay(overlayOf(driver.synced, { key }), never),
            ),
          ),
        );
        expect(one?.disks[0]?.path).not.toBe(other?.disks[0]?.path);
      });

      it('pins its point as long as it is there', async () => {
        const request = overlayOf(driver.synced);
        await driver.answered(driver.replicas.createOverlay(request, never));
        expect((await replicaOf(driver.synced)).points.at(-1)?.pinnedBy).toEqual(['run-1']);
        await driver.answered(driver.replicas.removeOverlay(driver.synced, driver.to.host, request.key, never));
        await driver.answered(driver.replicas.removeOverlay(driver.synced, driver.to.host, request.key, never));
        expect((await replicaOf(driver.synced)).points.at(-1)?.pinnedBy).toEqual([]);
      });

      it('needs a point', async () => {
        const call = driver.replicas.createOverlay(overlayOf(driver.synced, { point: { id: 'no-such' } }), never);
        expect(await failure(call)).toMatchObject({ code: 'point-not-found' });
      });

      it('leaves replication going on', async () => {
        await driver.answered(driver.replicas.createOverlay(overlayOf(driver.synced), never));
        const { point } = await sync(driver.synced);
        expect((await replicaOf(driver.synced)).points.at(-1)?.id).toBe(point.id);
      });

      it('is merged under a running VM, and again without effect', async () => {
        await sync(driver.synced);
        await promote(driver.synced);
        const request = overlayOf(driver.synced, { purpose: 'promoted' });
        const { disks } = await driver.answered(driver.replicas.createOverlay(request, never));
        await driver.moveCold(driver.synced, disks);
        const used = driver.replicas.removeOverlay(driver.synced, driver.to.host, request.key, never);
        expect(await failure(used)).toMatchObject({ code: 'overlay-in-use', kind: 'precondition' });
        for (let repeat = 0; repeat < 2; repeat += 1) {
          await driver.answered(driver.replicas.mergeOverlay(driver.synced, driver.to.host, request.key, never));
        }
        expect(
          await driver.answered(driver.replicas.overlay(driver.synced, driver.to.host, request.key, never)),
        ).toBeUndefined();
      });
    });

    it('replicates the other way round, with the delta only', async () => {
      await sync(driver.synced);
      const { point } = await promote(driver.synced);
      const request = overlayOf(driver.synced, { purpose: 'promoted' });
      const { disks } = await driver.answered(driver.replicas.createOverlay(request, never));
      await driver.moveCold(driver.synced, disks);
      await driver.pass(10_000);
      const reversed = await driver.answered(
        driver.replicas.reverse(driver.synced, driver.to, driver.from, never, ignore),
      );
      expect(reversed.bytes).toBeLessThan(point.sizeBytes / 2);
      const replica = await replicaOf(driver.synced, driver.from);
      expect(replica.points.at(-1)?.id).toBe(reversed.point.id);
      expect(replica.state).toBe('in-sync');
    });
  });
}
