import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Prober } from '../../src/health/prober.js';
import type { ReadyCheck } from '../../src/model/runbook.js';

/** What a prober must be given to prove its promises. */
export interface ProberDriver {
  readonly prober: Prober;
  /** A VM that has booted, has a guest agent, and listens on `openPort` and not on `closedPort`. */
  readonly target: { readonly host: string; readonly id: string; readonly name: string };
  readonly openPort: number;
  readonly closedPort: number;
  /** Lets time pass until the call is answered. */
  answered<Answer>(call: Promise<Answer>): Promise<Answer>;
  /** Stops the VM and starts it again: it is still booting. */
  reboot(): Promise<void>;
  /** Lets time pass until the VM has booted. */
  booted(): Promise<void>;
  silenceAgent(): Promise<void>;
  /** The VM's host can no longer be reached. */
  cutOff(): Promise<void>;
  close(): Promise<void>;
}

const never: AbortSignal = new AbortController().signal;

/** The promises of the Prober port, for every driver. */
export function describeProber(name: string, makeDriver: () => Promise<ProberDriver>): void {
  describe(`${name} as a prober`, () => {
    let driver: ProberDriver;

    beforeEach(async () => {
      driver = await makeDriver();
    });

    afterEach(async () => {
      await driver.close();
    });

    const agent: ReadyCheck = { probe: 'guest-agent', withinMs: 1_000 };
    const tcp = (port: number): ReadyCheck => ({ probe: 'tcp', port, withinMs: 1_000 });
    const ask = async (check: ReadyCheck, target = driver.target) =>
      await driver.answered(driver.prober.vm(target, check, never));

    it('hears a VM that answers, and says what it asked', async () => {
      for (const check of [agent, tcp(driver.openPort)]) {
        const answer = await ask(check);
        expect(answer.isHealthy).toBe(true);
        expect(answer.detail).toContain(driver.target.name);
      }
    });

    it('hears nothing at a closed port', async () => {
      expect((await ask(tcp(driver.closedPort))).isHealthy).toBe(false);
    });

    it('hears nothing before the VM has booted, and then does', async () => {
      await driver.reboot();
      expect((await ask(agent)).isHealthy).toBe(false);
      await driver.booted();
      expect((await ask(agent)).isHealthy).toBe(true);
    });

    it('takes a silent agent for an answer', async () => {
      await driver.silenceAgent();
      expect((await ask(agent)).isHealthy).toBe(false);
      expect((await ask(tcp(driver.openPort))).isHealthy).toBe(true);
    });

    it('takes a VM that is not there, and a host that cannot be reached, for an answer', async () => {
      expect((await ask(agent, { ...driver.target, id: '00000000-0000-4000-8000-000000000000' })).isHealthy).toBe(
        false,
      );
      await driver.cutOff();
      expect((await ask(agent)).isHealthy).toBe(false);
    });

    it('rejects only when it is aborted', async () => {
      const abort = new AbortController();
      const call = driver.prober.vm(driver.target, agent, abort.signal);
      abort.abort();
      await expect(call).rejects.toThrow('aborted');
    });
  });
}
