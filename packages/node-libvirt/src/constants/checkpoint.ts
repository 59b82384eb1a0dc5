/** Constants of libvirt-domain-checkpoint.h, libvirt-domain-snapshot.h and libvirt-domain.h, under libvirt's own names less their prefix. */

/** virDomainCheckpointCreateFlags: `VIR_DOMAIN_CHECKPOINT_CREATE_*` */
export const DomainCheckpointCreateFlags = {
  REDEFINE: 1,
  QUIESCE: 2,
  REDEFINE_VALIDATE: 4,
} as const;

/** virDomainCheckpointListFlags: `VIR_DOMAIN_CHECKPOINT_LIST_*` */
export const DomainCheckpointListFlags = {
  ROOTS: 1,
  DESCENDANTS: 1,
  TOPOLOGICAL: 2,
  LEAVES: 4,
  NO_LEAVES: 8,
} as const;

/** virDomainCheckpointXMLFlags: `VIR_DOMAIN_CHECKPOINT_XML_*` */
export const DomainCheckpointXMLFlags = {
  SECURE: 1,
  NO_DOMAIN: 2,
  SIZE: 4,
} as const;

/** virDomainCheckpointDeleteFlags: `VIR_DOMAIN_CHECKPOINT_DELETE_*` */
export const DomainCheckpointDeleteFlags = {
  CHILDREN: 1,
  METADATA_ONLY: 2,
  CHILDREN_ONLY: 4,
} as const;

/** virDomainBackupBeginFlags: `VIR_DOMAIN_BACKUP_BEGIN_*` */
export const DomainBackupBeginFlags = {
  REUSE_EXTERNAL: 1,
} as const;

/** virDomainSnapshotCreateFlags: `VIR_DOMAIN_SNAPSHOT_CREATE_*` */
export const DomainSnapshotCreateFlags = {
  REDEFINE: 1,
  CURRENT: 2,
  NO_METADATA: 4,
  HALT: 8,
  DISK_ONLY: 16,
  REUSE_EXT: 32,
  QUIESCE: 64,
  ATOMIC: 128,
  LIVE: 256,
  VALIDATE: 512,
} as const;

/** virDomainSnapshotListFlags: `VIR_DOMAIN_SNAPSHOT_LIST_*` */
export const DomainSnapshotListFlags = {
  ROOTS: 1,
  DESCENDANTS: 1,
  LEAVES: 4,
  NO_LEAVES: 8,
  METADATA: 2,
  NO_METADATA: 16,
  INACTIVE: 32,
  ACTIVE: 64,
  DISK_ONLY: 128,
  INTERNAL: 256,
  EXTERNAL: 512,
  TOPOLOGICAL: 1024,
} as const;

/** virDomainSnapshotDeleteFlags: `VIR_DOMAIN_SNAPSHOT_DELETE_*` */
export const DomainSnapshotDeleteFlags = {
  CHILDREN: 1,
  METADATA_ONLY: 2,
  CHILDREN_ONLY: 4,
} as const;

/** virDomainSnapshotRevertFlags: `VIR_DOMAIN_SNAPSHOT_REVERT_*` */
export const DomainSnapshotRevertFlags = {
  RUNNING: 1,
  PAUSED: 2,
  FORCE: 4,
  RESET_NVRAM: 8,
} as const;
