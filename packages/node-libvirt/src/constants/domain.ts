/** Constants of libvirt-domain.h, under libvirt's own names less their prefix. */

/** virDomainState: `VIR_DOMAIN_*` */
export const DomainState = {
  NOSTATE: 0,
  RUNNING: 1,
  BLOCKED: 2,
  PAUSED: 3,
  SHUTDOWN: 4,
  SHUTOFF: 5,
  CRASHED: 6,
  PMSUSPENDED: 7,
} as const;

/** virDomainRunningReason: `VIR_DOMAIN_RUNNING_*` */
export const DomainRunningReason = {
  UNKNOWN: 0,
  BOOTED: 1,
  MIGRATED: 2,
  RESTORED: 3,
  FROM_SNAPSHOT: 4,
  UNPAUSED: 5,
  MIGRATION_CANCELED: 6,
  SAVE_CANCELED: 7,
  WAKEUP: 8,
  CRASHED: 9,
  POSTCOPY: 10,
  POSTCOPY_FAILED: 11,
} as const;

/** virDomainBlockedReason: `VIR_DOMAIN_BLOCKED_*` */
export const DomainBlockedReason = {
  UNKNOWN: 0,
} as const;

/** virDomainPausedReason: `VIR_DOMAIN_PAUSED_*` */
export const DomainPausedReason = {
  UNKNOWN: 0,
  USER: 1,
  MIGRATION: 2,
  SAVE: 3,
  DUMP: 4,
  IOERROR: 5,
  WATCHDOG: 6,
  FROM_SNAPSHOT: 7,
  SHUTTING_DOWN: 8,
  SNAPSHOT: 9,
  CRASHED: 10,
  STARTING_UP: 11,
  POSTCOPY: 12,
  POSTCOPY_FAILED: 13,
} as const;

/** virDomainShutdownReason: `VIR_DOMAIN_SHUTDOWN_*` */
export const DomainShutdownReason = {
  UNKNOWN: 0,
  USER: 1,
} as const;

/** virDomainShutoffReason: `VIR_DOMAIN_SHUTOFF_*` */
export const DomainShutoffReason = {
  UNKNOWN: 0,
  SHUTDOWN: 1,
  DESTROYED: 2,
  CRASHED: 3,
  MIGRATED: 4,
  SAVED: 5,
  FAILED: 6,
  FROM_SNAPSHOT: 7,
  DAEMON: 8,
} as const;

/** virDomainCrashedReason: `VIR_DOMAIN_CRASHED_*` */
export const DomainCrashedReason = {
  UNKNOWN: 0,
  PANICKED: 1,
} as const;

/** virDomainPMSuspendedReason: `VIR_DOMAIN_PMSUSPENDED_*` */
export const DomainPMSuspendedReason = {
  UNKNOWN: 0,
} as const;

/** virDomainCreateFlags: `VIR_DOMAIN_*` */
export const DomainCreateFlags = {
  NONE: 0,
  START_PAUSED: 1,
  START_AUTODESTROY: 2,
  START_BYPASS_CACHE: 4,
  START_FORCE_BOOT: 8,
  START_VALIDATE: 16,
  START_RESET_NVRAM: 32,
} as const;

/** virDomainDefineFlags: `VIR_DOMAIN_DEFINE_*` */
export const DomainDefineFlags = {
  VALIDATE: 1,
} as const;

/** virDomainUndefineFlagsValues: `VIR_DOMAIN_UNDEFINE_*` */
export const DomainUndefineFlags = {
  MANAGED_SAVE: 1,
  SNAPSHOTS_METADATA: 2,
  NVRAM: 4,
  KEEP_NVRAM: 8,
  CHECKPOINTS_METADATA: 16,
  TPM: 32,
  KEEP_TPM: 64,
} as const;

/** virDomainDestroyFlagsValues: `VIR_DOMAIN_DESTROY_*` */
export const DomainDestroyFlags = {
  DEFAULT: 0,
  GRACEFUL: 1,
  REMOVE_LOGS: 2,
} as const;

/** virDomainShutdownFlagValues: `VIR_DOMAIN_SHUTDOWN_*` */
export const DomainShutdownFlag = {
  DEFAULT: 0,
  ACPI_POWER_BTN: 1,
  GUEST_AGENT: 2,
  INITCTL: 4,
  SIGNAL: 8,
  PARAVIRT: 16,
} as const;

/** virDomainRebootFlagValues: `VIR_DOMAIN_REBOOT_*` */
export const DomainRebootFlag = {
  DEFAULT: 0,
  ACPI_POWER_BTN: 1,
  GUEST_AGENT: 2,
  INITCTL: 4,
  SIGNAL: 8,
  PARAVIRT: 16,
} as const;

/** virDomainXMLFlags: `VIR_DOMAIN_XML_*` */
export const DomainXMLFlags = {
  SECURE: 1,
  INACTIVE: 2,
  UPDATE_CPU: 4,
  MIGRATABLE: 8,
} as const;

