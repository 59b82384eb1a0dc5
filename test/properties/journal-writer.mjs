/**
 * A process that appends to a run from eight lanes until it is killed or cannot go on, and prints the number of each
 * entry once it was acknowledged. Arguments: the journal's file, the run's id, and how many bytes an entry is padded with.
 */
import { writeSync } from 'node:fs';
import { thisHolder } from '../../build/stores/holder.js';
import { openSqliteStore } from '../../build/stores/sqlite/store.js';

const [path, runId, padding] = process.argv.slice(2);
const store = openSqliteStore(path);
const lease = await store.leases.acquire({ runId, names: ['vm/a'], holder: thisHolder(), ttlMs: 3_600_000 });
if ('heldBy' in lease) throw new Error(`the lease is held by ${lease.heldBy.holder}`);
let seq = (await store.journal.read(runId, 1)).length;

async function lane() {
  for (;;) {
    const expectedSeq = seq++;
    const note = { type: 'timer.fired', at: expectedSeq + 1, author: 'engine', timer: 'x'.repeat(Number(padding)) };
    await store.journal.append(runId, [note], { expectedSeq, fencingToken: lease.token });
    writeSync(1, `${expectedSeq + 1}\n`);
  }
}

const outcomes = await Promise.allSettled(Array.from({ length: 8 }, lane));
const again = await Promise.allSettled([
  store.inbox.submit(runId, { by: 'ada', at: 1, move: { move: 'pause' }, reason: '' }),
]);
writeSync(1, `${JSON.stringify([...outcomes, ...again].map(({ reason }) => reason?.code))}\n`);
