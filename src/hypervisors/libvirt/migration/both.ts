import type { MigrationStats } from './job-stats.js';
import { type Seen, see, seeAtSource } from './look.js';
import { ask, type Tools, type Way } from './tools.js';

/** What both hosts say of a VM at one moment. */
export interface Both {
  readonly source: Seen | undefined;
  readonly target: Seen | undefined;
  /** The migration that is under way on the source. */
  readonly job: MigrationStats | undefined;
}

/** Where the VM is, as far as it is certain. */
export type Standing = 'moved' | 'under-way' | 'at-source' | 'broken' | 'unclear';

/** Asks both hosts. Rejects when one cannot be asked. */
export async function lookAtBoth(tools: Tools, way: Way, signal: AbortSignal): Promise<Both> {
  const [{ source, job }, target] = await Promise.all([
    lookAtSource(tools, way, signal),
    lookAtTarget(tools, way, signal),
  ]);
  return { source, target, job };
}

export function lookAtSource(tools: Tools, way: Way, signal: AbortSignal): Promise<Pick<Both, 'source' | 'job'>> {
  const asking = { host: way.source, what: 'look at the VM', purpose: 'query', signal } as const;
  return ask(tools, asking, (libvirt) => seeAtSource(libvirt, way.id));
}

export function lookAtTarget(tools: Tools, way: Way, signal: AbortSignal): Promise<Seen | undefined> {
  const asking = { host: way.target, what: 'look at the VM', purpose: 'query', signal } as const;
  return ask(tools, asking, (libvirt) => see(libvirt, way.id));
}

/** What both together mean. A VM that is paused on the target while no migration is under way has not been let go there. */
export function standingOf({ source, target, job }: Both): Standing {
  if (source?.isBroken === true || target?.isBroken === true) {
    return 'broken';
  }
  if (job !== undefined) {
    return 'under-way';
  }
  const isAtSource = source !== undefined && source.state !== 'shut-off';
  if (target?.state === 'running' && !isAtSource) {
    return 'moved';
  }
  return isAtSource && (target === undefined || target.state === 'shut-off') ? 'at-source' : 'unclear';
}
