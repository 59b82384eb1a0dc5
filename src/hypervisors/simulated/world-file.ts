import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createWorld, restoreWorld, type World, type WorldInputs } from './world.js';

/**
 * Opens the world that a file holds, or makes it and the file. From then on the file is replaced, whole and at once,
 * after each event that changed something and before anybody hears of it: a process that is killed finds the world
 * again as it was, with everything going on that it had set going. Only one process may have it open.
 *
 * Throws when the file cannot be read or written, or was saved by another version.
 */
export function openWorldFile(path: string, makeSpec: () => Omit<WorldInputs, 'clock'>): World {
  const world = existsSync(path) ? restoreWorld(readFileSync(path, 'utf8')) : createWorld(makeSpec());
  mkdirSync(dirname(path), { recursive: true });
  const write = (): void => {
    writeFileSync(`${path}.new`, world.save());
    renameSync(`${path}.new`, path);
  };
  write();
  world.onChange(write);
  return world;
}
