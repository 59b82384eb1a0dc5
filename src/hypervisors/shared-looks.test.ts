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

describe('shared looks', () => {
  it('answer all who asked meanwhile by one look that was begun after they asked', async () => {
    const { begun, look } = pendingLooks();
    const first = look('north-1', signal);
    const later = [look('north-1', signal), look('north-1', new AbortController().signal)];
    expect(begun).toHaveLength(1);
    begun[0]?.end(seen(1));
    expect(await first).toEqual(seen(1));
    expect(begun).toHaveLength(2);
    begun[1]?.end(seen(2));
    expect(await Promise.all(later)).toEqual([seen(2), seen(2)]);
  });

  it('keep hosts apart', () => {
    const { begun, look } = pendingLooks();
    void look('north-1', signal);
    void look('north-2', signal);
    expect(begun.map(({ host }) => host)).toEqual(['north-1', 'north-2']);
  });

  it('tell everybody of a failure, and look again for the next who asks', async () => {
    const { begun, look } = pendingLooks();
    const failed = look('north-1', signal);
    begun[0]?.end(new Error('it cannot be reached'));
    await expect(failed).rejects.toThrow('it cannot be reached');
    const next = look('north-1', signal);
    begun[1]?.end(seen(2));
    expect(await next).toEqual(seen(2));
  });

  it('end for whoever gives up, and altogether once nobody waits', async () => {
    const { begun, look } = pendingLooks();
    const [one, other] = [new AbortController(), new AbortController()];
    void look('north-1', signal);
    const asked = [look('north-1', one.signal), look('north-1', other.signal)];
    begun[0]?.end(seen(1));
    one.abort(new Error('timed out'));
    await expect(asked[0]).rejects.toThrow('timed out');
    expect(begun[1]?.signal.aborted).toBe(false);
    other.abort(new Error('cancelled'));
    await expect(asked[1]).rejects.toThrow('cancelled');
    expect(begun[1]?.signal.aborted).toBe(true);
  });
});
