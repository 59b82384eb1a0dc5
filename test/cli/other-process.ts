import { join } from 'node:path';
import { openSqliteStore } from '../../src/stores/sqlite/store.js';

/** Lets a process on another machine hold a lease in the simulated world of a folder. */
export async function holdElsewhere(folder: string, name: string): Promise<void> {
  const store = openSqliteStore(join(folder, '.lifeboat-simulation', 'journal.db'));
  await store.leases.acquire({ runId: `${name}/elsewhere`, names: [name], holder: 'elsewhere:1:1:1:1', ttlMs: 60_000 });
  store.close();
}
