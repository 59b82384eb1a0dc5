import { afterEach, describe, expect, it } from '@jest/globals';
import type { BackupWatch } from '../../../hypervisors/backups.js';
import type { HostShell } from '../../../hypervisors/host-shell.js';
import { FailureError } from '../../../model/failure.js';
import { type Guard, guardScratch } from './scratch-guard.js';

const fine: BackupWatch = { scratchBytes: 0, isUnderWay: true, isPausedByError: false };
let guard: Guard | undefined;

afterEach(() => {
  guard?.stop();
});

/** A guard over looks that are told one after the other; the last one stays. Its clock rings as soon as it is set. */
const guarded = (
  looks: readonly (Partial<BackupWatch> & { readonly free?: number })[],
  isPausedByError = false,
): Promise<unknown> => {
  let look = 0;
  const at = (): (typeof looks)[number] => looks[Math.min(look, looks.length - 1)] ?? {};
  const backups = { watch: async () => ({ ...fine, ...at() }) };
  const shell: HostShell = {
    run: async () => ({ exitCode: 0, stdout: `Avail\n${at().free ?? 1000}\n`, stderr: '' }),
  };
  guard = guardScratch({
    vm: { host: 'north-1', id: 'id', name: 'db-1', isPausedByError },
    folder: '/scratch',
    freeAtBeginning: 1000,
    backups,
    seat: { shell, on: 'north-1', signal: new AbortController().signal },
    clock: {
      now: () => 0,
      at: (_, callback) => {
        look += 1;
        setImmediate(callback);
        return () => undefined;
      },
    },
  });
  const { signal } = guard;
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
};

const codeOf = (reason: unknown): string => (reason instanceof FailureError ? reason.failure.code : String(reason));

describe('the guard of scratch space', () => {
  it('gives a cycle up before its space is gone', async () => {
    expect(codeOf(await guarded([{}, { scratchBytes: 500 }, { scratchBytes: 800 }]))).toBe('scratch-full');
  });

  it('gives it up when another backup takes the space', async () => {
    expect(codeOf(await guarded([{}, { free: 100 }]))).toBe('scratch-full');
  });

  it('gives it up when the VM has paused', async () => {
    expect(codeOf(await guarded([{}, { isPausedByError: true }]))).toBe('scratch-full');
  });

  it('does not take an older pause for one of its own', async () => {
    const lost = await guarded([{ isPausedByError: true }, { isPausedByError: true }, { isUnderWay: false }], true);
    expect(codeOf(lost)).toBe('backup-lost');
  });

  it('says when the backup has ended by itself', async () => {
    expect(codeOf(await guarded([{}, { isUnderWay: false }]))).toBe('backup-lost');
  });
});
