import type { VmOnHost } from './backups.js';

/** Merges of a running VM's disks into the images that they lie over. A port. */
export interface BlockCommits {
  /**
   * Writes all that lies above `base` into it, and makes it the disk, while the VM runs on; resolves once the VM writes to
   * it. `base` is the lowest image of the disk. Called again it follows a commit that is under way, or finds it done. It goes
   * on by itself when the caller dies, but the VM writes to both images until it is called again.
   *
   * Rejects with a `FailureError`: `host-unreachable`, `reply-lost`, `vm-not-found`, `libvirt-refused`, `merge-failed`
   * (transient: the disk is as it was).
   */
  commit(disk: VmOnHost & { readonly target: string; readonly base: string }, signal: AbortSignal): Promise<void>;
}
