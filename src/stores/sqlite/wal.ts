import { readFileSync } from 'node:fs';

/** Layout of a write-ahead log, https://sqlite.org/fileformat2.html#walformat. All numbers are big-endian. */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;

type Checksum = readonly [number, number];

/**
 * Why a write-ahead log cannot be what was written, or undefined. SQLite takes the first frame that does not fit for the end of the
 * log, as it must after a power cut, and so drops without a word whatever follows it. But a transaction is begun only
 * after the one before it is on the disk: when a whole one and the beginning of another follow that frame, it was durable
 * once, and the log was damaged. Damage within the last transaction cannot be told from one that a power cut has torn.
 *
 * To be called while nobody can write. A log that does not exist is whole.
 */
export function findLogDamage(path: string): string | undefined {
  const log = readIfThere(path);
  if (log === undefined || log.length <= HEADER_BYTES) {
    return undefined;
  }
  const words = wordsOf(log);
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8);
  const afterHeader = words === undefined ? undefined : checksum(words, [0, 0], { from: 0, to: 24 });
  if (words === undefined || afterHeader === undefined || !isAt(log, 24, afterHeader)) {
    return 'the header of its write-ahead log was changed';
  }
  let sum = afterHeader;
  let offset = HEADER_BYTES;
  for (; offset + frameBytes <= log.length; offset += frameBytes) {
    const afterFrameHead = checksum(words, sum, { from: offset, to: offset + 8 });
    const next = checksum(words, afterFrameHead, { from: offset + FRAME_HEADER_BYTES, to: offset + frameBytes });
    if (!isOfThisLog(log, offset) || !isAt(log, offset + 16, next)) {
      break;
    }
    sum = next;
  }
  const frame = (offset - HEADER_BYTES) / frameBytes + 1;
  return hasMoreThanOneTransaction(log, { from: offset, frameBytes })
    ? `frame ${frame} of its write-ahead log was changed, and later ones were written after it`
    : undefined;
}

/** Whether behind `from` a frame that commits is followed by another one, both of this log and not left over from an older one. */
function hasMoreThanOneTransaction(
  log: Buffer,
  where: { readonly from: number; readonly frameBytes: number },
): boolean {
  let hasCommit = false;
  for (let offset = where.from; offset + where.frameBytes <= log.length; offset += where.frameBytes) {
    if (isOfThisLog(log, offset)) {
      if (hasCommit) {
        return true;
      }
      hasCommit = log.readUInt32BE(offset + 4) !== 0;
    }
  }
  return false;
}

/** Each time the log is begun anew its header gets new salts, which every frame repeats. */
function isOfThisLog(log: Buffer, offset: number): boolean {
  return log.compare(log, 16, 24, offset + 8, offset + 16) === 0;
}

function isAt(log: Buffer, offset: number, [first, second]: Checksum): boolean {
  return log.readUInt32BE(offset) === first && log.readUInt32BE(offset + 4) === second;
}

/** How the checksum reads its words: in the byte order of the machine that began the log. */
function wordsOf(log: Buffer): ((offset: number) => number) | undefined {
  switch (log.readUInt32BE(0)) {
    case MAGIC_LITTLE_ENDIAN:
      return (offset) => log.readUInt32LE(offset);
    case MAGIC_BIG_ENDIAN:
      return (offset) => log.readUInt32BE(offset);
    default:
      return undefined;
  }
}

function checksum(
  word: (offset: number) => number,
  [first, second]: Checksum,
  bytes: { readonly from: number; readonly to: number },
): Checksum {
  let [a, b] = [first, second];
  for (let offset = bytes.from; offset < bytes.to; offset += 8) {
    a = (a + word(offset) + b) >>> 0;
    b = (b + word(offset + 4) + a) >>> 0;
  }
  return [a, b];
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
