import {
  type Domain,
  DomainCheckpointXMLFlags,
  DomainJobType,
  DomainMetadataType,
  DomainModificationImpact,
  DomainPausedReason,
  DomainState,
  DomainXMLFlags,
  ErrorNumber,
  type Libvirt,
  LibvirtError,
} from 'node-libvirt';
import type { BackupSource, Checkpoint } from '../../backups.js';
import { describeDomain } from '../domain-description.js';
import { child, devices, parseXml } from '../domain-xml.js';
import { unless } from '../migration/failures.js';
import { vmStateOf } from '../vm-state.js';
import { readCheckpoint, readSocket } from './documents.js';

/** Where the mark is kept that a guest's file systems may be frozen. It goes with the running VM. */
export const frozenMark = {
  type: DomainMetadataType.ELEMENT,
  uri: 'urn:lifeboat:frozen',
  flags: DomainModificationImpact.LIVE,
} as const;

/** One VM, in two rounds of questions. */
export async function lookAtSource(libvirt: Libvirt, dom: Domain): Promise<BackupSource> {
  const [live, definition, { state, reason }, backup, job, mark, names] = await Promise.all([
    libvirt.domainGetXMLDesc({ dom }),
    libvirt.domainGetXMLDesc({ dom, flags: DomainXMLFlags.INACTIVE }),
    libvirt.domainGetState({ dom }),
    backupOf(libvirt, dom),
    // Not every state has jobs.
    unless(ErrorNumber.OPERATION_INVALID, libvirt.domainGetJobInfo({ dom })),
    unlessRefused(libvirt.domainGetMetadata({ dom, ...frozenMark })),
    libvirt.domainListAllCheckpoints({ dom }),
  ]);
  const { name, disks, hasAgent } = describeDomain(live);
  const vmState = vmStateOf(state);
  const isRunning = vmState === 'running' || vmState === 'paused';
  const [sizes, checkpoints] = await Promise.all([
    Promise.all(disks.map(async ({ target }) => await libvirt.domainGetBlockInfo({ dom, path: target }))),
    Promise.all(names.map(async (each) => await checkpointOf(libvirt, each, isRunning))),
  ]);
  const isBusy = job !== undefined && isJob(job.type);
  return {
    name,
    state: vmState,
    isPausedByError: isError(state, reason),
    hasAgent,
    isFrozen: mark !== undefined,
    disks: disks.map((disk, index) => ({ ...disk, sizeBytes: sizes[index]?.capacity ?? 0 })),
    checkpoints: checkpoints.flat(),
    ...(backup === undefined ? {} : { backup: { socket: backup } }),
    isBusy: isBusy && backup === undefined,
    definition,
    hasStateBesideDisks: hasStateBesideDisks(definition),
  };
}

/** The socket of the backup that is under way. */
export async function backupOf(libvirt: Libvirt, dom: Domain): Promise<string | undefined> {
  const xml = await unless(ErrorNumber.NO_DOMAIN_BACKUP, libvirt.domainBackupGetXMLDesc({ dom }));
  return xml === undefined ? undefined : readSocket(xml);
}

export function isError(state: number, reason: number): boolean {
  return state === DomainState.PAUSED && reason === DomainPausedReason.IOERROR;
}

export function isJob(type: number): boolean {
  return type === DomainJobType.BOUNDED || type === DomainJobType.UNBOUNDED;
}

/** None when it went away meanwhile. */
async function checkpointOf(
  libvirt: Libvirt,
  checkpoint: Awaited<ReturnType<Libvirt['domainListAllCheckpoints']>>[number],
  isRunning: boolean,
): Promise<readonly Checkpoint[]> {
  const { NO_DOMAIN, SIZE } = DomainCheckpointXMLFlags;
  const flags = isRunning ? NO_DOMAIN | SIZE : NO_DOMAIN;
  const xml = await unless(ErrorNumber.NO_DOMAIN_CHECKPOINT, libvirt.domainCheckpointGetXMLDesc({ checkpoint, flags }));
  return xml === undefined ? [] : [readCheckpoint(xml, checkpoint.name, isRunning)];
}

function hasStateBesideDisks(definition: string): boolean {
  const domain = parseXml(definition);
  return child(domain, 'os', 'nvram') !== undefined || devices(domain, 'tpm').length > 0;
}

async function unlessRefused<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof LibvirtError) {
      return undefined;
    }
    throw error;
  }
}
