/** Constants of libvirt-domain.h, libvirt-network.h, libvirt-storage.h and libvirt-secret.h, under libvirt's own names less their prefix. */

/** virDomainEventID: `VIR_DOMAIN_EVENT_ID_*` */
export const DomainEventID = {
  LIFECYCLE: 0,
  REBOOT: 1,
  RTC_CHANGE: 2,
  WATCHDOG: 3,
  IO_ERROR: 4,
  GRAPHICS: 5,
  IO_ERROR_REASON: 6,
  CONTROL_ERROR: 7,
  BLOCK_JOB: 8,
  DISK_CHANGE: 9,
  TRAY_CHANGE: 10,
  PMWAKEUP: 11,
  PMSUSPEND: 12,
  BALLOON_CHANGE: 13,
  PMSUSPEND_DISK: 14,
  DEVICE_REMOVED: 15,
  BLOCK_JOB_2: 16,
  TUNABLE: 17,
  AGENT_LIFECYCLE: 18,
  DEVICE_ADDED: 19,
  MIGRATION_ITERATION: 20,
  JOB_COMPLETED: 21,
  DEVICE_REMOVAL_FAILED: 22,
  METADATA_CHANGE: 23,
  BLOCK_THRESHOLD: 24,
  MEMORY_FAILURE: 25,
  MEMORY_DEVICE_SIZE_CHANGE: 26,
} as const;

/** virDomainEventType: `VIR_DOMAIN_EVENT_*` */
export const DomainEventType = {
  DEFINED: 0,
  UNDEFINED: 1,
  STARTED: 2,
  SUSPENDED: 3,
  RESUMED: 4,
  STOPPED: 5,
  SHUTDOWN: 6,
  PMSUSPENDED: 7,
  CRASHED: 8,
} as const;

/** virDomainEventDefinedDetailType: `VIR_DOMAIN_EVENT_DEFINED_*` */
export const DomainEventDefinedDetailType = {
  ADDED: 0,
  UPDATED: 1,
  RENAMED: 2,
  FROM_SNAPSHOT: 3,
} as const;

/** virDomainEventUndefinedDetailType: `VIR_DOMAIN_EVENT_UNDEFINED_*` */
export const DomainEventUndefinedDetailType = {
  REMOVED: 0,
  RENAMED: 1,
} as const;

/** virDomainEventStartedDetailType: `VIR_DOMAIN_EVENT_STARTED_*` */
export const DomainEventStartedDetailType = {
  BOOTED: 0,
  MIGRATED: 1,
  RESTORED: 2,
  FROM_SNAPSHOT: 3,
  WAKEUP: 4,
} as const;

/** virDomainEventSuspendedDetailType: `VIR_DOMAIN_EVENT_SUSPENDED_*` */
export const DomainEventSuspendedDetailType = {
  PAUSED: 0,
  MIGRATED: 1,
  IOERROR: 2,
  WATCHDOG: 3,
  RESTORED: 4,
  FROM_SNAPSHOT: 5,
  API_ERROR: 6,
  POSTCOPY: 7,
  POSTCOPY_FAILED: 8,
} as const;

/** virDomainEventResumedDetailType: `VIR_DOMAIN_EVENT_RESUMED_*` */
export const DomainEventResumedDetailType = {
  UNPAUSED: 0,
  MIGRATED: 1,
  FROM_SNAPSHOT: 2,
  POSTCOPY: 3,
  POSTCOPY_FAILED: 4,
} as const;

/** virDomainEventStoppedDetailType: `VIR_DOMAIN_EVENT_STOPPED_*` */
export const DomainEventStoppedDetailType = {
  SHUTDOWN: 0,
  DESTROYED: 1,
  CRASHED: 2,
  MIGRATED: 3,
  SAVED: 4,
  FAILED: 5,
  FROM_SNAPSHOT: 6,
} as const;

/** virDomainEventShutdownDetailType: `VIR_DOMAIN_EVENT_SHUTDOWN_*` */
export const DomainEventShutdownDetailType = {
  FINISHED: 0,
  GUEST: 1,
  HOST: 2,
} as const;

