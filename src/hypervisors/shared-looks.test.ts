import { describe, expect, it } from '@jest/globals';
import type { HostInventory } from './hypervisor.js';
import { shareLooks } from './shared-looks.js';

/** Looks that end when the test says so. */
function pendingLooks() {
  const begun: { host: string; signal: AbortSignal; end: (seen: HostInventory | Error) => void }[] = [];
  const look = shareLooks(
    (host, signal) =>
      new Promise((resolve, reject) => {
        begun.push({ host, signal, end: (seen) => (seen instanceof Error ? reject(seen) : resolve(seen)) });
      }),
  );
  return { begun, look };
}

const seen = (observedAt: number): HostInventory => ({
  facts: {
    name: 'north-1',
    site: 'north',
    observedAt,
    cpuModel: '',
    cpuModels: [],
    cpuThreads: 1,
    memoryBytes: 0,
    memoryFreeBytes: 0,
    networks: [],
    diskFreeBytes: 0,
    isCordoned: false,
  },
  vms: [],
});
const { signal } = new AbortController();
/** After this, whoever asked at once has asked. */
const asked = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('shared looks', () => {
  it('answer all who asked meanwhile by one look that was begun after they asked', async () => {
    const { begun, look } = pendingLooks();
    const first = look('north-1', signal);
    await asked();
    const later = [look('north-1', signal), look('north-1', new AbortController().signal)];
    expect(begun).toHaveLength(1);
    begun[0]?.end(seen(1));
    expect(await first).toEqual(seen(1));
    await asked();
    expect(begun).toHaveLength(2);
    begun[1]?.end(seen(2));
    expect(await Promise.all(later)).toEqual([seen(2), seen(2)]);
  });

  it('are one for all who ask at once', async () => {
    const { begun, look } = pendingLooks();
    const all = [look('north-1', signal), look('north-1', signal), look('north-1', new AbortController().signal)];
    await asked();
    begun[0]?.end(seen(1));
    expect(await Promise.all(all)).toEqual([seen(1), seen(1), seen(1)]);
    expect(begun).toHaveLength(1);
  });

  it('are not begun when whoever asked has given up at once', async () => {
    const { begun, look } = pendingLooks();
    const caller = new AbortController();
    const given = look('north-1', caller.signal);
    caller.abort(new Error('cancelled'));
    await expect(given).rejects.toThrow('cancelled');
    await asked();
    expect(begun).toEqual([]);
  });

  it('keep hosts apart', async () => {
    const { begun, look } = pendingLooks();
    void look('north-1', signal);
    void look('north-2', signal);
    await asked();
    expect(begun.map(({ host }) => host)).toEqual(['north-1', 'north-2']);
  });

  it('tell everybody of a failure, and look again for the next who asks', async () => {
    const { begun, look } = pendingLooks();
    const failed = look('north-1', signal);
    await asked();
    begun[0]?.end(new Error('it cannot be reached'));
    await expect(failed).rejects.toThrow('it cannot be reached');
    const next = look('north-1', signal);
    await asked();
    begun[1]?.end(seen(2));
    expect(await next).toEqual(seen(2));
  });

  it('end for whoever gives up, and altogether once nobody waits', async () => {
    const { begun, look } = pendingLooks();
    const [one, other] = [new AbortController(), new AbortController()];
    void look('north-1', signal);
    await asked();
    const waiting = [look('north-1', one.signal), look('north-1', other.signal)];
    begun[0]?.end(seen(1));
    await asked();
    one.abort(new Error('timed out'));
    await expect(waiting[0]).rejects.toThrow('timed out');
    expect(begun[1]?.signal.aborted).toBe(false);
    other.abort(new Error('cancelled'));
    await expect(waiting[1]).rejects.toThrow('cancelled');
    expect(begun[1]?.signal.aborted).toBe(true);
  });
});
