import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

/** Gives fresh folders to the tests of a file and removes each after its test, closing first what was opened in it. */
export function temporaryFolders(): { make(): string; closeLater(store: { close(): void }): void } {
  const folders: string[] = [];
  const opened: { close(): void }[] = [];
  afterEach(() => {
    for (const store of opened.splice(0)) {
      store.close();
    }
    for (const folder of folders.splice(0)) {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  return {
    make: () => {
      const folder = mkdtempSync(join(tmpdir(), 'lifeboat-journal-'));
      folders.push(folder);
      return folder;
    },
    closeLater: (store) => {
      opened.push(store);
    },
  };
}
