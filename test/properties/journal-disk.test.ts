import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openSqliteStore } from '../../src/stores/sqlite/store.js';
import { leaseOf, requested, succeeded } from '../contracts/journal-entries.js';
import { temporaryFolders } from '../contracts/journal-folder.js';

const mounted: string[] = [];
const protectedFolders: string[] = [];
/** Before the folders are removed, which needs them unmounted and writable. */
afterEach(unprotectAll);
const folders = temporaryFolders();
const canMount = isMountable();

describe('a journal on a disk that does not take it', () => {
  // File modes bind everybody but root, and only root may show a folder so that it binds root too.
  for (const protect of waysToProtect()) {
    it('is refused at once when it may not be written, and can still be read', async () => {
      const writable = folders.make();
      const writer = openSqliteStore(join(writable, 'lifeboat.db'));
      const { token } = await leaseOf(writer, 'run-1');
      await writer.journal.append('run-1', [requested()], { expectedSeq: 0, fencingToken: token });
      writer.close();
      const folder = protect(writable);
      for (const name of ['lifeboat.db', 'other.db', 'new/lifeboat.db']) {
        const path = join(folder, name);
        expect(() => openSqliteStore(path)).toThrow(
          expect.objectContaining({ code: 'journal-unwritable', message: expect.stringContaining(path) }),
        );
      }
      const reader = openSqliteStore(join(folder, 'lifeboat.db'), { readonly: true });
      folders.closeLater(reader);
      expect(await reader.journal.read('run-1', 1)).toHaveLength(1);
    });
  }

  // Everywhere else `journal-crash.test.ts` lets a journal outgrow the size that its files may have.
  for (const mount of canMount ? [mountIfPossible] : []) {
    it('keeps all that was acknowledged when the disk fills up, and takes nothing more until it is opened again', async () => {
      const folder = folders.make();
      const path = join(folder, 'lifeboat.db');
      mount(folder);
      const store = openSqliteStore(path);
      folders.closeLater(store);
      const { token } = await leaseOf(store, 'run-1');
      await store.journal.append('run-1', [requested()], { expectedSeq: 0, fencingToken: token });
      writeFileSync(join(folder, 'ballast'), Buffer.alloc(700_000));
      let acknowledged = 1;
      const append = (): Promise<unknown> =>
        store.journal.append('run-1', [succeeded(acknowledged, 'x'.repeat(9_000))], {
          expectedSeq: acknowledged,
          fencingToken: token,
        });
      const appendUntilFull = async (): Promise<void> => {
        for (; acknowledged < 1_000; acknowledged += 1) {
          await append();
        }
      };
      await expect(appendUntilFull()).rejects.toMatchObject({
        code: 'journal-unwritable',
        message: expect.stringContaining(`${path}: the disk is full`),
      });
      rmSync(join(folder, 'ballast'));
      await expect(append()).rejects.toMatchObject({ code: 'journal-unwritable' });
      const reopened = openSqliteStore(path);
      folders.closeLater(reopened);
      expect(await reopened.journal.read('run-1', 1)).toHaveLength(acknowledged);
    });
  }
});

/** Each gives the folder under which the files of a folder cannot be written. */
function waysToProtect(): readonly ((folder: string) => string)[] {
  const byMount = (folder: string): string => {
    const view = folders.make();
    spawnSync('mount', ['--bind', folder, view]);
    mounted.push(view);
    spawnSync('mount', ['-o', 'remount,bind,ro', view]);
    return view;
  };
  const byModes = (folder: string): string => {
    chmodSync(join(folder, 'lifeboat.db'), 0o400);
    chmodSync(folder, 0o500);
    protectedFolders.push(folder);
    return folder;
  };
  if (canMount) {
    return [byMount];
  }
  return process.getuid?.() === 0 ? [] : [byModes];
}

/** Makes the folder a disk of 1 MiB. */
function mountIfPossible(folder: string): void {
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'lifeboat-test', folder]).status === 0) {
    mounted.push(folder);
  }
}

function unprotectAll(): void {
  for (const folder of mounted.splice(0)) {
    spawnSync('umount', ['--lazy', folder]);
  }
  for (const folder of protectedFolders.splice(0)) {
    chmodSync(folder, 0o700);
  }
}

function isMountable(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-mount-'));
  mountIfPossible(folder);
  const isMounted = mounted.length > 0;
  unprotectAll();
  rmSync(folder, { recursive: true });
  return isMounted;
}
