/**
 * One engine in a process of its own, over a folder with `opening.json`, `world.json` and `lifeboat.db`: starts the run or
 * takes it up. With a number it says when it reaches that point, and goes no further: it waits there to be killed.
 * Without, it runs to the end and says how many points there were. Arguments: FOLDER [POINT].
 */
import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openWorldFile } from '../../src/hypervisors/simulated/world-file.js';
import { thisHolder } from '../../src/stores/holder.js';
import { openSqliteStore } from '../../src/stores/sqlite/store.js';
import { live } from './life.js';
import type { Opening } from './scene.js';

const [folder = '', kill] = process.argv.slice(2);
const opening = JSON.parse(readFileSync(join(folder, 'opening.json'), 'utf8')) as Opening;
const store = openSqliteStore(join(folder, 'lifeboat.db'));
const world = openWorldFile(join(folder, 'world.json'), () => {
  throw new Error(`${folder} has no world`);
});

const { points } = await live({
  opening,
  world,
  store,
  holder: thisHolder(),
  isLast: (point) => {
    if (point.number !== Number(kill)) {
      return false;
    }
    writeSync(1, `${JSON.stringify(point)}\n`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    return true;
  },
});
store.close();
writeSync(1, `${JSON.stringify(points)}\n`);
