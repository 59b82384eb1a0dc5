import type { Backups } from '../../../hypervisors/backups.js';
import type { HostShell } from '../../../hypervisors/host-shell.js';
import type { HostSocket } from '../../../hypervisors/host-socket.js';
import type { Hypervisor, TransferProgress } from '../../../hypervisors/hypervisor.js';
import type { Clock } from '../../../model/clock.js';
import type { Place } from '../../../model/place.js';
import type { ProvenDisk } from '../../../model/replica.js';
import type { CopyLimits } from '../../copier/copy-request.js';
import type { TransferRate } from '../../link-rate.js';
import type { PointManifest } from '../../store/manifest.js';
import type { ReplicaStore } from '../../store/store.js';
import type { DiskDecision } from './disk-decision.js';

/** The ways to both hosts. */
export interface CycleTools {
  readonly backups: Backups;
  readonly hypervisor: Pick<Hypervisor, 'vm'>;
  readonly shell: HostShell;
  readonly sockets: HostSocket;
  readonly clock: Clock;
  /** The replicas of `to`. */
  readonly store: ReplicaStore;
}

export interface CycleRequest {
  readonly vm: { readonly id: string; readonly name: string };
  /** Where the VM is. */
  readonly from: Place;
  readonly to: Place;
  /** Folder on the VM's host for what it overwrites while it is read. */
  readonly scratch: string;
  /** Whether the guest's file systems are frozen for the moment of the point. */
  readonly quiesce: boolean;
  /** The method that the replica is kept by; a mirror's is brought up to date so between two mirrors. Default: block-sync. */
  readonly method?: 'mirror' | 'block-sync';
  /** Whether both ends are compared before there is a point. Default: they are not. */
  readonly isProven?: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TransferProgress) => void;
  /** Part of the link's rate. Default: no limit. */
  readonly rate?: TransferRate;
  readonly limits?: Partial<CopyLimits>;
}

export interface CycleResult {
  readonly point: PointManifest;
  /** Bytes written to the replica as data. */
  readonly bytes: number;
  readonly disks: readonly CycledDisk[];
  /** What the comparison has shown of each disk; empty where none was asked for. */
  readonly proof: readonly ProvenDisk[];
  /** Time of the copying alone, ms. */
  readonly transferMs: number;
  /** What a person should know; sentences without a full stop. */
  readonly notes: readonly string[];
}

export interface CycledDisk extends DiskDecision {
  readonly target: string;
  /** Bytes that were read on both sides to compare them. */
  readonly comparedBytes: number;
  readonly copyBytes: number;
  readonly zeroBytes: number;
}

/** One cycle under way, as its parts share it. */
export interface Cycle extends CycleRequest {
  readonly tools: CycleTools;
  /** The work folder on the VM's host. */
  readonly folder: string;
  readonly note: (text: string) => void;
}
