import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { failureOf, type HypervisorDriver, ignore, liveMove, never, stateOf } from './hypervisor-driver.js';

/** The promises of the Hypervisor port, for every driver; how VMs climb their ladder and are carried has its own suite. */
export function describeHypervisor(name: string, makeDriver: () => Promise<HypervisorDriver>): void {
  describe(`${name} as a hypervisor`, () => {
    let driver: HypervisorDriver;

    beforeEach(async () => {
      driver = await makeDriver();
    });

    afterEach(async () => {
      await driver.close();
    });

    const failure = (call: Promise<unknown>) => failureOf(driver, call);
    const state = (host: string, id: string) => stateOf(driver, host, id);
    const live = () => liveMove(driver);
    const move = async () => await driver.answered(driver.hypervisor.migrate(live(), never, ignore));
    const standing = async (hypervisor = driver.hypervisor) =>
      await driver.answered(hypervisor.migrationState(driver.running.id, driver.source, driver.target, never));

    describe('facts', () => {
      it('names the host, what it has, and the VMs that are there', async () => {
        const { facts, vms } = await driver.answered(driver.hypervisor.host(driver.source, never));
        expect(facts).toMatchObject({ name: driver.source, isCordoned: false });
        expect(facts.memoryFreeBytes).toBeLessThan(facts.memoryBytes);
        expect(vms.find(({ id }) => id === driver.running.id)).toMatchObject({
          name: driver.running.name,
          host: driver.source,
          state: 'running',
          seenOn: 'host',
        });
      });

      it('does not know a VM that is not there', async () => {
        expect(await driver.answered(driver.hypervisor.vm(driver.target, driver.running.id, never))).toBeUndefined();
      });

      it('says that a host cannot be reached, and that this may pass', async () => {
        await driver.cutOff(driver.source);
        expect(await failure(driver.hypervisor.host(driver.source, never))).toMatchObject({
          code: 'host-unreachable',
          kind: 'transient',
        });
      });

      it('refuses a call whose signal is aborted already, and asks nothing', async () => {
        const call = driver.hypervisor.destroy(driver.source, driver.running.id, AbortSignal.abort());
        expect(await failure(call)).toMatchObject({ kind: 'precondition' });
        expect(await state(driver.source, driver.running.id)).toBe('running');
      });
    });

    describe('definitions', () => {
      it('defines a VM without starting it, and finds the same definition again', async () => {
        await driver.answered(driver.hypervisor.define(driver.source, driver.fresh, never));
        await driver.answered(driver.hypervisor.define(driver.source, driver.fresh, never));
        const facts = await driver.answered(driver.hypervisor.vm(driver.source, driver.fresh.id, never));
        expect(facts).toMatchObject({
          id: driver.fresh.id,
          name: driver.fresh.name,
          state: 'shut-off',
          memoryBytes: driver.fresh.memoryBytes,
          vcpus: driver.fresh.vcpus,
          tags: driver.fresh.tags,
          hasAutostart: driver.fresh.hasAutostart,
        });
      });

      it('replaces the definition of a VM that is shut off', async () => {
        await driver.answered(driver.hypervisor.define(driver.source, driver.fresh, never));
        const larger = { ...driver.fresh, vcpus: driver.fresh.vcpus + 1 };
        await driver.answered(driver.hypervisor.define(driver.source, larger, never));
        const facts = await driver.answered(driver.hypervisor.vm(driver.source, driver.fresh.id, never));
        expect(facts?.vcpus).toBe(larger.vcpus);
      });

      it('leaves a live VM alone when another definition clashes with it', async () => {
        const clash = { ...driver.fresh, name: driver.running.name };
        expect(await failure(driver.hypervisor.define(driver.source, clash, never))).toMatchObject({
          code: 'vm-running',
        });
        expect(await state(driver.source, driver.running.id)).toBe('running');
      });

      it('forgets a VM that is shut off, and one that it does not know', async () => {
        await driver.answered(driver.hypervisor.define(driver.source, driver.fresh, never));
        await driver.answered(driver.hypervisor.undefine(driver.source, driver.fresh.id, never));
        await driver.answered(driver.hypervisor.undefine(driver.source, driver.fresh.id, never));
        expect(await state(driver.source, driver.fresh.id)).toBeUndefined();
      });

      it('does not forget a VM that runs', async () => {
        const call = driver.hypervisor.undefine(driver.source, driver.running.id, never);
        expect(await failure(call)).toMatchObject({ code: 'vm-running' });
        expect(await state(driver.source, driver.running.id)).toBe('running');
      });

      it('finds the definition that a lost reply left', async () => {
        await driver.loseReply('define');
        expect(await failure(driver.hypervisor.define(driver.source, driver.fresh, never))).toMatchObject({
          code: 'reply-lost',
          kind: 'outcome-unknown',
        });
        expect(await state(driver.source, driver.fresh.id)).toBe('shut-off');
      });
    });

    describe('starts and stops', () => {
      it('starts a VM, and does nothing when it runs', async () => {
        await driver.answered(driver.hypervisor.define(driver.source, driver.fresh, never));
        await driver.answered(driver.hypervisor.start(driver.source, driver.fresh.id, never));
        await driver.answered(driver.hypervisor.start(driver.source, driver.fresh.id, never));
        expect(await state(driver.source, driver.fresh.id)).toBe('running');
      });

      it('resolves a shutdown and a destroy when the VM was seen off, also when it is off already', async () => {
        for (const way of ['shutdown', 'destroy'] as const) {
          await driver.answered(driver.hypervisor.start(driver.source, driver.running.id, never));
          await driver.answered(driver.hypervisor[way](driver.source, driver.running.id, never));
          expect(await state(driver.source, driver.running.id)).toBe('shut-off');
          await driver.answered(driver.hypervisor[way](driver.source, driver.running.id, never));
        }
      });

      it.each(['start', 'shutdown', 'destroy'] as const)('says that there is no VM to %s', async (way) => {
        const call = driver.hypervisor[way](driver.target, driver.running.id, never);
        expect(await failure(call)).toMatchObject({ code: 'vm-not-found' });
      });

      it('refuses to start a VM over the disk of another one that runs', async () => {
        const running = await driver.answered(driver.hypervisor.vm(driver.source, driver.running.id, never));
        const disks = running?.disks.map(({ target, path, sizeBytes }) => ({ target, path, sizeBytes })) ?? [];
        await driver.answered(driver.hypervisor.define(driver.source, { ...driver.fresh, disks }, never));
        const call = driver.hypervisor.start(driver.source, driver.fresh.id, never);
        expect(await failure(call)).toMatchObject({ code: 'disk-locked' });
      });

      it('refuses to start a VM without its network, and without memory', async () => {
        await driver.answered(
          driver.hypervisor.define(driver.source, { ...driver.fresh, networks: ['br-nowhere'] }, never),
        );
        const unlinked = driver.hypervisor.start(driver.source, driver.fresh.id, never);
        expect(await failure(unlinked)).toMatchObject({ code: 'network-missing' });
        await driver.answered(
          driver.hypervisor.define(driver.source, { ...driver.fresh, memoryBytes: 2 ** 50 }, never),
        );
        const huge = driver.hypervisor.start(driver.source, driver.fresh.id, never);
        expect(await failure(huge)).toMatchObject({ code: 'no-memory' });
        expect(await state(driver.source, driver.fresh.id)).toBe('shut-off');
      });

      it('blocks a start and allows it again', async () => {
        await driver.answered(driver.hypervisor.define(driver.source, driver.fresh, never));
        await driver.answered(driver.hypervisor.setAutostart(driver.source, driver.fresh.id, false, never));
        expect(await failure(driver.hypervisor.start(driver.source, driver.fresh.id, never))).toMatchObject({
          code: 'start-blocked',
        });
        await driver.answered(driver.hypervisor.setAutostart(driver.source, driver.fresh.id, true, never));
        await driver.answered(driver.hypervisor.start(driver.source, driver.fresh.id, never));
        expect(await state(driver.source, driver.fresh.id)).toBe('running');
      });

      it('has started the VM when the reply is lost, and may be asked again', async () => {
        await driver.answered(driver.hypervisor.define(driver.source, driver.fresh, never));
        await driver.loseReply('start');
        expect(await failure(driver.hypervisor.start(driver.source, driver.fresh.id, never))).toMatchObject({
          code: 'reply-lost',
          kind: 'outcome-unknown',
        });
        expect(await state(driver.source, driver.fresh.id)).toBe('running');
        await driver.answered(driver.hypervisor.start(driver.source, driver.fresh.id, never));
      });
    });

    describe('migration', () => {
      it('moves the VM with its definition: running at the target, gone from the source', async () => {
        expect(await standing()).toEqual({ source: 'running', target: undefined, isUnderWay: false });
        const result = await move();
        expect(result.downtimeMs).toBeLessThanOrEqual(500);
        expect(result.bytes).toBeGreaterThan(0);
        expect(await standing()).toEqual({ source: undefined, target: 'running', isUnderWay: false, result });
        const moved = await driver.answered(driver.hypervisor.vm(driver.target, driver.running.id, never));
        expect(moved).toMatchObject({ name: driver.running.name, host: driver.target });
      });

      it('shows the VM running at the source and paused at the target while it is under way', async () => {
        const call = driver.hypervisor.migrate(live(), never, ignore);
        let seen = await standing();
        await driver.until(async () => {
          seen = await standing();
          return seen.target !== undefined;
        });
        expect(seen).toEqual({ source: 'running', target: 'paused', isUnderWay: true });
        await driver.answered(call);
      });

      it('goes on when its caller dies, and is found again', async () => {
        void driver.hypervisor.migrate(live(), never, ignore).catch(ignore);
        await driver.until(async () => (await standing()).isUnderWay);
        const successor = await driver.killCaller();
        await driver.until(async () => !(await standing(successor)).isUnderWay);
        expect(await standing(successor)).toMatchObject({ source: undefined, target: 'running' });
      });

      it('is joined by the same call, and answers it when it is over', async () => {
        const first = driver.hypervisor.migrate(live(), never, ignore);
        await driver.until(async () => (await standing()).isUnderWay);
        const second = driver.hypervisor.migrate(live(), never, ignore);
        const result = await driver.answered(first);
        expect(await driver.answered(second)).toEqual(result);
        expect(await move()).toEqual(result);
      });

      it('stops when it is aborted, and leaves the VM where it was', async () => {
        const abort = new AbortController();
        const call = failure(driver.hypervisor.migrate(live(), abort.signal, ignore));
        await driver.until(async () => (await standing()).isUnderWay);
        abort.abort();
        expect(await call).toMatchObject({ code: 'migration-aborted' });
        expect(await standing()).toEqual({ source: 'running', target: undefined, isUnderWay: false });
        await move();
      });

      it('leaves a lost reply to be found: the VM is at one of the two', async () => {
        await driver.loseReply('migrate');
        expect(await failure(driver.hypervisor.migrate(live(), never, ignore))).toMatchObject({
          code: 'reply-lost',
          kind: 'outcome-unknown',
        });
        await driver.until(async () => !(await standing()).isUnderWay);
        expect(await standing()).toMatchObject({ source: undefined, target: 'running' });
      });

      it('refuses a VM that does not run', async () => {
        await driver.answered(driver.hypervisor.destroy(driver.source, driver.running.id, never));
        expect(await failure(driver.hypervisor.migrate(live(), never, ignore))).toMatchObject({
          code: 'migration-refused',
        });
      });

      it('says which host cannot be asked', async () => {
        await driver.cutOff(driver.target);
        expect(await standing()).toMatchObject({ source: 'running', target: 'unreachable' });
      });
    });

    describe('prospects', () => {
      const prospect = async () =>
        await driver.answered(driver.hypervisor.prospect(driver.source, driver.target, never));
      const obstaclesOf = async (id: string) => (await prospect()).obstacles.filter(({ vm }) => vm === id);

      it('finds nothing against a VM that has all it needs at the target, and changes nothing', async () => {
        expect(await obstaclesOf(driver.running.id)).toEqual([]);
        expect(await standing()).toEqual({ source: 'running', target: undefined, isUnderWay: false });
      });

      it('tells which disks both hosts see', async () => {
        await driver.answered(driver.hypervisor.define(driver.source, driver.sharing, never));
        const { sharedDisks } = await prospect();
        expect(sharedDisks[driver.sharing.id]).toEqual(driver.sharing.disks.map(({ target }) => target));
        expect(sharedDisks[driver.running.id] ?? []).toEqual([]);
      });

      it('finds a network that the target does not have', async () => {
        const unlinked = { ...driver.fresh, networks: ['br-nowhere'] };
        await driver.answered(driver.hypervisor.define(driver.source, unlinked, never));
        expect(await obstaclesOf(unlinked.id)).toMatchObject([
          { code: 'network-missing', severity: 'blocker', blocks: 'any' },
        ]);
      });

      it('finds a VM of the same id at the target', async () => {
        for (const host of [driver.source, driver.target]) {
          await driver.answered(driver.hypervisor.define(host, driver.fresh, never));
        }
        expect(await obstaclesOf(driver.fresh.id)).toMatchObject([{ code: 'defined-there', severity: 'blocker' }]);
      });

      it('says that one of the hosts cannot be reached', async () => {
        await driver.cutOff(driver.target);
        const call = driver.hypervisor.prospect(driver.source, driver.target, never);
        expect(await failure(call)).toMatchObject({ code: 'host-unreachable', kind: 'transient' });
      });

      it('measures how fast a running VM writes memory, and leaves out what does not run', async () => {
        await driver.answered(driver.hypervisor.define(driver.source, driver.fresh, never));
        const rates = await driver.answered(driver.hypervisor.dirtyRates(driver.source, never));
        expect([...rates.keys()]).toEqual([driver.running.id]);
        expect(rates.get(driver.running.id)).toBeGreaterThanOrEqual(0);
      });
    });

    it('keeps the mark that nothing may be placed on a host', async () => {
      for (const isCordoned of [true, true, false]) {
        await driver.answered(driver.hypervisor.cordon(driver.target, isCordoned, never));
        const { facts } = await driver.answered(driver.hypervisor.host(driver.target, never));
        expect(facts.isCordoned).toBe(isCordoned);
      }
    });
  });
}
