import { createHash, hash } from 'node:crypto';

/** Length of a hash as it is stored: SHA-256 in lower-case hex. */
export const HASH_LENGTH = 64;

/** The hash before a run's first entry. It holds the run's id, so that entries of one run cannot pass for another's. */
export function firstHash(runId: string): string {
  return sha256(`lifeboat run ${runId}`);
}

/** The hash of an entry: of the hash before it, in hex, and of its JSON text exactly as stored. */
export function nextHash(previous: string, text: string | Buffer): string {
  return typeof text === 'string'
    ? sha256(previous + text)
    : createHash('sha256').update(previous).update(text).digest('hex');
}

export function sha256(text: string): string {
  return hash('sha256', text);
}
