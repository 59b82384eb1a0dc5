import { type Domain, DomainGetJobStatsFlags, DomainXMLFlags, type Libvirt } from 'node-libvirt';
import { FailureError } from '../../../model/failure.js';
import type { MigrationResult } from '../../hypervisor.js';
import { forget, noted } from './errand.js';
import { keep } from './incoming.js';
import { readStats, resultOf } from './job-stats.js';
import { movedDisks } from './moved-disks.js';
import { ask, type Tools, type Way } from './tools.js';

interface Last {
  /** Lets go of what was held for the move; default nothing. */
  readonly release?: (() => Promise<void>) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Does at the target what is left to do once the VM was seen there: what libvirt does not carry, and the markers of its
 * disks, and lets go of what was held for it. Whoever looks first does it, since who began the move may be dead; done twice
 * it changes nothing. A refusal does not mean that the VM has not moved, so that it is told as an outcome that has to be looked
 * at.
 */
export async function arrive(tools: Tools, way: Way, last: Last): Promise<void> {
  try {
    await finish(tools, way, last);
  } catch (error) {
    throw error instanceof FailureError && error.failure.kind === 'permanent'
      ? new FailureError({ ...error.failure, kind: 'outcome-unknown', code: 'reply-lost' }, { cause: error })
      : error;
  }
}

async function finish(tools: Tools, way: Way, { release, signal }: Last): Promise<void> {
  const { id, target: host } = way;
  await ask(tools, { host, what: 'finish the move there', purpose: 'query', signal }, async (libvirt) => {
    const dom = await libvirt.domainLookupByUUID({ uuid: id });
    const errand = await noted(libvirt, dom);
    if (errand === undefined) {
      return;
    }
    await Promise.all([
      errand.hasAutostart ? libvirt.domainSetAutostart({ dom, autostart: true }) : undefined,
      errand.hasMarkers ? keepDisks(tools, { id, host, libvirt, dom }) : undefined,
    ]);
    await release?.();
    await forget(libvirt, dom);
  });
}

async function keepDisks(
  { folders }: Tools,
  { dom, ...at }: { readonly id: string; readonly host: string; readonly libvirt: Libvirt; readonly dom: Domain },
): Promise<void> {
  const xml = await at.libvirt.domainGetXMLDesc({ dom, flags: DomainXMLFlags.INACTIVE });
  await keep(folders, { ...at, disks: movedDisks(xml, { copyStorage: 'all' }) });
}

/**
 * The result of the last migration that ended well, as this process or the target remembers it. The target knows neither
 * of the disks nor, after post-copy, of anything.
 */
export async function resultAt(tools: Tools, way: Way, signal: AbortSignal): Promise<MigrationResult | undefined> {
  return (
    tools.results.find(way) ??
    (await ask(tools, { host: way.target, what: 'tell how the move went', purpose: 'query', signal }, async (libvirt) =>
      completedAt(libvirt, await libvirt.domainLookupByUUID({ uuid: way.id })),
    ))
  );
}

async function completedAt(libvirt: Libvirt, dom: Domain): Promise<MigrationResult | undefined> {
  const flags = DomainGetJobStatsFlags.COMPLETED | DomainGetJobStatsFlags.KEEP_COMPLETED;
  const stats = readStats(await libvirt.domainGetJobStats({ dom, flags }));
  return stats === undefined ? undefined : resultOf(stats);
}