/** virDomainModificationImpact: `VIR_DOMAIN_AFFECT_*` */
export const DomainModificationImpact = {
  CURRENT: 0,
  LIVE: 1,
  CONFIG: 2,
} as const;

/** virDomainMetadataType: `VIR_DOMAIN_METADATA_*` */
export const DomainMetadataType = {
  DESCRIPTION: 0,
  TITLE: 1,
  ELEMENT: 2,
} as const;

/** virDomainMemoryStatTags: `VIR_DOMAIN_MEMORY_STAT_*` */
export const DomainMemoryStatTags = {
  SWAP_IN: 0,
  SWAP_OUT: 1,
  MAJOR_FAULT: 2,
  MINOR_FAULT: 3,
  UNUSED: 4,
  AVAILABLE: 5,
  ACTUAL_BALLOON: 6,
  RSS: 7,
  USABLE: 8,
  LAST_UPDATE: 9,
  DISK_CACHES: 10,
  HUGETLB_PGALLOC: 11,
  HUGETLB_PGFAIL: 12,
  NR: 13,
} as const;

/** virDomainDeviceModifyFlags: `VIR_DOMAIN_DEVICE_MODIFY_*` */
export const DomainDeviceModifyFlags = {
  CURRENT: 0,
  LIVE: 1,
  CONFIG: 2,
  FORCE: 4,
} as const;

/** virDomainGuestInfoTypes: `VIR_DOMAIN_GUEST_INFO_*` */
export const DomainGuestInfoTypes = {
  USERS: 1,
  OS: 2,
  TIMEZONE: 4,
  HOSTNAME: 8,
  FILESYSTEM: 16,
  DISKS: 32,
  INTERFACES: 64,
} as const;

/** virDomainInterfaceAddressesSource: `VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_*` */
export const DomainInterfaceAddressesSource = {
  LEASE: 0,
  AGENT: 1,
  ARP: 2,
} as const;

/** virIPAddrType: `VIR_IP_ADDR_TYPE_*` */
export const IPAddrType = {
  IPV4: 0,
  IPV6: 1,
} as const;

/** virDomainGetHostnameFlags: `VIR_DOMAIN_GET_HOSTNAME_*` */
export const DomainGetHostnameFlags = {
  LEASE: 1,
  AGENT: 2,
} as const;

/** virDomainSetTimeFlags: `VIR_DOMAIN_TIME_*` */
export const DomainSetTimeFlags = {
  SYNC: 1,
} as const;

/** virDomainLifecycle: `VIR_DOMAIN_LIFECYCLE_*` */
export const DomainLifecycle = {
  POWEROFF: 0,
  REBOOT: 1,
  CRASH: 2,
} as const;

/** virDomainLifecycleAction: `VIR_DOMAIN_LIFECYCLE_ACTION_*` */
export const DomainLifecycleAction = {
  DESTROY: 0,
  RESTART: 1,
  RESTART_RENAME: 2,
  PRESERVE: 3,
  COREDUMP_DESTROY: 4,
  COREDUMP_RESTART: 5,
} as const;

/** virDomainChannelFlags: `VIR_DOMAIN_CHANNEL_*` */
export const DomainChannelFlags = {
  FORCE: 1,
} as const;

/** virDomainConsoleFlags: `VIR_DOMAIN_CONSOLE_*` */
export const DomainConsoleFlags = {
  FORCE: 1,
  SAFE: 2,
} as const;

/** virDomainMemoryModFlags: `VIR_DOMAIN_MEM_*` */
export const DomainMemoryModFlags = {
  CURRENT: 0,
  LIVE: 1,
  CONFIG: 2,
  MAXIMUM: 4,
} as const;

/** virDomainProcessSignal: `VIR_DOMAIN_PROCESS_SIGNAL_*` */
export const DomainProcessSignal = {
  NOP: 0,
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  POLL: 29,
  PWR: 30,
  SYS: 31,
  RT0: 32,
  RT1: 33,
  RT2: 34,
  RT3: 35,
  RT4: 36,
  RT5: 37,
  RT6: 38,
  RT7: 39,
  RT8: 40,
  RT9: 41,
  RT10: 42,
  RT11: 43,
  RT12: 44,
  RT13: 45,
  RT14: 46,
  RT15: 47,
  RT16: 48,
  RT17: 49,
  RT18: 50,
  RT19: 51,
  RT20: 52,
  RT21: 53,
  RT22: 54,
  RT23: 55,
  RT24: 56,
  RT25: 57,
  RT26: 58,
  RT27: 59,
  RT28: 60,
  RT29: 61,
  RT30: 62,
  RT31: 63,
  RT32: 64,
} as const;

/** virDomainMessageType: `VIR_DOMAIN_MESSAGE_*` */
export const DomainMessageType = {
  DEPRECATION: 1,
  TAINTING: 2,
} as const;
