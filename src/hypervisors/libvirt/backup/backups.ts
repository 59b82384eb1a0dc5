import {
  type Domain,
  DomainCheckpointCreateFlags,
  DomainCheckpointDeleteFlags,
  DomainJobField,
  ErrorNumber,
  type Libvirt,
  LibvirtError,
  valuesByField,
} from 'node-libvirt';
import { FailureError } from '../../../model/failure.js';
import { type BackupRequest, type Backups, backupSocket, type CheckpointRecord } from '../../backups.js';
import type { Connections } from '../connections.js';
import { asked } from '../failures.js';
import { unless } from '../migration/failures.js';
import { askOfVm } from '../vm-asking.js';
import { backupXml, checkpointXml, newCheckpointXml, redefinitionXml } from './documents.js';
import { backupOf, frozenMark, isError, isJob, lookAtSource } from './look.js';

/** How long a guest's agent may take to freeze or thaw, ms. A guest's file systems are never held longer by a silent agent. */
const agentWithinMs = 30_000;

/** Backups over libvirt's backup jobs in pull mode. */
export function backupsOf(connections: Connections): Backups {
  return {
    look: ({ host, id }, signal) =>
      asked({ host, what: 'look at a VM', signal }, async () => {
        const libvirt = await connections.to(host, 'query', signal);
        const dom = await unless(ErrorNumber.NO_DOMAIN, libvirt.domainLookupByUUID({ uuid: id }));
        return dom === undefined ? undefined : await lookAtSource(libvirt, dom);
      }),
    begin: (request, signal) =>
      askOfVm(
        connections,
        { ...request, what: `begin a backup of VM ${request.id}`, purpose: 'work', signal },
        (libvirt, dom) => begin(libvirt, dom, request),
      ),
    end: ({ folder, ...vm }, signal) =>
      askOfVm(connections, { ...vm, what: `end the backup of VM ${vm.id}`, purpose: 'stop', signal }, (libvirt, dom) =>
        end(libvirt, dom, { host: vm.host, socket: backupSocket(folder), signal }),
      ),
    watch: (vm, signal) =>
      askOfVm(
        connections,
        { ...vm, what: `tell of the backup of VM ${vm.id}`, purpose: 'query', signal },
        async (libvirt, dom) => {
          const [{ type, params }, { state, reason }] = await Promise.all([
            libvirt.domainGetJobStats({ dom }),
            libvirt.domainGetState({ dom }),
          ]);
          return {
            scratchBytes: Number(valuesByField(params).get(DomainJobField.DISK_TEMP_USED) ?? 0),
            isUnderWay: isJob(type),
            isPausedByError: isError(state, reason),
          };
        },
      ),
    createCheckpoint: (record, signal) =>
      askOfVm(
        connections,
        { ...record, what: `make the checkpoint ${record.checkpoint}`, purpose: 'work', signal },
        (libvirt, dom) => createCheckpoint(libvirt, dom, record),
      ),
    deleteCheckpoint: ({ checkpoint, ...vm }, signal) =>
      askOfVm(
        connections,
        { ...vm, what: `delete the checkpoint ${checkpoint}`, purpose: 'work', signal },
        (libvirt, dom) => deleteCheckpoint(libvirt, dom, checkpoint),
      ),
    redefineCheckpoint: (record, signal) =>
      askOfVm(
        connections,
        { ...record, what: `take the checkpoint ${record.checkpoint}`, purpose: 'work', signal },
        (libvirt, dom) => redefine(libvirt, dom, record),
      ),
    freeze: (vm, signal) =>
      askOfVm(connections, { ...vm, what: `freeze the file systems of VM ${vm.id}`, purpose: 'work', signal }, freeze),
    thaw: (vm, signal) =>
      askOfVm(connections, { ...vm, what: `thaw the file systems of VM ${vm.id}`, purpose: 'work', signal }, thaw),
    resume: (vm, signal) =>
      askOfVm(connections, { ...vm, what: `resume VM ${vm.id}`, purpose: 'work', signal }, async (libvirt, dom) => {
        await libvirt.domainResume({ dom });
      }),
  };
}

async function begin(libvirt: Libvirt, dom: Domain, request: BackupRequest): Promise<void> {
  const isTracked = request.disks.some((disk) => disk.isTracked);
  try {
    await libvirt.domainBackupBegin({
      dom,
      backupXML: backupXml(request),
      checkpointXML: isTracked ? checkpointXml(request) : null,
    });
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.number !== ErrorNumber.CHECKPOINT_INCONSISTENT) {
      throw error;
    }
    throw new FailureError(
      {
        code: 'checkpoint-broken',
        kind: 'precondition',
        message: `What ${dom.name} has written since its last recovery point is not known to ${request.host} any more`,
        hint: 'the next sync compares whole disks',
        cause: error.message,
      },
      { cause: error },
    );
  }
}

