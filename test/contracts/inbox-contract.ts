import { expect, it } from '@jest/globals';
import type { Inbox } from '../../src/stores/inbox.js';

/** What every inbox does. `open` gives a fresh, empty one. */
export function inboxContract(open: () => Inbox): void {
  const approve = { by: 'ada', at: 5, move: { move: 'approve', lane: 'vm/a' }, reason: 'the DBA said so' } as const;
  const pause = { by: 'bob', at: 6, move: { move: 'pause' }, reason: '' } as const;

  it('keeps messages by run, oldest first, until they are removed', async () => {
    const inbox = open();
    await inbox.submit('run-1', approve);
    await inbox.submit('run-2', pause);
    await inbox.submit('run-1', pause);
    const [first, second, ...others] = await inbox.pending('run-1');
    expect([first, second, others]).toEqual([{ id: first?.id, ...approve }, { id: second?.id, ...pause }, []]);
    await inbox.remove('run-1', first?.id ?? 0);
    await inbox.remove('run-1', first?.id ?? 0);
    expect(await inbox.pending('run-1')).toEqual([second]);
    expect(await inbox.pending('run-2')).toHaveLength(1);
    expect(await inbox.pending('run-3')).toEqual([]);
  });

  it('never gives the number of a removed message to another', async () => {
    const inbox = open();
    await inbox.submit('run-1', approve);
    const [first] = await inbox.pending('run-1');
    await inbox.remove('run-1', first?.id ?? 0);
    await inbox.submit('run-1', pause);
    const [second] = await inbox.pending('run-1');
    expect(second?.id).not.toBe(first?.id);
  });
}
