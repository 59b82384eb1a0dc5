/** Constants of libvirt-domain.h, under libvirt's own names less their prefix. */

/** virDomainMigrateFlags: `VIR_MIGRATE_*` */
export const DomainMigrateFlags = {
  LIVE: 1,
  PEER2PEER: 2,
  TUNNELLED: 4,
  PERSIST_DEST: 8,
  UNDEFINE_SOURCE: 16,
  PAUSED: 32,
  NON_SHARED_DISK: 64,
  NON_SHARED_INC: 128,
  CHANGE_PROTECTION: 256,
  UNSAFE: 512,
  OFFLINE: 1024,
  COMPRESSED: 2048,
  ABORT_ON_ERROR: 4096,
  AUTO_CONVERGE: 8192,
  RDMA_PIN_ALL: 16384,
  POSTCOPY: 32768,
  TLS: 65536,
  PARALLEL: 131072,
  NON_SHARED_SYNCHRONOUS_WRITES: 262144,
  POSTCOPY_RESUME: 524288,
  ZEROCOPY: 1048576,
} as const;

/** virDomainMigrateMaxSpeedFlags: `VIR_DOMAIN_MIGRATE_MAX_SPEED_*` */
export const DomainMigrateMaxSpeedFlags = {
  POSTCOPY: 1,
} as const;

/** virDomainJobType: `VIR_DOMAIN_JOB_*` */
export const DomainJobType = {
  NONE: 0,
  BOUNDED: 1,
  UNBOUNDED: 2,
  COMPLETED: 3,
  FAILED: 4,
  CANCELLED: 5,
} as const;

/** virDomainGetJobStatsFlags: `VIR_DOMAIN_JOB_STATS_*` */
export const DomainGetJobStatsFlags = {
  COMPLETED: 1,
  KEEP_COMPLETED: 2,
} as const;

/** virDomainAbortJobFlagsValues: `VIR_DOMAIN_ABORT_JOB_*` */
export const DomainAbortJobFlags = {
  POSTCOPY: 1,
} as const;

/** virDomainJobOperation: `VIR_DOMAIN_JOB_OPERATION_*` */
export const DomainJobOperation = {
  UNKNOWN: 0,
  START: 1,
  SAVE: 2,
  RESTORE: 3,
  MIGRATION_IN: 4,
  MIGRATION_OUT: 5,
  SNAPSHOT: 6,
  SNAPSHOT_REVERT: 7,
  DUMP: 8,
  BACKUP: 9,
  SNAPSHOT_DELETE: 10,
} as const;

/** virDomainDirtyRateCalcFlags: `VIR_DOMAIN_DIRTYRATE_*` */
export const DomainDirtyRateCalcFlags = {
  MODE_PAGE_SAMPLING: 0,
  MODE_DIRTY_BITMAP: 1,
  MODE_DIRTY_RING: 2,
} as const;

/** Names of a migration's typed parameters: `VIR_MIGRATE_PARAM_*` */
export const MigrateParameter = {
  URI: 'migrate_uri',
  DEST_NAME: 'destination_name',
  DEST_XML: 'destination_xml',
  PERSIST_XML: 'persistent_xml',
  BANDWIDTH: 'bandwidth',
  BANDWIDTH_POSTCOPY: 'bandwidth.postcopy',
  GRAPHICS_URI: 'graphics_uri',
  LISTEN_ADDRESS: 'listen_address',
  MIGRATE_DISKS: 'migrate_disks',
  DISKS_PORT: 'disks_port',
  DISKS_URI: 'disks_uri',
  COMPRESSION: 'compression',
  COMPRESSION_MT_LEVEL: 'compression.mt.level',
  COMPRESSION_MT_THREADS: 'compression.mt.threads',
  COMPRESSION_MT_DTHREADS: 'compression.mt.dthreads',
  COMPRESSION_XBZRLE_CACHE: 'compression.xbzrle.cache',
  AUTO_CONVERGE_INITIAL: 'auto_converge.initial',
  AUTO_CONVERGE_INCREMENT: 'auto_converge.increment',
  PARALLEL_CONNECTIONS: 'parallel.connections',
  TLS_DESTINATION: 'tls.destination',
} as const;

/** Names of the typed parameters of job statistics: `VIR_DOMAIN_JOB_*` */
export const DomainJobField = {
  OPERATION: 'operation',
  TIME_ELAPSED: 'time_elapsed',
  TIME_ELAPSED_NET: 'time_elapsed_net',
  TIME_REMAINING: 'time_remaining',
  DOWNTIME: 'downtime',
  DOWNTIME_NET: 'downtime_net',
  SETUP_TIME: 'setup_time',
  DATA_TOTAL: 'data_total',
  DATA_PROCESSED: 'data_processed',
  DATA_REMAINING: 'data_remaining',
  MEMORY_TOTAL: 'memory_total',
  MEMORY_PROCESSED: 'memory_processed',
  MEMORY_REMAINING: 'memory_remaining',
  MEMORY_CONSTANT: 'memory_constant',
  MEMORY_NORMAL: 'memory_normal',
  MEMORY_NORMAL_BYTES: 'memory_normal_bytes',
  MEMORY_BPS: 'memory_bps',
  MEMORY_DIRTY_RATE: 'memory_dirty_rate',
  MEMORY_PAGE_SIZE: 'memory_page_size',
  MEMORY_ITERATION: 'memory_iteration',
  MEMORY_POSTCOPY_REQS: 'memory_postcopy_requests',
  DISK_TOTAL: 'disk_total',
  DISK_PROCESSED: 'disk_processed',
  DISK_REMAINING: 'disk_remaining',
  DISK_BPS: 'disk_bps',
  COMPRESSION_CACHE: 'compression_cache',
  COMPRESSION_BYTES: 'compression_bytes',
  COMPRESSION_PAGES: 'compression_pages',
  COMPRESSION_CACHE_MISSES: 'compression_cache_misses',
  COMPRESSION_OVERFLOW: 'compression_overflow',
  AUTO_CONVERGE_THROTTLE: 'auto_converge_throttle',
  SUCCESS: 'success',
  ERRMSG: 'errmsg',
  DISK_TEMP_USED: 'disk_temp_used',
  DISK_TEMP_TOTAL: 'disk_temp_total',
} as const;
