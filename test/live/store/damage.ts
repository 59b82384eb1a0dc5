import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';

/** Turns a few bytes of a disk over, in the very file of the qcow2 chain that holds them; where on the disk they are. */
export function damageImage(image: string): number {
  // A line for each run that has data: where on the disk, how long, where in which file.
  const [, ...lines] = execFileSync('qemu-img', ['map', '-U', '-f', 'qcow2', image], { encoding: 'utf8' }).split('\n');
  const runs = lines.filter(Boolean).map((line) => line.split(/\s+/));
  const [run] = runs.toSorted((one, other) => Number(other[1]) - Number(one[1]));
  const [start, , offset, path] = run ?? [];
  if (path === undefined) throw new Error(`${image} has no data`);
  const file = openSync(path, 'r+');
  const bytes = Buffer.alloc(16);
  readSync(file, bytes, 0, bytes.length, Number(offset));
  writeSync(file, Buffer.from(bytes.map((byte) => byte ^ 0xff)), 0, bytes.length, Number(offset));
  fsyncSync(file);
  closeSync(file);
  return Number(start);
}
