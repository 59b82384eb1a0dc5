import { FailureError } from '../../../model/failure.js';
import { type Both, lookAtBoth, lookAtSource, standingOf } from './both.js';
import { ask, never, type Tools, type Way } from './tools.js';

/** How long both hosts may take to agree: libvirt gives a silent peer up after half a minute. */
const settleWithinMs = 60_000;
/** How long libvirt is left to resume a guest that stands still at the source. */
const resumeAfterMs = 3_000;
const betweenLooksMs = 200;

export type Settled = 'moved' | 'at-source' | 'broken';

/**
 * Looks at both hosts until it is certain where the VM is, after a migration has ended or its answer was lost. A guest that
 * stands still at the source alone is resumed, as it ran there before. Rejects with `reply-lost` while nobody can tell.
 */
export async function settle(tools: Tools, way: Way): Promise<Settled> {
  const since = tools.now();
  for (;;) {
    const settled = await once(tools, way, since);
    if (settled !== undefined) {
      return settled;
    }
    if (tools.now() - since > settleWithinMs) {
      throw unseen(way, undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, betweenLooksMs));
  }
}

async function once(tools: Tools, way: Way, since: number): Promise<Settled | undefined> {
  const both = await lookOrProof(tools, way);
  const standing = both === 'at-source' ? both : standingOf(both);
  switch (standing) {
    case 'moved':
    case 'broken':
      return standing;
    case 'under-way':
    case 'unclear':
      return undefined;
    case 'at-source':
      break;
  }
  const isStill = both !== 'at-source' && both.source?.state === 'paused';
  if (isStill && tools.now() - since > resumeAfterMs) {
    await resume(tools, way, both);
  }
  return isStill ? undefined : 'at-source';
}

/** When the target cannot be asked, a VM that never stopped running at its source was not handed over: that is proof enough. */
async function lookOrProof(tools: Tools, way: Way): Promise<Both | 'at-source'> {
  try {
    return await lookAtBoth(tools, way, never);
  } catch (error) {
    const alone = await lookAtSource(tools, way, never).catch(() => undefined);
    if (alone?.source?.state === 'running' && alone.source.hasNeverLeft && alone.job === undefined) {
      return 'at-source';
    }
    throw error instanceof FailureError ? unseen(way, error) : error;
  }
}

function resume(tools: Tools, { source: host }: Way, { source }: Both): Promise<void> {
  return ask(tools, { host, what: 'resume the VM', purpose: 'stop', signal: never }, async (libvirt) => {
    if (source !== undefined) {
      await libvirt.domainResume({ dom: source.dom });
    }
  });
}

function unseen({ source, target }: Way, cause: FailureError | undefined): FailureError {
  return new FailureError(
    {
      code: 'reply-lost',
      kind: 'outcome-unknown',
      message: `nobody can tell yet whether the VM has moved from ${source} to ${target}`,
      hint: 'both hosts are looked at again before anything else is done',
      ...(cause === undefined ? {} : { cause: cause.failure.message }),
    },
    { cause },
  );
}
