import type { VmOnHost } from './backups.js';

/**
 * Mirrors of a running VM's disks: once a copy is ready, every write of the guest is acknowledged only after the export has
 * it too. A port. A copy goes on by itself when whoever began it dies; it is never made the VM's disk.
 *
 * Every method rejects with a `FailureError`: `host-unreachable` (transient, nothing was asked), `reply-lost`
 * (outcome-unknown), `vm-not-found`, `libvirt-refused` (permanent), and those named at a method. Every method may be called
 * again after any failure.
 */
export interface Mirrors {
  /** All copies of the VM's disks that are under way, whoever has begun them; none for a VM that does not run or is not there. */
  look(vm: VmOnHost, signal: AbortSignal): Promise<readonly DiskCopy[]>;
  /**
   * Begins a copy of each disk, with writes to both sides at once, and returns; those that are under way to the same export
   * are left alone. Failures: `libvirt-refused` also when a job is under way on a disk; some copies may have begun then.
   */
  begin(mirror: MirrorRequest, signal: AbortSignal): Promise<void>;
  /**
   * Puts a new image above each of these disks, all at one moment; the VM writes to those from then on, and to nothing below
   * them. A disk that has its image already is left alone.
   */
  overlay(vm: OverlayOfVm, signal: AbortSignal): Promise<void>;
  /** QEMU's names of the connections to these exports. The calls of a guest that wait for one go on once it is cut. */
  connections(vm: ExportsOfVm, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Cuts the connections to these exports, all at one moment, so that the guest runs on whatever the link does, and then ends
   * the copies; returns when they are gone. The VM keeps its disks. Nothing happens when there are none. Failure:
   * `mirror-not-ended` (transient).
   */
  end(vm: ExportsOfVm, signal: AbortSignal): Promise<void>;
}

/** Where a disk is copied to. */
export interface NbdExport {
  readonly address: string;
  readonly port: number;
  /** Its name there; it tells the copies of one VM and one beginning from all others. */
  readonly name: string;
}

/** A copy of one disk that is under way. */
export interface DiskCopy {
  readonly target: string;
  /** Undefined when it goes to no export, or is no copy at all; somebody else has begun it then. */
  readonly to: NbdExport | undefined;
  /** Every write of the guest is on both sides before it is acknowledged. */
  readonly isReady: boolean;
  /** It is behind `totalBytes` while something is on its way, writes of the guest to a ready mirror too. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface MirrorRequest extends VmOnHost {
  readonly disks: readonly {
    readonly target: string;
    readonly to: NbdExport;
    /** Only what its topmost image holds, since the export has the rest. */
    readonly isShallow: boolean;
  }[];
  /** For all that was there before; what the guest writes is not held back. Default: no limit. */
  readonly bytesPerSecond?: number;
}

export interface OverlayOfVm extends VmOnHost {
  /** Where the new images go, which nothing is at. */
  readonly disks: readonly { readonly target: string; readonly path: string }[];
}

export interface ExportsOfVm extends VmOnHost {
  /** Names of the exports. */
  readonly exports: readonly string[];
}
