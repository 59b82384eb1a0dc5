/** What is kept at most, bytes: as much as one copy needs by default. */
const keptMax = 2 ** 24;
const kept: Buffer[] = [];

/** Memory of that length for a slot's requests; what is in it is left from others. */
export function takeMemory(bytes: number): Buffer {
  const found = kept.pop();
  return found?.length === bytes ? found : Buffer.allocUnsafeSlow(bytes);
}

/**
 * Memory that no request uses any more is kept for the next copy. Else each cycle of each disk would have its own, of which
 * the process held several at once until they are collected. After a failure a request may still be under way: nothing is
 * to be kept then.
 */
export function keepMemory(memory: Buffer): void {
  if ((kept.length + 1) * memory.length <= keptMax) {
    kept.push(memory);
  }
}
