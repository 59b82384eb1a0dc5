/** Constants of libvirt-domain.h, under libvirt's own names less their prefix. */

/** virDomainBlockJobType: `VIR_DOMAIN_BLOCK_JOB_TYPE_*` */
export const DomainBlockJobType = {
  UNKNOWN: 0,
  PULL: 1,
  COPY: 2,
  COMMIT: 3,
  ACTIVE_COMMIT: 4,
  BACKUP: 5,
} as const;

/** virDomainBlockJobAbortFlags: `VIR_DOMAIN_BLOCK_JOB_ABORT_*` */
export const DomainBlockJobAbortFlags = {
  ASYNC: 1,
  PIVOT: 2,
} as const;

/** virDomainBlockJobInfoFlags: `VIR_DOMAIN_BLOCK_JOB_INFO_*` */
export const DomainBlockJobInfoFlags = {
  BANDWIDTH_BYTES: 1,
} as const;

/** virDomainBlockJobSetSpeedFlags: `VIR_DOMAIN_BLOCK_JOB_SPEED_*` */
export const DomainBlockJobSetSpeedFlags = {
  BANDWIDTH_BYTES: 1,
} as const;

/** virDomainBlockPullFlags: `VIR_DOMAIN_BLOCK_PULL_*` */
export const DomainBlockPullFlags = {
  BANDWIDTH_BYTES: 64,
} as const;

/** virDomainBlockRebaseFlags: `VIR_DOMAIN_BLOCK_REBASE_*` */
export const DomainBlockRebaseFlags = {
  SHALLOW: 1,
  REUSE_EXT: 2,
  COPY_RAW: 4,
  COPY: 8,
  RELATIVE: 16,
  COPY_DEV: 32,
  BANDWIDTH_BYTES: 64,
} as const;

/** virDomainBlockCopyFlags: `VIR_DOMAIN_BLOCK_COPY_*` */
export const DomainBlockCopyFlags = {
  SHALLOW: 1,
  REUSE_EXT: 2,
  TRANSIENT_JOB: 4,
  SYNCHRONOUS_WRITES: 8,
} as const;

/** virDomainBlockCommitFlags: `VIR_DOMAIN_BLOCK_COMMIT_*` */
export const DomainBlockCommitFlags = {
  SHALLOW: 1,
  DELETE: 2,
  ACTIVE: 4,
  RELATIVE: 8,
  BANDWIDTH_BYTES: 16,
} as const;

/** virDomainBlockResizeFlags: `VIR_DOMAIN_BLOCK_RESIZE_*` */
export const DomainBlockResizeFlags = {
  BYTES: 1,
} as const;

/** virDomainDiskErrorCode: `VIR_DOMAIN_DISK_ERROR_*` */
export const DomainDiskErrorCode = {
  NONE: 0,
  UNSPEC: 1,
  NO_SPACE: 2,
} as const;

/** virConnectDomainEventBlockJobStatus: `VIR_DOMAIN_BLOCK_JOB_*` */
export const ConnectDomainEventBlockJobStatus = {
  COMPLETED: 0,
  FAILED: 1,
  CANCELED: 2,
  READY: 3,
} as const;

/** Names of a block copy's typed parameters: `VIR_DOMAIN_BLOCK_COPY_*` */
export const DomainBlockCopyParameter = {
  BANDWIDTH: 'bandwidth',
  GRANULARITY: 'granularity',
  BUF_SIZE: 'buf-size',
} as const;