/** virDomainEventPMSuspendedDetailType: `VIR_DOMAIN_EVENT_PMSUSPENDED_*` */
export const DomainEventPMSuspendedDetailType = {
  MEMORY: 0,
  DISK: 1,
} as const;

/** virDomainEventCrashedDetailType: `VIR_DOMAIN_EVENT_CRASHED_*` */
export const DomainEventCrashedDetailType = {
  PANICKED: 0,
  CRASHLOADED: 1,
} as const;

/** virDomainEventWatchdogAction: `VIR_DOMAIN_EVENT_WATCHDOG_*` */
export const DomainEventWatchdogAction = {
  NONE: 0,
  PAUSE: 1,
  RESET: 2,
  POWEROFF: 3,
  SHUTDOWN: 4,
  DEBUG: 5,
  INJECTNMI: 6,
} as const;

/** virDomainEventIOErrorAction: `VIR_DOMAIN_EVENT_IO_ERROR_*` */
export const DomainEventIOErrorAction = {
  NONE: 0,
  PAUSE: 1,
  REPORT: 2,
} as const;

/** virConnectDomainEventAgentLifecycleState: `VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_*` */
export const ConnectDomainEventAgentLifecycleState = {
  CONNECTED: 1,
  DISCONNECTED: 2,
} as const;

/** virConnectDomainEventAgentLifecycleReason: `VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_*` */
export const ConnectDomainEventAgentLifecycleReason = {
  UNKNOWN: 0,
  DOMAIN_STARTED: 1,
  CHANNEL: 2,
} as const;

/** virConnectDomainEventDiskChangeReason: `VIR_DOMAIN_EVENT_DISK_*` */
export const ConnectDomainEventDiskChangeReason = {
  CHANGE_MISSING_ON_START: 0,
  DROP_MISSING_ON_START: 1,
} as const;

/** virDomainMemoryFailureRecipientType: `VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_*` */
export const DomainMemoryFailureRecipientType = {
  HYPERVISOR: 0,
  GUEST: 1,
} as const;

/** virDomainMemoryFailureActionType: `VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_*` */
export const DomainMemoryFailureActionType = {
  IGNORE: 0,
  INJECT: 1,
  FATAL: 2,
  RESET: 3,
} as const;

/** virDomainMemoryFailureFlags: `VIR_DOMAIN_MEMORY_FAILURE_*` */
export const DomainMemoryFailureFlags = {
  ACTION_REQUIRED: 1,
  RECURSIVE: 2,
} as const;

/** virNetworkEventID: `VIR_NETWORK_EVENT_ID_*` */
export const NetworkEventID = {
  LIFECYCLE: 0,
} as const;

/** virNetworkEventLifecycleType: `VIR_NETWORK_EVENT_*` */
export const NetworkEventLifecycleType = {
  DEFINED: 0,
  UNDEFINED: 1,
  STARTED: 2,
  STOPPED: 3,
} as const;

/** virStoragePoolEventID: `VIR_STORAGE_POOL_EVENT_ID_*` */
export const StoragePoolEventID = {
  LIFECYCLE: 0,
  REFRESH: 1,
} as const;

/** virStoragePoolEventLifecycleType: `VIR_STORAGE_POOL_EVENT_*` */
export const StoragePoolEventLifecycleType = {
  DEFINED: 0,
  UNDEFINED: 1,
  STARTED: 2,
  STOPPED: 3,
  CREATED: 4,
  DELETED: 5,
} as const;

/** virSecretEventID: `VIR_SECRET_EVENT_ID_*` */
export const SecretEventID = {
  LIFECYCLE: 0,
  VALUE_CHANGED: 1,
} as const;

/** virSecretEventLifecycleType: `VIR_SECRET_EVENT_*` */
export const SecretEventLifecycleType = {
  DEFINED: 0,
  UNDEFINED: 1,
} as const;
