import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NewEntry } from '../../model/entry.js';
import type { Lease } from '../lease.js';
import { verifyExport } from '../ndjson.js';
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './store.js';

const requested: NewEntry = {
  type: 'run.requested',
  at: 1,
  author: 'ada',
  runbook: 'payroll',
  request: { mode: 'drill', by: 'ada', at: 1 },
};
const started: NewEntry = { type: 'run.started', at: 2, author: 'engine' };
let folder = '';
let opened: SqliteStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-store-'));
});

afterEach(() => {
  for (const store of opened) {
    store.close();
  }
  opened = [];
  rmSync(folder, { recursive: true, force: true });
});

function open(name = 'new/lifeboat.db', options: SqliteStoreOptions = {}): SqliteStore {
  const store = openSqliteStore(join(folder, name), options);
  opened.push(store);
  return store;
}

async function begin(store: SqliteStore, runId: string): Promise<Lease> {
  const lease = await store.leases.acquire({ runId, names: [`vm/${runId}`], holder: 'engine', ttlMs: 60_000 });
  if ('heldBy' in lease) {
    throw new Error(`held by ${lease.heldBy.holder}`);
  }
  await store.journal.append(runId, [requested], { expectedSeq: 0, fencingToken: lease.token });
  return lease;
}

describe('a store in a file', () => {
  it('makes its folder and its files for this user alone', async () => {
    await begin(open(), 'run-1');
    expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
    for (const suffix of ['', '-wal', '-shm']) {
      expect(statSync(join(folder, `new/lifeboat.db${suffix}`)).mode & 0o777).toBe(0o600);
    }
  });

  it('holds after it is opened again what was acknowledged before, leases and moves included', async () => {
    const first = open();
    const lease = await begin(first, 'run-1');
    await first.inbox.submit('run-1', { by: 'ada', at: 3, move: { move: 'pause' }, reason: 'lunch' });
    first.close();
    const second = open();
    await second.journal.append('run-1', [started], { expectedSeq: 1, fencingToken: lease.token });
    expect((await second.journal.read('run-1', 1)).map(({ type }) => type)).toEqual(['run.requested', 'run.started']);
    expect(await second.journal.runs()).toMatchObject([{ runId: 'run-1', lastSeq: 2 }]);
    expect(await second.leases.holderOf('run-1')).toMatchObject({ heldBy: { name: 'vm/run-1' } });
    expect(await second.inbox.pending('run-1')).toMatchObject([{ reason: 'lunch' }]);
  });

  it('commits what is pending when it is closed, and refuses everything afterwards', async () => {
    const first = open();
    const { token } = await begin(first, 'run-1');
    const appended = first.journal.append('run-1', [started], { expectedSeq: 1, fencingToken: token });
    expect(first.pending()).toBe(1);
    first.close();
    expect(await appended).toHaveLength(1);
    await expect(
      first.journal.append('run-1', [started], { expectedSeq: 2, fencingToken: token }),
    ).rejects.toMatchObject({ code: 'journal-unwritable' });
    await expect(first.journal.read('run-1', 1)).rejects.toThrow('is closed');
    expect(await open().journal.read('run-1', 1)).toHaveLength(2);
  });

  it('may be open in several places, of which one has the run', async () => {
    const [engine, command] = [open(), open()];
    const { token } = await begin(engine, 'run-1');
    await command.inbox.submit('run-1', { by: 'ada', at: 3, move: { move: 'pause' }, reason: '' });
    expect(await engine.inbox.pending('run-1')).toHaveLength(1);
    const two = await begin(command, 'run-2');
    await engine.journal.append('run-1', [started], { expectedSeq: 1, fencingToken: token });
    expect(await command.journal.read('run-1', 1)).toHaveLength(2);
    await expect(
      command.journal.append('run-1', [started], { expectedSeq: 2, fencingToken: two.token }),
    ).rejects.toMatchObject({ code: 'lease-lost' });
    expect((await engine.journal.runs()).map(({ runId }) => runId).toSorted()).toEqual(['run-1', 'run-2']);
  });

  it('refuses a writer whose VMs another run has taken over meanwhile', async () => {
    let at = 0;
    const store = open('lifeboat.db', { now: () => at });
    const { token } = await begin(store, 'run-1');
    at = 60_000;
    await store.leases.acquire({ runId: 'run-2', names: ['vm/run-1'], holder: 'other', ttlMs: 1 });
    await expect(
      store.journal.append('run-1', [started], { expectedSeq: 1, fencingToken: token }),
    ).rejects.toMatchObject({ code: 'lease-lost' });
  });

  it('only reads what was opened for reading, and says so to whoever writes', async () => {
    const { token } = await begin(open(), 'run-1');
    const reader = open('new/lifeboat.db', { readonly: true });
    expect(await reader.journal.read('run-1', 1)).toHaveLength(1);
    const append = reader.journal.append('run-1', [started], { expectedSeq: 1, fencingToken: token });
    await expect(append).rejects.toMatchObject({ code: 'journal-unwritable' });
    await expect(reader.inbox.remove('run-1', 1)).rejects.toThrow('opened for reading only');
    expect(() => open('absent.db', { readonly: true })).toThrow('there is no journal');
    expect(existsSync(join(folder, 'absent.db'))).toBe(false);
  });

  it('keeps the newest fold of a run, hands it out at once, and stores it with the next commit', async () => {
    const store = open();
    const { token } = await begin(store, 'run-1');
    store.cache.save('run-1', 1, 'one');
    store.cache.save('run-1', 2, 'two');
    expect(store.cache.load('run-1')).toEqual({ seq: 2, state: 'two' });
    const reader = open();
    expect(reader.cache.load('run-1')).toBeUndefined();
    await store.journal.append('run-1', [started], { expectedSeq: 1, fencingToken: token });
    expect(reader.cache.load('run-1')).toEqual({ seq: 2, state: 'two' });
  });

  it('exports a run as lines that verify without the file', async () => {
    const store = open();
    const { token } = await begin(store, 'run-1');
    await store.journal.append('run-1', [started], { expectedSeq: 1, fencingToken: token });
    const verified = verifyExport(store.exportRun('run-1'));
    expect(verified.ok && verified.entries).toEqual(await store.journal.read('run-1', 1));
    expect(store.exportRun('run-2')).toEqual([]);
  });

  it.each([
    ['is empty', '', 'the file is empty'],
    ['is something else', 'no database '.repeat(100), 'no SQLite database'],
  ])('is refused when the file %s', (_, content, reason) => {
    writeFileSync(join(folder, 'odd.db'), content);
    expect(() => open('odd.db')).toThrow(
      expect.objectContaining({ code: 'journal-damaged', message: expect.stringContaining(reason) }),
    );
  });

  it('is refused when its place is a folder, is below a file, or when only its log is left', () => {
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'file'), '');
    writeFileSync(join(folder, 'gone.db-wal'), 'log');
    expect(() => open('folder')).toThrow('is no file');
    expect(() => open('file/lifeboat.db')).toThrow(expect.objectContaining({ code: 'journal-unwritable' }));
    expect(() => open('gone.db')).toThrow(expect.objectContaining({ code: 'journal-damaged' }));
  });
});
