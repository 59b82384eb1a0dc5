import { join } from 'node:path';
import { describe } from '@jest/globals';
import { createMemoryStore } from '../../src/stores/memory/store.js';
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from '../../src/stores/sqlite/store.js';
import { inboxContract } from './inbox-contract.js';
import { journalContract } from './journal-contract.js';
import { temporaryFolders } from './journal-folder.js';
import { leaseContract } from './lease-contract.js';

const folders = temporaryFolders();

function openSqlite(options: SqliteStoreOptions = {}): SqliteStore {
  const store = openSqliteStore(join(folders.make(), 'lifeboat.db'), options);
  folders.closeLater(store);
  return store;
}

const stores = { memory: createMemoryStore, sqlite: openSqlite };

describe.each(Object.entries(stores))('the %s store', (_, open) => {
  describe('as a journal', () => {
    journalContract(() => open());
  });
  describe('as an inbox', () => {
    inboxContract(() => open().inbox);
  });
  describe('as a keeper of leases', () => {
    leaseContract(() => {
      let at = 1_000;
      const ended = new Set<string>();
      const { leases } = open({ now: () => at, isHolderDead: (holder) => ended.has(holder) });
      return {
        leases,
        advance: (ms) => {
          at += ms;
        },
        end: (holder) => {
          ended.add(holder);
        },
      };
    });
  });
});
