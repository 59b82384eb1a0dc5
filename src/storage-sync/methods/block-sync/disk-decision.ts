/** How a disk is brought up to date: `seed` all of it is copied · `delta` what was written · `resync` what differs. */
export interface DiskDecision {
  readonly how: 'seed' | 'delta' | 'resync';
  /** Why not what was written alone; a sentence without a full stop. */
  readonly why?: string;
}

/** What is known of one disk before a cycle. */
export interface DiskFacts {
  readonly target: string;
  readonly format: 'qcow2' | 'raw';
  /** What the incoming layer holds, as the store tells it. */
  readonly content: 'kept' | 'empty' | 'stale';
  /** The newest recovery point has this disk. */
  readonly isInPoint: boolean;
  /** The checkpoint of the newest recovery point; undefined when it has none. */
  readonly checkpoint?: string;
  /** The bitmap of that checkpoint on this disk. */
  readonly bitmap: 'whole' | 'broken' | 'missing';
}

/**
 * Only a whole bitmap of the very checkpoint that the newest point was made with tells what was written since. A disk that
 * the replica has never held is copied; for every other one both sides are compared: a list of writes that has a gap, or is
 * of another moment, would leave old data in the replica and nobody would know.
 */
export function decide({ target, format, content, isInPoint, checkpoint, bitmap }: DiskFacts): DiskDecision {
  if (content === 'empty') {
    return { how: 'seed' };
  }
  const compare = (why: string): DiskDecision => ({ how: 'resync', why: `${why}, so all of ${target} is compared` });
  if (format === 'raw') {
    return compare(`${target} is a raw image, of which no host keeps what was written`);
  }
  if (content === 'stale' || !isInPoint) {
    return compare(`the newest recovery point does not have ${target}`);
  }
  if (checkpoint === undefined) {
    return compare('the newest recovery point was made without a checkpoint');
  }
  switch (bitmap) {
    case 'whole':
      return { how: 'delta' };
    case 'broken':
      return compare(`the host has lost what was written to ${target}, as when QEMU is killed`);
    case 'missing':
      return compare(`the host does not know what was written to ${target} since the newest recovery point`);
    default:
      return bitmap satisfies never;
  }
}
