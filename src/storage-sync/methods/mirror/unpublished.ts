import { sleep } from '../../../model/clock.js';
import { FailureError } from '../../../model/failure.js';
import type { PointChoice } from '../../replicas.js';
import type { Promotion } from '../../store/promote.js';
import type { ReplicaStore } from '../../store/store.js';
import type { MirrorTools } from './mirror-request.js';
import { isMirrored, isTornApart, mirroredPoint } from './settle.js';

/** How long a promotion waits for what the source knows of its mirror, ms. */
const sourceWithinMs = 3_000;

/** What a mirror has brought that is no point yet, and belongs to what was chosen. */
export async function unpublished({
  store,
  id,
  choice,
  runId,
  signal,
  tools,
}: {
  readonly tools: Pick<MirrorTools, 'hypervisor' | 'mirrors' | 'shell' | 'clock'>;
  readonly store: ReplicaStore;
  readonly id: string;
  readonly choice: PointChoice;
  readonly runId: string;
  readonly signal: AbortSignal;
}): Promise<Promotion['publish']> {
  const replica = await store.find(id, signal);
  const { mirror, closedBy } = replica?.state ?? {};
  const isWanted = choice === 'newest' || 'notAfter' in choice;
  if (replica === undefined || mirror === undefined || !isMirrored(replica) || closedBy !== undefined || !isWanted) {
    return undefined;
  }
  if ((await store.promoted(id, runId, signal)) !== undefined) {
    return undefined;
  }
  // A source that is gone, or tells nothing, keeps nobody from its disks, and nobody waiting.
  const torn = isTornApart({ replica, tools, signal }).catch((error: unknown) => {
    if (error instanceof FailureError) {
      return false;
    }
    throw error;
  });
  if (await Promise.race([torn, sleep(tools.clock, sourceWithinMs, signal).then(() => false)])) {
    return undefined;
  }
  const point = await mirroredPoint(store, replica, signal);
  return point === undefined ? undefined : { point, instance: mirror.instance };
}
