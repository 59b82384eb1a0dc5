import type { VmState } from '../model/inventory.js';

/**
 * Backups of VMs on their host, as replication reads them: all disks at one moment, over NBD, while the VM runs on. A port.
 * A replica's state of the disks is named by a checkpoint: what was written since, the host tells by the block.
 *
 * Every method rejects with a `FailureError`: `host-unreachable` (transient, nothing was asked), `reply-lost`
 * (outcome-unknown), `vm-not-found`, `libvirt-refused` (permanent), and those named at a method. Every method may be called
 * again after any failure.
 */
export interface Backups {
  /** The VM as a backup of it finds it; undefined when the host does not know it. Changes nothing. */
  look(vm: VmOnHost, signal: AbortSignal): Promise<BackupSource | undefined>;
  /**
   * Begins a backup of the named disks at one moment, and makes the checkpoint of that moment; both or neither. Each disk is
   * an export of its target's name at `folder`'s socket, which reads as the disk did at that moment until `end`; one that is
   * `since` a checkpoint has what was written since in the context `qemu:dirty-bitmap:backup-TARGET`. What the VM overwrites
   * meanwhile goes to scratch files in `folder`, which is there already. Failure: `checkpoint-broken` (precondition) when
   * `since` cannot be used.
   */
  begin(backup: BackupRequest, signal: AbortSignal): Promise<void>;
  /** Ends the backup whose socket is in this folder, and returns when it is gone with its scratch files. Nothing happens when there is none. */
  end(vm: VmOnHost & { readonly folder: string }, signal: AbortSignal): Promise<void>;
  /** How a backup is getting on. */
  watch(vm: VmOnHost, signal: AbortSignal): Promise<BackupWatch>;
  /** Makes a checkpoint of this moment, also while the disks are mirrored. Nothing happens when it is there. */
  createCheckpoint(checkpoint: Omit<CheckpointRecord, 'at'>, signal: AbortSignal): Promise<void>;
  /** Removes a checkpoint and its bitmaps, broken ones too; the VM has to run. Nothing happens when there is none. */
  deleteCheckpoint(vm: VmOnHost & { readonly checkpoint: string }, signal: AbortSignal): Promise<void>;
  /**
   * Tells the host of a checkpoint whose bitmaps came with the disks, as after a migration. False, and nothing is changed,
   * when a bitmap of these disks is not there or broken.
   */
  redefineCheckpoint(checkpoint: CheckpointRecord, signal: AbortSignal): Promise<boolean>;
  /**
   * Has the guest's agent freeze its file systems. `reason` says why they are not frozen. From before the first file system
   * until `thaw` has ended well the host keeps a mark of it, `isFrozen`, so that whoever comes next can thaw them. When this
   * rejects they may be frozen.
   */
  freeze(vm: VmOnHost, signal: AbortSignal): Promise<{ readonly reason?: string }>;
  /** Has the file systems thawed, and takes off the mark. Does no harm when nothing is frozen. */
  thaw(vm: VmOnHost, signal: AbortSignal): Promise<void>;
  /** Lets a paused VM run on. */
  resume(vm: VmOnHost, signal: AbortSignal): Promise<void>;
}

export interface VmOnHost {
  readonly host: string;
  /** UUID of the VM. */
  readonly id: string;
}

export interface BackupSource {
  readonly name: string;
  readonly state: VmState;
  /** It is paused because a write failed, such as one to a scratch file that had no room. */
  readonly isPausedByError: boolean;
  readonly hasAgent: boolean;
  /** Its file systems may be frozen by `freeze`. */
  readonly isFrozen: boolean;
  readonly disks: readonly BackupDisk[];
  readonly checkpoints: readonly Checkpoint[];
  /** The backup that is under way, and the path of its socket when it has one; undefined when there is none. */
  readonly backup?: { readonly socket: string };
  /** Something else is under way that no backup may begin beside, such as a migration. */
  readonly isBusy: boolean;
  /** Its definition for a host that knows nothing of it, without secrets. */
  readonly definition: string;
  /** Its firmware's variables or a TPM's state lie outside of its disks. */
  readonly hasStateBesideDisks: boolean;
}

export interface BackupDisk {
  readonly target: string;
  readonly path: string;
  readonly format: 'qcow2' | 'raw';
  readonly sizeBytes: number;
  /** It is reached over a network, and no file or device of the host. */
  readonly isRemote: boolean;
}

export interface Checkpoint {
  readonly name: string;
  /** Of the disks that it covers. `unknown` while the VM is shut off. */
  readonly bitmaps: Readonly<Record<string, 'whole' | 'broken' | 'unknown'>>;
}

export interface BackupRequest extends VmOnHost {
  readonly folder: string;
  /** The checkpoint that is made. */
  readonly checkpoint: string;
  /** All disks that are backed up. `isTracked`: the new checkpoint covers it, which only qcow2 can. */
  readonly disks: readonly { readonly target: string; readonly isTracked: boolean; readonly since?: string }[];
  /** Targets of all other disks of the VM. */
  readonly others: readonly string[];
}

export interface CheckpointRecord extends VmOnHost {
  readonly checkpoint: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly tracked: readonly string[];
  /** Targets of all other disks of the VM. */
  readonly others: readonly string[];
}

export interface BackupWatch {
  /** Bytes of scratch files in use. */
  readonly scratchBytes: number;
  readonly isUnderWay: boolean;
  readonly isPausedByError: boolean;
}

/** The socket of the backup in a folder. */
export function backupSocket(folder: string): string {
  return `${folder}/nbd.sock`;
}
