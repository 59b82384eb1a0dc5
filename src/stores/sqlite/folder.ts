import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing; nothing happens when it is there. Throws what the system says. One
 * step at a time, since Node's own recursion never ends where a file system refuses new folders as if they were missing.
 */
export function makeFolder(path: string, options: { readonly mode?: number } = {}): void {
  if (isFolder(path)) {
    return;
  }
  makeFolder(dirname(path), options);
  try {
    mkdirSync(path, options);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(path)) {
      throw error;
    }
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
