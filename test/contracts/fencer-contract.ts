import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Fencer } from '../../src/fencers/fencer.js';
import type { FenceDevice } from '../../src/model/estate.js';
import { type Failure, FailureError } from '../../src/model/failure.js';

/** What a fencer must be given to prove its promises. */
export interface FencerDriver {
  readonly fencer: Fencer;
  /** A host that is on. */
  readonly host: string;
  readonly device: FenceDevice;
  /** Lets time pass until the call is answered. */
  answered<Answer>(call: Promise<Answer>): Promise<Answer>;
  /** The device says that it did what was asked, and does nothing. */
  lie(): Promise<void>;
  /** The device refuses what is asked. */
  fail(): Promise<void>;
  /** Nobody answers at the device's address. */
  cutOff(): Promise<void>;
  /** The host's system has crashed, and its power is on. */
  crashHost(): Promise<void>;
  close(): Promise<void>;
}

const never: AbortSignal = new AbortController().signal;

/** The promises of the Fencer port, for every driver. */
export function describeFencer(name: string, makeDriver: () => Promise<FencerDriver>): void {
  describe(`${name} as a fencer`, () => {
    let driver: FencerDriver;

    beforeEach(async () => {
      driver = await makeDriver();
    });

    afterEach(async () => {
      await driver.close();
    });

    const off = async () => await driver.answered(driver.fencer.off(driver.host, driver.device, never));
    const status = async () => await driver.answered(driver.fencer.status(driver.host, driver.device, never));
    const failure = async (call: Promise<unknown>): Promise<Failure> => {
      const outcome = await driver.answered(
        call.then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
      if (outcome instanceof FailureError) {
        return outcome.failure;
      }
      throw new Error(`The call was to fail, and gave ${String(outcome)}`);
    };

    it('turns a host off, and again without effect', async () => {
      expect(await status()).toBe('on');
      await off();
      expect(await status()).toBe('off');
      await off();
      expect(await status()).toBe('off');
    });

    it('turns off a host whose system has crashed', async () => {
      await driver.crashHost();
      expect(await status()).toBe('on');
      await off();
      expect(await status()).toBe('off');
    });

    it('says what the device says, not what the command did', async () => {
      await driver.lie();
      await off();
      expect(await status()).toBe('on');
    });

    it('fails for now when the device refuses', async () => {
      await driver.fail();
      expect(await failure(driver.fencer.off(driver.host, driver.device, never))).toMatchObject({
        code: 'fence-failed',
        kind: 'transient',
      });
    });

    it('says that nobody answers at the device', async () => {
      await driver.cutOff();
      for (const call of ['off', 'status'] as const) {
        expect(await failure(driver.fencer[call](driver.host, driver.device, never))).toMatchObject({
          code: 'fence-unreachable',
          kind: 'transient',
        });
      }
    });

    it('stops waiting when it is aborted', async () => {
      const abort = new AbortController();
      const call = driver.fencer.off(driver.host, driver.device, abort.signal);
      abort.abort();
      expect(await failure(call)).toBeDefined();
    });
  });
}
