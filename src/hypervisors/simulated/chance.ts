/** Where a stream of chance stands; part of a world's state, so that a restored world goes on with the same numbers. */
export interface Chance {
  chance: number;
}

/** The next number of the stream, at least 0 and below 1 (mulberry32: 32 bits of state, the same on every machine). */
export function draw(stream: Chance): number {
  stream.chance = (stream.chance + 0x6d2b79f5) | 0;
  let mixed = Math.imul(stream.chance ^ (stream.chance >>> 15), 1 | stream.chance);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** A whole number from `low` to `high`, both included. */
export function drawBetween(stream: Chance, low: number, high: number): number {
  return low + Math.floor(draw(stream) * (high - low + 1));
}

/** A UUID (version 8) that depends on nothing but the text: the same name in the same world is the same VM. */
export function uuidOf(text: string): string {
  const stream = { chance: hash(text) };
  const digits = Array.from({ length: 32 }, () => drawBetween(stream, 0, 15).toString(16)).join('');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `a${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-');
}

function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
  }
  return sum;
}
