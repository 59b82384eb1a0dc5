import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Carrying, TransferProgress } from '../../src/hypervisors/hypervisor.js';
import { failureOf, type HypervisorDriver, ignore, liveMove, never, stateOf } from './hypervisor-driver.js';

/** How a Hypervisor moves VMs up their ladder, and carries those that are shut off: promises for every driver. */
export function describeMoves(name: string, makeDriver: () => Promise<HypervisorDriver>): void {
  describe(`${name} moving VMs`, () => {
    let driver: HypervisorDriver;

    beforeEach(async () => {
      driver = await makeDriver();
    });

    afterEach(async () => {
      await driver.close();
    });

    const failure = (call: Promise<unknown>) => failureOf(driver, call);
    const state = (host: string, id: string) => stateOf(driver, host, id);

    describe('up their ladder', () => {
      const standing = async () =>
        await driver.answered(driver.hypervisor.migrationState(driver.running.id, driver.source, driver.target, never));

      it('tells what is under way', async () => {
        const told: TransferProgress[] = [];
        await driver.answered(driver.hypervisor.migrate(liveMove(driver), never, (progress) => told.push(progress)));
        expect(told.at(-1)).toMatchObject({ rung: 'live' });
        for (const { phase, doneBytes, totalBytes, reason } of told) {
          expect(['disks', 'memory', 'switch-over']).toContain(phase);
          expect(doneBytes).toBeLessThanOrEqual(totalBytes);
          expect(reason).toBeUndefined();
        }
      });

      it('goes on to the next rung within one migration, and says why', async () => {
        const slow = await driver.hurry();
        const told: TransferProgress[] = [];
        const move = { ...liveMove(driver), ...slow, ladder: ['live', 'pause'] as const };
        const call = driver.hypervisor.migrate(move, never, (progress) => told.push(progress));
        const { climbed } = await driver.answered(call);
        expect(climbed).toEqual([{ rung: 'pause', reason: expect.stringMatching(/./) }]);
        const rungs = told.map(({ rung }) => rung);
        expect(rungs.indexOf('pause')).toBeGreaterThan(rungs.lastIndexOf('live'));
        expect(told.findLast(({ rung }) => rung === 'pause')?.reason).toBe(climbed?.[0]?.reason);
        expect(await standing()).toMatchObject({ source: undefined, target: 'running', result: { climbed } });
      });

      it('gives up after the last rung, and leaves the VM where it runs', async () => {
        const slow = await driver.hurry();
        const call = driver.hypervisor.migrate({ ...liveMove(driver), ...slow }, never, ignore);
        expect(await failure(call)).toMatchObject({ code: 'migration-stalled', kind: 'permanent' });
        expect(await standing()).toEqual({ source: 'running', target: undefined, isUnderWay: false });
      });

      it('lets the rungs share the time until the deadline', async () => {
        const slow = await driver.hurry();
        const deadlineAt = driver.now() + 20_000;
        const move = { ...liveMove(driver), ...slow, ladder: ['live', 'pause'] as const, deadlineAt };
        const climbedAt: number[] = [];
        const call = driver.hypervisor.migrate(move, never, ({ rung }) => {
          climbedAt.push(...(rung === 'pause' ? [driver.now()] : []));
        });
        await driver.answered(call);
        expect(climbedAt[0]).toBeLessThan(deadlineAt);
      });

      it('knows of a VM that was never stopped that it cannot run elsewhere', async () => {
        await driver.cutOff(driver.target);
        expect(await standing()).toMatchObject({ source: 'running', target: 'unreachable', neverLeft: true });
      });

      it('knows the same of one whose guest has shut down, and not of one that was switched off', async () => {
        const { hypervisor, source, running } = driver;
        await driver.answered(hypervisor.shutdown(source, running.id, never));
        await driver.cutOff(driver.target);
        expect(await standing()).toEqual({
          source: 'shut-off',
          target: 'unreachable',
          isUnderWay: false,
          neverLeft: true,
        });
        await driver.answered(hypervisor.start(source, running.id, never));
        await driver.answered(hypervisor.destroy(source, running.id, never));
        expect(await standing()).toEqual({ source: 'shut-off', target: 'unreachable', isUnderWay: false });
      });
    });

    describe('that are shut off', () => {
      const carrying = (id: string): Carrying => ({
        id,
        source: driver.source,
        target: driver.target,
        copyStorage: 'all',
      });
      const define = (definition = driver.fresh) =>
        driver.answered(driver.hypervisor.define(driver.source, definition, never));
      const carry = (parts: Partial<Carrying> = {}, hypervisor = driver.hypervisor) =>
        hypervisor.carry({ ...carrying(driver.fresh.id), ...parts }, never, ignore);
      const isWholeAtSource = async () => {
        expect(await state(driver.source, driver.fresh.id)).toBe('shut-off');
        expect(await state(driver.target, driver.fresh.id)).toBeUndefined();
      };
      const isWholeAtTarget = async () => {
        expect(await state(driver.source, driver.fresh.id)).toBeUndefined();
        expect(await state(driver.target, driver.fresh.id)).toBe('shut-off');
      };

      it('takes definition, autostart and disks along, and starts nothing', async () => {
        await define({ ...driver.fresh, hasAutostart: true });
        const { bytes } = await driver.answered(carry());
        expect(bytes).toBeGreaterThan(0);
        await isWholeAtTarget();
        const facts = await driver.answered(driver.hypervisor.vm(driver.target, driver.fresh.id, never));
        expect(facts).toMatchObject({ name: driver.fresh.name, vcpus: driver.fresh.vcpus, hasAutostart: true });
        await driver.answered(driver.hypervisor.start(driver.target, driver.fresh.id, never));
        expect(await state(driver.target, driver.fresh.id)).toBe('running');
      });

      it('finds it done when it is asked for once more', async () => {
        await define();
        await driver.answered(carry());
        expect(await driver.answered(carry())).toEqual({ bytes: 0 });
        await isWholeAtTarget();
      });

      it('tells how far it is', async () => {
        await define();
        const told: TransferProgress[] = [];
        const tell = (progress: TransferProgress): void => void told.push(progress);
        await driver.answered(driver.hypervisor.carry(carrying(driver.fresh.id), never, tell));
        expect(told.length).toBeGreaterThan(0);
        for (const { doneBytes, totalBytes } of told) {
          expect(doneBytes).toBeLessThanOrEqual(totalBytes);
        }
      });

      it('refuses a VM that runs, and one that is nowhere', async () => {
        expect(await failure(carry({ id: driver.running.id }))).toMatchObject({ code: 'vm-running' });
        expect(await state(driver.source, driver.running.id)).toBe('running');
        expect(await failure(carry())).toMatchObject({ code: 'vm-not-found' });
      });

      it('leaves it whole at the source when it is aborted, with nothing of it at the target', async () => {
        await define();
        const abort = new AbortController();
        let isTold = false;
        const tell = (): void => {
          isTold = true;
        };
        const call = failure(driver.hypervisor.carry(carrying(driver.fresh.id), abort.signal, tell));
        await driver.until(async () => isTold);
        abort.abort();
        expect(await call).toMatchObject({ code: 'move-aborted' });
        await isWholeAtSource();
        await driver.answered(carry());
        await isWholeAtTarget();
      });

      it('has carried it when the reply is lost', async () => {
        await define();
        await driver.loseReply('carry');
        expect(await failure(carry())).toMatchObject({ code: 'reply-lost', kind: 'outcome-unknown' });
        await driver.answered(carry());
        await isWholeAtTarget();
      });

      it('goes on, asked for again, after its caller has died', async () => {
        const since = driver.now();
        await define();
        let isTold = false;
        const tell = (): void => {
          isTold = true;
        };
        void driver.hypervisor.carry(carrying(driver.fresh.id), never, tell).catch(ignore);
        await driver.until(async () => isTold);
        const successor = await driver.killCaller();
        const replaces = { since: since - 60_000, stale: false };
        expect((await driver.answered(carry({ replaces }, successor))).bytes).toBeGreaterThanOrEqual(0);
        await isWholeAtTarget();
      });

      it('writes over no file that is not its own', async () => {
        await define(driver.hindered);
        for (const stale of [false, true]) {
          const call = carry({ id: driver.hindered.id, replaces: { since: 0, stale } });
          expect(await failure(call)).toMatchObject({ code: 'migration-refused', kind: 'precondition' });
        }
        expect(await state(driver.source, driver.hindered.id)).toBe('shut-off');
        expect(await state(driver.target, driver.hindered.id)).toBeUndefined();
      });

      it('writes over its own old disks only when it is told to', async () => {
        await define();
        await driver.answered(carry());
        const back = { source: driver.target, target: driver.source };
        expect(await failure(carry(back))).toMatchObject({ code: 'migration-refused' });
        await isWholeAtTarget();
        await driver.answered(carry({ ...back, replaces: { since: driver.now(), stale: true } }));
        await isWholeAtSource();
      });

      it('copies no disk that both hosts see', async () => {
        await define(driver.sharing);
        const shared = driver.sharing.disks.map(({ target }) => target);
        expect(await driver.answered(carry({ id: driver.sharing.id, shared }))).toEqual({ bytes: 0 });
        expect(await state(driver.target, driver.sharing.id)).toBe('shut-off');
      });
    });
  });
}
