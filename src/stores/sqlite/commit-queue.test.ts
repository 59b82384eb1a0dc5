import { describe, expect, it } from '@jest/globals';
import { CommitQueue } from './commit-queue.js';

describe('the commit queue', () => {
  it('commits what was asked for in one turn together, and the rest of a large batch in the next', async () => {
    const batches: (readonly number[])[] = [];
    const queue = new CommitQueue<number>({
      batchMax: 3,
      commit: (batch) => {
        batches.push(batch);
        return batch.map(() => undefined);
      },
    });
    const work = [1, 2, 3, 4].map((each) => queue.add(each));
    expect(queue.length).toBe(4);
    expect(await Promise.all(work)).toEqual([1, 2, 3, 4]);
    expect(batches).toEqual([[1, 2, 3], [4]]);
    expect(queue.length).toBe(0);
  });

  it('tells each piece what became of it', async () => {
    const queue = new CommitQueue<number>({
      batchMax: 10,
      commit: (batch) => batch.map((each) => (each === 2 ? new Error('two is refused') : undefined)),
    });
    const outcomes = await Promise.allSettled([1, 2, 3].map((each) => queue.add(each)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('tells everybody of a batch when the commit fails, and takes new work afterwards', async () => {
    let isFailing = true;
    const queue = new CommitQueue<number>({
      batchMax: 10,
      commit: (batch) => {
        if (isFailing) {
          throw new Error('the disk is full');
        }
        return batch.map(() => undefined);
      },
    });
    const outcomes = await Promise.allSettled([1, 2].map((each) => queue.add(each)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isFailing = false;
    expect(await queue.add(3)).toBe(3);
  });

  it('commits at once when it is flushed', () => {
    let committed = 0;
    const queue = new CommitQueue<number>({
      batchMax: 1,
      commit: (batch) => {
        committed += batch.length;
        return [undefined];
      },
    });
    void queue.add(1);
    void queue.add(2);
    queue.flush();
    expect(committed).toBe(2);
  });
});
