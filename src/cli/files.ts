import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Call, note, pathOf } from './call.js';
import { exitCodes } from './exit-codes.js';
import { Refusal, usage } from './refusal.js';

/** The text of a file that was named on the command line. */
export function readText(call: Call, path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(pathOf(call, path));
  } catch (error) {
    throw usage(`cannot read ${path}: ${reasonOf(error)}`, 'Name a file that is there and that you may read.');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal(exitCodes.invalidFile, `${path} is not UTF-8 text`, 'Save it as UTF-8.');
  }
}

/** Writes a file that was named on the command line, replacing one that is there. */
export function writeText(call: Call, path: string, text: string): void {
  try {
    writeFileSync(pathOf(call, path), text);
  } catch (error) {
    throw usage(
      `cannot write ${path}: ${reasonOf(error)}`,
      'Name a file in a folder that is there and that you may write.',
    );
  }
  note(call, `wrote ${path}`);
}

export function isThere(call: Call, path: string): boolean {
  return existsSync(pathOf(call, path));
}

/** What the system said, for people. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as Partial<NodeJS.ErrnoException>;
  return systemWords[code ?? ''] ?? message ?? String(error);
}

const systemWords: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EEXIST: 'a file of that name is there',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'no space is left',
  EROFS: 'the file system is read-only',
};
