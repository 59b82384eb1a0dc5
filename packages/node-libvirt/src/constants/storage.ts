/** Constants of libvirt-storage.h and libvirt-secret.h, under libvirt's own names less their prefix. */

/** virStoragePoolState: `VIR_STORAGE_POOL_*` */
export const StoragePoolState = {
  INACTIVE: 0,
  BUILDING: 1,
  RUNNING: 2,
  DEGRADED: 3,
  INACCESSIBLE: 4,
} as const;

/** virStoragePoolCreateFlags: `VIR_STORAGE_POOL_CREATE_*` */
export const StoragePoolCreateFlags = {
  NORMAL: 0,
  WITH_BUILD: 1,
  WITH_BUILD_OVERWRITE: 2,
  WITH_BUILD_NO_OVERWRITE: 4,
} as const;

/** virStoragePoolBuildFlags: `VIR_STORAGE_POOL_BUILD_*` */
export const StoragePoolBuildFlags = {
  NEW: 0,
  REPAIR: 1,
  RESIZE: 2,
  NO_OVERWRITE: 4,
  OVERWRITE: 8,
} as const;

/** virStoragePoolDeleteFlags: `VIR_STORAGE_POOL_DELETE_*` */
export const StoragePoolDeleteFlags = {
  NORMAL: 0,
  ZEROED: 1,
} as const;

/** virStorageVolType: `VIR_STORAGE_VOL_*` */
export const StorageVolType = {
  FILE: 0,
  BLOCK: 1,
  DIR: 2,
  NETWORK: 3,
  NETDIR: 4,
  PLOOP: 5,
} as const;

/** virStorageVolCreateFlags: `VIR_STORAGE_VOL_CREATE_*` */
export const StorageVolCreateFlags = {
  PREALLOC_METADATA: 1,
  REFLINK: 2,
  VALIDATE: 4,
} as const;

/** virStorageVolDeleteFlags: `VIR_STORAGE_VOL_DELETE_*` */
export const StorageVolDeleteFlags = {
  NORMAL: 0,
  ZEROED: 1,
  WITH_SNAPSHOTS: 2,
} as const;

/** virStorageVolResizeFlags: `VIR_STORAGE_VOL_RESIZE_*` */
export const StorageVolResizeFlags = {
  ALLOCATE: 1,
  DELTA: 2,
  SHRINK: 4,
} as const;

/** virStorageVolUploadFlags: `VIR_STORAGE_VOL_UPLOAD_*` */
export const StorageVolUploadFlags = {
  SPARSE_STREAM: 1,
} as const;

/** virStorageVolDownloadFlags: `VIR_STORAGE_VOL_DOWNLOAD_*` */
export const StorageVolDownloadFlags = {
  SPARSE_STREAM: 1,
} as const;

/** virStorageVolInfoFlags: `VIR_STORAGE_VOL_*` */
export const StorageVolInfoFlags = {
  USE_ALLOCATION: 0,
  GET_PHYSICAL: 1,
} as const;

/** virStorageXMLFlags: `VIR_STORAGE_XML_*` */
export const StorageXMLFlags = {
  INACTIVE: 1,
} as const;

/** virSecretUsageType: `VIR_SECRET_USAGE_TYPE_*` */
export const SecretUsageType = {
  NONE: 0,
  VOLUME: 1,
  CEPH: 2,
  ISCSI: 3,
  TLS: 4,
  VTPM: 5,
} as const;
