import type { DomainStatsRecord } from 'node-libvirt';
import { DomainState, valuesByField } from 'node-libvirt';
import type { DiskFacts, VmFacts } from '../../model/inventory.js';
import type { DomainDescription } from './domain-description.js';
import { vmStateOf } from './vm-state.js';

/** What one look at a VM brings together. */
export interface VmSighting {
  readonly description: DomainDescription;
  /** libvirt's statistics of state and block devices. */
  readonly stats: DomainStatsRecord['params'];
  readonly hasAutostart: boolean;
  readonly at: { readonly site: string; readonly host: string };
  readonly observedAt: number;
}

/** The facts of a VM as its host has it. */
export function vmFactsOf({ description, stats, hasAutostart, at, observedAt }: VmSighting): VmFacts {
  const values = valuesByField(stats);
  const { id, name, memoryBytes, vcpus, cpuModel, networks, tags, hasAgent } = description;
  const balloonKiB = values.get('balloon.maximum');
  return {
    id,
    name,
    ...at,
    observedAt,
    seenOn: 'host',
    state: vmStateOf(Number(values.get('state.state') ?? DomainState.NOSTATE)),
    memoryBytes: memoryBytes > 0 ? memoryBytes : Number(balloonKiB ?? 0) * 1024,
    vcpus,
    ...(cpuModel === undefined ? {} : { cpuModel }),
    networks,
    disks: description.disks.map((disk) => diskFacts(disk, values)),
    tags,
    hasAutostart,
    hasAgent,
  };
}

function diskFacts(
  { target, path, format, isRemote }: DomainDescription['disks'][number],
  values: ReadonlyMap<string, unknown>,
): DiskFacts {
  const count = Number(values.get('block.count') ?? 0);
  const index = Array.from({ length: count }, (_, at) => at).find((at) => values.get(`block.${at}.name`) === target);
  const size = (name: string): number => Number(values.get(`block.${index ?? ''}.${name}`) ?? 0);
  return {
    target,
    path,
    format,
    sizeBytes: size('capacity'),
    usedBytes: Math.max(size('allocation'), size('physical')) || size('capacity'),
    isShared: isRemote,
  };
}