interface Ending {
  readonly host: string;
  readonly socket: string;
  readonly signal: AbortSignal;
}

async function end(libvirt: Libvirt, dom: Domain, { host, socket, signal }: Ending): Promise<void> {
  let tell: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const subscription = await libvirt.subscribe('domain.job-completed', () => tell(), { subject: dom });
  signal.addEventListener('abort', tell);
  try {
    if ((await backupOf(libvirt, dom)) !== socket) {
      return;
    }
    // It may end by itself at the same time, as when the VM stops.
    await unless(ErrorNumber.OPERATION_INVALID, libvirt.domainAbortJob({ dom }));
    if ((await backupOf(libvirt, dom)) === socket) {
      await Promise.race([told, libvirt.closed]);
    }
    if ((await backupOf(libvirt, dom)) === socket) {
      throw new FailureError({
        code: 'reply-lost',
        kind: 'outcome-unknown',
        message: `The backup of ${dom.name} on ${host} was told to end, and is not seen to have ended`,
        hint: 'the next sync ends it first',
      });
    }
  } finally {
    signal.removeEventListener('abort', tell);
    await subscription.unsubscribe().catch(() => undefined);
  }
}

async function createCheckpoint(libvirt: Libvirt, dom: Domain, record: Omit<CheckpointRecord, 'at'>): Promise<void> {
  const name = record.checkpoint;
  const known = await unless(ErrorNumber.NO_DOMAIN_CHECKPOINT, libvirt.domainCheckpointLookupByName({ dom, name }));
  if (known === undefined) {
    await libvirt.domainCheckpointCreateXML({ dom, xmlDesc: newCheckpointXml(record) });
  }
}

async function deleteCheckpoint(libvirt: Libvirt, dom: Domain, name: string): Promise<void> {
  const { NO_DOMAIN_CHECKPOINT, INTERNAL_ERROR } = ErrorNumber;
  const checkpoint = await unless(NO_DOMAIN_CHECKPOINT, libvirt.domainCheckpointLookupByName({ dom, name }));
  if (checkpoint === undefined) {
    return;
  }
  try {
    await libvirt.domainCheckpointDelete({ checkpoint });
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.number !== INTERNAL_ERROR) {
      throw error;
    }
    // A bitmap of it is gone: QEMU was killed before it had ever written it. What libvirt knows of it has to go as well.
    await libvirt.domainCheckpointDelete({ checkpoint, flags: DomainCheckpointDeleteFlags.METADATA_ONLY });
  }
}

async function redefine(libvirt: Libvirt, dom: Domain, record: CheckpointRecord): Promise<boolean> {
  const { REDEFINE, REDEFINE_VALIDATE } = DomainCheckpointCreateFlags;
  const made = await unless(
    ErrorNumber.CHECKPOINT_INCONSISTENT,
    libvirt.domainCheckpointCreateXML({ dom, xmlDesc: redefinitionXml(record), flags: REDEFINE | REDEFINE_VALIDATE }),
  );
  return made !== undefined;
}

/** The mark is there before the first file system is frozen. It goes again only when the agent was certainly not asked. */
async function freeze(libvirt: Libvirt, dom: Domain): Promise<{ readonly reason?: string }> {
  await libvirt.domainSetMetadata({ dom, ...frozenMark, key: 'lifeboat', metadata: '<frozen/>' });
  try {
    await libvirt.domainFSFreeze({ dom }, { deadlineMs: agentWithinMs });
    return {};
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.number !== ErrorNumber.AGENT_UNRESPONSIVE) {
      throw error;
    }
    await unmark(libvirt, dom);
    return { reason: error.message };
  }
}

async function thaw(libvirt: Libvirt, dom: Domain): Promise<void> {
  await libvirt.domainFSThaw({ dom }, { deadlineMs: agentWithinMs });
  await unmark(libvirt, dom);
}

async function unmark(libvirt: Libvirt, dom: Domain): Promise<void> {
  await unless(
    ErrorNumber.NO_DOMAIN_METADATA,
    libvirt.domainSetMetadata({ dom, ...frozenMark, key: null, metadata: null }),
  );
}
