/**
 * The calls, as data: one line each, under libvirt's own names without `vir`. To add a call, add its line.
 *
 * Numbers, argument order and limits are those of libvirt's remote_protocol.x and qemu_protocol.x. What a call means,
 * which flags it takes and which errors it gives is libvirt's API reference of the function of the same name.
 */
import { array, bool, bytes, charArray, chars, hyper, int, nullable, optional, string, uhyper, uint, wideUhyper } from '../wire/codec.js';
import { struct } from '../wire/struct.js';
import { call, countedCall, flags, listOf, longCall, needResults, parameterFlags, qemuCall, streamCall } from './procedure.js';
import { cpuMap, cpuStat, dhcpLease, diskError, domain, domainCheckpoint, domainSnapshot, domainStatsRecord, fileSystem, guestInterface, hostStat, memoryStat, network, parameters, secret, storagePool, storageVol, uuid, vcpu } from './types.js';

const LIST_MAX = 16_384;
const MIGRATE_COOKIE_MAX = 4_194_304;
const PEEK_MAX = 4_194_304;
const SASL_DATA_MAX = 65_536;

const count = int;
const saslReply = struct({ complete: bool, nil: bool, data: chars(SASL_DATA_MAX) });
const counted = struct({ params: parameters(2048), nparams: int });
const hostStats = struct({ params: array(hostStat, 16), nparams: int });
const cpuStats = struct({ params: array(cpuStat, 16), nparams: int });

/** Every call that a connection has as a method. */
export const procedures = {
  // --- the connection and its host
  /** The driver's name, such as `QEMU`. */
  connectGetType: call(3, {}, string),
  /** The hypervisor's version: major * 1,000,000 + minor * 1,000 + release. */
  connectGetVersion: call(4, {}, uhyper),
  /** libvirt's version: major * 1,000,000 + minor * 1,000 + release. */
  connectGetLibVersion: call(157, {}, uhyper),
  /** The most virtual CPUs of one domain of that `type`, such as `kvm`. */
  connectGetMaxVcpus: call(5, { type: nullable(string) }, int),
  /** XML. */
  connectGetCapabilities: call(7, {}, string),
  connectGetHostname: call(59, {}, string),
  connectGetUri: call(110, {}, string),
  /** The SMBIOS tables as XML. */
  connectGetSysinfo: call(203, { flags }, string),
  /** True when nobody on the way can read or change what is sent, as the daemon sees it. */
  connectIsSecure: call(149, {}, bool),
  /** Whether both daemon and driver know a feature of the protocol; `feature` is a number of libvirt's virDrvFeature. */
  connectSupportsFeature: call(60, { feature: int }, bool),
  /** XML; what is left out is the host's default. */
  connectGetDomainCapabilities: call(342, { emulatorbin: nullable(string), arch: nullable(string), machine: nullable(string), virttype: nullable(string), flags }, string),
  /** XML. */
  connectGetStoragePoolCapabilities: call(403, { flags }, string),
  connectGetCPUModelNames: call(312, { arch: string, needResults, flags }, listOf(string, 8192)),
  /** A value of `CPUCompareResult`. */
  connectCompareCPU: call(158, { xml: string, flags }, int),
  /** A value of `CPUCompareResult`. */
  connectCompareHypervisorCPU: call(393, { emulator: nullable(string), arch: nullable(string), machine: nullable(string), virttype: nullable(string), xmlCPU: string, flags }, int),
  /** The XML of a CPU that all of `xmlCPUs` have. */
  connectBaselineCPU: call(162, { xmlCPUs: array(string, 256), flags }, string),
  /** The XML of a CPU that all of `xmlCPUs` have and that this emulator offers. */
  connectBaselineHypervisorCPU: call(394, { emulator: nullable(string), arch: nullable(string), machine: nullable(string), virttype: nullable(string), xmlCPUs: array(string, 256), flags }, string),
  connectDomainXMLFromNative: call(135, { nativeFormat: string, nativeConfig: string, flags }, string),
  connectDomainXMLToNative: call(136, { nativeFormat: string, domainXML: string, flags }, string),
  connectSetIdentity: call(419, { params: parameters(20), flags }),
  /** `flags` are bits of `ConnectListAllDomainsFlags`; 0 lists all. */
  connectListAllDomains: call(273, { needResults, flags }, listOf(domain, LIST_MAX)),
  /** `flags` are bits of `ConnectListAllNetworksFlags`; 0 lists all. */
  connectListAllNetworks: call(283, { needResults, flags }, listOf(network, LIST_MAX)),
  /** `flags` are bits of `ConnectListAllStoragePoolsFlags`; 0 lists all. */
  connectListAllStoragePools: call(281, { needResults, flags }, listOf(storagePool, LIST_MAX)),
  /** `flags` are bits of `ConnectListAllSecretsFlags`; 0 lists all. */
  connectListAllSecrets: call(287, { needResults, flags }, listOf(secret, LIST_MAX)),
  /** Running domains only. */
  connectNumOfDomains: call(51, {}, count),
  connectNumOfDefinedDomains: call(25, {}, count),
  connectNumOfNetworks: call(52, {}, count),
  connectNumOfDefinedNetworks: call(50, {}, count),
  connectNumOfStoragePools: call(71, {}, count),
  connectNumOfDefinedStoragePools: call(73, {}, count),
  connectNumOfSecrets: call(139, {}, count),
  /** The ids of running domains. */
  connectListDomains: call(37, { maxids: optional(int, LIST_MAX) }, array(int, LIST_MAX)),
  /** The names of domains that are defined and not running. */
  connectListDefinedDomains: call(21, { maxnames: optional(int, LIST_MAX) }, array(string, LIST_MAX)),
  /** Statistics of all domains (or of `doms`) in one call; `stats` are bits of `DomainStatsTypes`, 0 for all. */
  connectGetAllDomainStats: call(344, { doms: optional(array(domain, LIST_MAX), []), stats: optional(uint, 0), flags }, array(domainStatsRecord, 262_144)),
  connectFindStoragePoolSources: call(75, { type: string, srcSpec: nullable(string), flags }, string),

  // --- the machine under the hypervisor
  /** Memory in KiB, mhz in MHz. */
  nodeGetInfo: call(6, {}, struct({ model: charArray(32), memory: uhyper, cpus: int, mhz: int, nodes: int, sockets: int, cores: int, threads: int })),
  /** Bytes. */
  nodeGetFreeMemory: call(102, {}, uhyper),
  /** Bytes in each NUMA cell. */
  nodeGetCellsFreeMemory: call(101, { startCell: int, maxcells: int }, array(uhyper, 1024)),
  /** Nanoseconds of CPU time by kind; `cpuNum` -1 is all CPUs. */
  nodeGetCPUStats: countedCall(227, { cpuNum: optional(int, -1), nparams: int, flags }, cpuStats),
  /** KiB by kind; `cellNum` -1 is all cells. */
  nodeGetMemoryStats: countedCall(228, { nparams: int, cellNum: optional(int, -1), flags }, hostStats),
  /** Kernel samepage merging; libvirt lists the names under `VIR_NODE_MEMORY_*`. */
  nodeGetMemoryParameters: countedCall(289, { nparams: int, flags: parameterFlags }, counted),
  /** `cpumap` has one bit a CPU, lowest first: set while it is online. `online` is their number, `ret` the number of all CPUs. */
  nodeGetCPUMap: call(293, { needMap: optional(int, 1), needOnline: optional(int, 1), flags }, struct({ cpumap: cpuMap, online: uint, ret: int })),

  // --- domains: finding, defining, starting, stopping
  domainLookupByID: call(22, { id: int }, domain),
  domainLookupByName: call(23, { name: string }, domain),
  domainLookupByUUID: call(24, { uuid }, domain),
  /** Starts a domain that is forgotten once it stops. */
  domainCreateXML: longCall(10, { xmlDesc: string, flags }, domain),
  /** Defines a domain, or replaces the definition that it has. */
  domainDefineXML: call(11, { xml: string }, domain),
  domainDefineXMLFlags: call(350, { xml: string, flags }, domain),
  /** Starts a defined domain. The `id` of the `dom` that was given stays as it was: look it up again. */
  domainCreate: longCall(9, { dom: domain }),
  /** Starts a defined domain and gives it back with its new `id`; `flags` are bits of `DomainCreateFlags`. */
  domainCreateWithFlags: longCall(196, { dom: domain, flags }, domain),
  domainUndefine: call(35, { dom: domain }),
  /** `flags` are bits of `DomainUndefineFlags`. */
  domainUndefineFlags: call(231, { dom: domain, flags }),
  /** Pauses the guest's CPUs; its memory stays where it is. */
  domainSuspend: call(34, { dom: domain }),
  domainResume: call(28, { dom: domain }),
  /** Asks the guest to shut down and returns at once: `domain.lifecycle` or `domainGetState` tells when it has. */
  domainShutdown: call(33, { dom: domain }),
  /** As `domainShutdown`; `flags` are bits of `DomainShutdownFlag`. */
  domainShutdownFlags: call(258, { dom: domain, flags }),
  domainReboot: call(27, { dom: domain, flags }),
  domainReset: call(245, { dom: domain, flags }),
  /** Ends the guest at once, as a power cut does. What the domain is defined as stays. */
  domainDestroy: call(12, { dom: domain }),
  /** As `domainDestroy`; `flags` are bits of `DomainDestroyFlags`. */
  domainDestroyFlags: call(234, { dom: domain, flags }),
  /** Writes the guest's memory to the host's disk and stops it; the next start goes on from there. */
  domainManagedSave: longCall(182, { dom: domain, flags }),
  domainHasManagedSaveImage: call(183, { dom: domain, flags }, bool),
  domainManagedSaveRemove: call(184, { dom: domain, flags }),
  domainInjectNmi: call(210, { dom: domain, flags }),
  /** Only while it is not running. The result is 0. */
  domainRename: call(358, { dom: domain, newName: nullable(string), flags }, int),

  // --- domains: what they are and how they do
  /** `flags` are bits of `DomainXMLFlags`; secrets are left out without `SECURE`. */
  domainGetXMLDesc: call(14, { dom: domain, flags }, string),
  /** `DomainState` and, per state, a reason such as `DomainRunningReason`. */
  domainGetState: call(212, { dom: domain, flags }, struct({ state: int, reason: int })),
  /** Memory in KiB, cpuTime in nanoseconds. */
  domainGetInfo: call(16, { dom: domain }, struct({ state: int, maxMem: uhyper, memory: uhyper, nrVirtCpu: int, cpuTime: wideUhyper })),
  /** `stateTime` is milliseconds since the state changed. */
  domainGetControlInfo: call(229, { dom: domain, flags }, struct({ state: uint, details: uint, stateTime: wideUhyper })),
  domainGetOSType: call(19, { dom: domain }, string),
  /** KiB. */
  domainGetMaxMemory: call(17, { dom: domain }, uhyper),
  domainGetMaxVcpus: call(18, { dom: domain }, int),
  /** `flags` are bits of `DomainModificationImpact`. */
  domainGetVcpusFlags: call(200, { dom: domain, flags }, int),
  domainSetVcpusFlags: call(199, { dom: domain, nvcpus: uint, flags }),
  /** `maxinfo` bounds the virtual CPUs that are told. `maplen` is the bytes of each one's bit map in `cpumaps`, 0 for none. `cpuTime` in nanoseconds. */
  domainGetVcpus: call(20, { dom: domain, maxinfo: int, maplen: optional(int, 0) }, struct({ info: array(vcpu, LIST_MAX), cpumaps: bytes(8_388_608) })),
  /** `memory` in KiB. */
  domainSetMemoryFlags: call(204, { dom: domain, memory: uhyper, flags }),
  domainGetAutostart: call(15, { dom: domain }, bool),
  domainSetAutostart: call(29, { dom: domain, autostart: bool }),
  domainIsActive: call(150, { dom: domain }, bool),
  domainIsPersistent: call(151, { dom: domain }, bool),
  domainIsUpdated: call(202, { dom: domain }, bool),
  /** `type` is a `DomainMetadataType`, `uri` the XML namespace of an `ELEMENT`. */
  domainGetMetadata: call(265, { dom: domain, type: int, uri: nullable(string), flags }, string),
  /** `type` is a `DomainMetadataType`; `metadata` null removes it. */
  domainSetMetadata: call(264, { dom: domain, type: int, metadata: nullable(string), key: nullable(string), uri: nullable(string), flags }),
  /** `tag` is a `DomainMemoryStatTags`; amounts of memory in KiB. */
  domainMemoryStats: call(159, { dom: domain, maxStats: optional(uint, 1024), flags }, array(memoryStat, 1024)),
  /** -1 where the hypervisor does not count. */
  domainInterfaceStats: call(65, { dom: domain, device: string }, struct({ rxBytes: hyper, rxPackets: hyper, rxErrs: hyper, rxDrop: hyper, txBytes: hyper, txPackets: hyper, txErrs: hyper, txDrop: hyper })),
  /** `source` is a `DomainInterfaceAddressesSource`; `type` of an address is an `IPAddrType`. */
  domainInterfaceAddresses: call(353, { dom: domain, source: optional(uint, 0), flags }, array(guestInterface, 2048)),
  domainGetSchedulerType: call(56, { dom: domain }, struct({ type: string, nparams: int })),
  /** KiB; libvirt lists the names under `VIR_DOMAIN_MEMORY_*`. */
  domainGetMemoryParameters: countedCall(198, { dom: domain, nparams: int, flags: parameterFlags }, counted),
  domainGetBlkioParameters: countedCall(206, { dom: domain, nparams: int, flags: parameterFlags }, counted),
  domainGetNumaParameters: countedCall(255, { dom: domain, nparams: int, flags: parameterFlags }, counted),
  domainGetMessages: call(426, { dom: domain, flags }, array(string, 2048)),
  /** `error` is a `DomainDiskErrorCode`; disks without an error are left out. */
  domainGetDiskErrors: call(263, { dom: domain, maxerrors: optional(uint, 256), flags }, listOf(diskError, 256)),
  /** `flags` are bits of `DomainDeviceModifyFlags`. */
  domainAttachDeviceFlags: call(160, { dom: domain, xml: string, flags }),
  /** May return before the guest has let the device go: `domain.device-removed` tells when. `flags` are bits of `DomainDeviceModifyFlags`. */
  domainDetachDeviceFlags: call(161, { dom: domain, xml: string, flags }),
  /** `flags` are bits of `DomainDeviceModifyFlags`. */
  domainUpdateDeviceFlags: call(174, { dom: domain, xml: string, flags }),
  /** `type` is a `DomainLifecycle`, `action` a `DomainLifecycleAction`. */
  domainSetLifecycleAction: call(390, { dom: domain, type: uint, action: uint, flags }),
  /** `holdtime` in milliseconds. */
  domainSendKey: call(226, { dom: domain, codeset: uint, holdtime: uint, keycodes: array(uint, 16), flags }),
  /** A picture of the screen; its MIME type is the result, its bytes come as the stream. */
  domainScreenshot: streamCall('download', 211, { dom: domain, screen: optional(uint, 0), flags }, nullable(string)),
  /** The stream goes both ways. */
  domainOpenConsole: streamCall('both', 201, { dom: domain, devName: nullable(string), flags }),
  /** The stream goes both ways. */
  domainOpenChannel: streamCall('both', 296, { dom: domain, name: nullable(string), flags }),

  // --- the guest agent and QEMU's monitor
  /** `cmd` is JSON; `timeout` in seconds, or -2 to wait for ever, -1 for libvirt's default, 0 not to wait. */
  qemuDomainAgentCommand: qemuCall(3, { dom: domain, cmd: string, timeout: optional(int, -1), flags }, nullable(string)),
  /** `cmd` is JSON (QMP), or the words of a human monitor command with `DomainQemuMonitorCommandFlags.HMP`. */
  qemuDomainMonitorCommand: qemuCall(1, { dom: domain, cmd: string, flags }, string),
  /** The result is the number of file systems frozen. */
  domainFSFreeze: longCall(335, { dom: domain, mountpoints: optional(array(string, 256), []), flags }, int),
  /** The result is the number of file systems thawed. */
  domainFSThaw: longCall(336, { dom: domain, mountpoints: optional(array(string, 256), []), flags }, int),
  /** `minimum` is the smallest free range to give back, in bytes; `mountPoint` null is all file systems. */
  domainFSTrim: longCall(294, { dom: domain, mountPoint: nullable(string), minimum: optional(uhyper, 0), flags }),
  /** Asks the guest agent. */
  domainGetFSInfo: call(349, { dom: domain, flags }, listOf(fileSystem, 256)),
  /** Asks the guest agent; `types` are bits of `DomainGuestInfoTypes`, 0 for all. */
  domainGetGuestInfo: call(418, { dom: domain, types: optional(uint, 0), flags }, parameters(2048)),
  /** The guest's own name; `flags` are bits of `DomainGetHostnameFlags`. */
  domainGetHostname: call(277, { dom: domain, flags }, string),
  /** The guest's clock: seconds since 1970 (UTC) and nanoseconds. */
  domainGetTime: call(337, { dom: domain, flags }, struct({ seconds: hyper, nseconds: uint })),
  /** Sets the guest's clock: seconds since 1970 (UTC) and nanoseconds. `flags` are bits of `DomainSetTimeFlags`. */
  domainSetTime: call(338, { dom: domain, seconds: hyper, nseconds: optional(uint, 0), flags }),
  /** Seconds that libvirt waits for the agent; -2 for ever, -1 its default. */
  domainAgentSetResponseTimeout: call(420, { dom: domain, timeout: int, flags }, int),

  // --- disks of running domains
  /** Bytes. `path` is the disk's target, such as `vda`, or its file. */
  domainGetBlockInfo: call(194, { dom: domain, path: string, flags }, struct({ allocation: uhyper, capacity: uhyper, physical: uhyper })),
  /** -1 where the hypervisor does not count. */
  domainBlockStats: call(64, { dom: domain, path: string }, struct({ rdReq: hyper, rdBytes: hyper, wrReq: hyper, wrBytes: hyper, errs: hyper })),
  domainBlockStatsFlags: countedCall(243, { dom: domain, path: string, nparams: int, flags: parameterFlags }, counted),
  domainGetBlockIoTune: countedCall(253, { dom: domain, disk: nullable(string), nparams: int, flags: parameterFlags }, counted),
  domainSetBlockIoTune: call(252, { dom: domain, disk: string, params: parameters(32), flags }),
  /** `size` in KiB, or in bytes with `DomainBlockResizeFlags.BYTES`. */
  domainBlockResize: call(251, { dom: domain, disk: string, size: uhyper, flags }),
  /** `offset` and `size` in bytes; at most 4 MiB at once. */
  domainBlockPeek: call(103, { dom: domain, path: string, offset: uhyper, size: uint, flags }, bytes(PEEK_MAX)),
  /** `offset` and `size` in bytes; at most 4 MiB at once. */
  domainMemoryPeek: call(104, { dom: domain, offset: uhyper, size: uint, flags }, bytes(PEEK_MAX)),
  /** `threshold` is an offset in bytes; `domain.block-threshold` tells once when a write passes it. 0 takes it back. */
  domainSetBlockThreshold: call(386, { dom: domain, dev: string, threshold: uhyper, flags }),

  // --- block jobs
  /** Begins a copy and returns; it goes on as a block job. Names of `params` are in `DomainBlockCopyParameter`, bandwidth there in bytes/s. `flags` are bits of `DomainBlockCopyFlags`. */
  domainBlockCopy: call(345, { dom: domain, path: string, destxml: string, params: optional(parameters(16), []), flags }),
  /** Begins a commit and returns; it goes on as a block job. `bandwidth` in MiB/s, or in bytes/s with `DomainBlockCommitFlags.BANDWIDTH_BYTES`. */
  domainBlockCommit: call(290, { dom: domain, disk: string, base: nullable(string), top: nullable(string), bandwidth: optional(uhyper, 0), flags }),
  /** Begins a pull and returns; it goes on as a block job. `bandwidth` in MiB/s, or in bytes/s with `DomainBlockPullFlags.BANDWIDTH_BYTES`. */
  domainBlockPull: call(240, { dom: domain, path: string, bandwidth: optional(uhyper, 0), flags }),
  /** Begins a pull or a copy and returns; it goes on as a block job. `bandwidth` in MiB/s, or in bytes/s with `DomainBlockRebaseFlags.BANDWIDTH_BYTES`. */
  domainBlockRebase: call(266, { dom: domain, path: string, base: nullable(string), bandwidth: optional(uhyper, 0), flags }),
  /** `found` is false when no job runs on the disk; `cur` and `end` are progress in the job's own unit. */
  domainGetBlockJobInfo: call(238, { dom: domain, path: string, flags }, struct({ found: bool, type: int, bandwidth: uhyper, cur: uhyper, end: uhyper })),
  /** Ends the job; with `DomainBlockJobAbortFlags.PIVOT` it makes the copy the domain's disk. */
  domainBlockJobAbort: longCall(237, { dom: domain, path: string, flags }),
  /** `bandwidth` in MiB/s, or in bytes/s with `DomainBlockJobSetSpeedFlags.BANDWIDTH_BYTES`; 0 is unlimited. */
  domainBlockJobSetSpeed: call(239, { dom: domain, path: string, bandwidth: uhyper, flags }),

  // --- jobs and migration
  /** `type` is a `DomainJobType`; times in milliseconds, the rest in bytes. */
  domainGetJobInfo: call(163, { dom: domain }, struct({ type: int, timeElapsed: uhyper, timeRemaining: wideUhyper, dataTotal: uhyper, dataProcessed: uhyper, dataRemaining: uhyper, memTotal: uhyper, memProcessed: uhyper, memRemaining: uhyper, fileTotal: uhyper, fileProcessed: uhyper, fileRemaining: uhyper })),
  /** The running job, or with `DomainGetJobStatsFlags.COMPLETED` the last one; names are in `DomainJobField`. */
  domainGetJobStats: call(298, { dom: domain, flags }, struct({ type: int, params: parameters(64) })),
  /** Asks the running job of the domain, such as a migration, to end. That job's own call then fails. */
  domainAbortJob: call(164, { dom: domain }),
  /** As `domainAbortJob`; `flags` are bits of `DomainAbortJobFlags`. */
  domainAbortJobFlags: call(442, { dom: domain, flags }),
  /** The wire's call behind `virDomainMigrateToURI3`; see `domainMigrateToURI3` for the usual way to call it. */
  domainMigratePerform3Params: longCall(305, { dom: domain, dconnuri: nullable(string), params: parameters(64), cookieIn: optional(bytes(MIGRATE_COOKIE_MAX), new Uint8Array()), flags }, bytes(MIGRATE_COOKIE_MAX)),
  /** `downtime` in milliseconds. */
  domainMigrateSetMaxDowntime: call(166, { dom: domain, downtime: uhyper, flags }),
  /** Milliseconds. */
  domainMigrateGetMaxDowntime: call(387, { dom: domain, flags }, uhyper),
  /** `bandwidth` in MiB/s. */
  domainMigrateSetMaxSpeed: call(207, { dom: domain, bandwidth: uhyper, flags }),
  /** MiB/s. */
  domainMigrateGetMaxSpeed: call(242, { dom: domain, flags }, wideUhyper),
  /** Bytes. */
  domainMigrateGetCompressionCache: call(299, { dom: domain, flags }, uhyper),
  /** `cacheSize` in bytes. */
  domainMigrateSetCompressionCache: call(300, { dom: domain, cacheSize: uhyper, flags }),
  /** Switches a running migration, begun with `DomainMigrateFlags.POSTCOPY`, to post-copy. */
  domainMigrateStartPostCopy: call(364, { dom: domain, flags }),
  /** Measures for `seconds` in the background; the answer comes in `connectGetAllDomainStats`. */
  domainStartDirtyRateCalc: call(427, { dom: domain, seconds: int, flags }),

  // --- snapshots, checkpoints, backups
  /** `flags` are bits of `DomainSnapshotCreateFlags`. */
  domainSnapshotCreateXML: longCall(185, { dom: domain, xmlDesc: string, flags }, domainSnapshot),
  domainSnapshotGetXMLDesc: call(186, { snap: domainSnapshot, flags }, string),
  /** `flags` are bits of `DomainSnapshotListFlags`; 0 lists all. */
  domainListAllSnapshots: call(274, { dom: domain, needResults, flags }, listOf(domainSnapshot, LIST_MAX)),
  domainSnapshotLookupByName: call(189, { dom: domain, name: string, flags }, domainSnapshot),
  domainHasCurrentSnapshot: call(190, { dom: domain, flags }, bool),
  domainSnapshotNum: call(187, { dom: domain, flags }, int),
  /** `flags` are bits of `DomainSnapshotDeleteFlags`. */
  domainSnapshotDelete: longCall(193, { snap: domainSnapshot, flags }),
  /** `flags` are bits of `DomainCheckpointCreateFlags`. */
  domainCheckpointCreateXML: call(411, { dom: domain, xmlDesc: string, flags }, domainCheckpoint),
  domainCheckpointGetXMLDesc: call(412, { checkpoint: domainCheckpoint, flags }, string),
  /** `flags` are bits of `DomainCheckpointListFlags`; 0 lists all. */
  domainListAllCheckpoints: call(413, { dom: domain, needResults, flags }, listOf(domainCheckpoint, LIST_MAX)),
  domainCheckpointListAllChildren: call(414, { checkpoint: domainCheckpoint, needResults, flags }, listOf(domainCheckpoint, LIST_MAX)),
  domainCheckpointLookupByName: call(415, { dom: domain, name: string, flags }, domainCheckpoint),
  domainCheckpointGetParent: call(416, { checkpoint: domainCheckpoint, flags }, domainCheckpoint),
  /** `flags` are bits of `DomainCheckpointDeleteFlags`. */
  domainCheckpointDelete: longCall(417, { checkpoint: domainCheckpoint, flags }),
  /** Begins a backup and returns; it goes on as a job until it is done (push) or `domainAbortJob` ends it (pull). `flags` are bits of `DomainBackupBeginFlags`. */
  domainBackupBegin: longCall(421, { dom: domain, backupXML: string, checkpointXML: nullable(string), flags }),
  domainBackupGetXMLDesc: call(422, { dom: domain, flags }, string),

  // --- networks
  networkLookupByName: call(46, { name: string }, network),
  networkLookupByUUID: call(47, { uuid }, network),
  networkDefineXML: call(41, { xml: string }, network),
  networkCreateXML: call(40, { xml: string }, network),
  networkCreate: call(39, { net: network }),
  networkDestroy: call(42, { net: network }),
  networkUndefine: call(49, { net: network }),
  networkGetXMLDesc: call(43, { net: network, flags }, string),
  networkGetAutostart: call(44, { net: network }, bool),
  networkSetAutostart: call(48, { net: network, autostart: bool }),
  networkGetBridgeName: call(45, { net: network }, string),
  networkIsActive: call(152, { net: network }, bool),
  networkIsPersistent: call(153, { net: network }, bool),
  /** `expirytime` is seconds since 1970 (UTC); `mac` null is all leases. */
  networkGetDHCPLeases: call(341, { net: network, mac: nullable(string), needResults, flags }, listOf(dhcpLease, 65_536)),

  // --- storage pools and volumes
  storagePoolLookupByName: call(84, { name: string }, storagePool),
  storagePoolLookupByUUID: call(85, { uuid }, storagePool),
  storagePoolLookupByVolume: call(86, { vol: storageVol }, storagePool),
  storagePoolLookupByTargetPath: call(391, { path: string }, storagePool),
  storagePoolDefineXML: call(77, { xml: string, flags }, storagePool),
  storagePoolCreateXML: call(76, { xml: string, flags }, storagePool),
  storagePoolBuild: longCall(79, { pool: storagePool, flags }),
  storagePoolCreate: longCall(78, { pool: storagePool, flags }),
  storagePoolDestroy: call(80, { pool: storagePool }),
  storagePoolDelete: longCall(81, { pool: storagePool, flags }),
  storagePoolUndefine: call(82, { pool: storagePool }),
  storagePoolRefresh: longCall(83, { pool: storagePool, flags }),
  /** Bytes. */
  storagePoolGetInfo: call(87, { pool: storagePool }, struct({ state: int, capacity: uhyper, allocation: uhyper, available: uhyper })),
  storagePoolGetXMLDesc: call(88, { pool: storagePool, flags }, string),
  storagePoolGetAutostart: call(89, { pool: storagePool }, bool),
  storagePoolSetAutostart: call(90, { pool: storagePool, autostart: bool }),
  storagePoolIsActive: call(154, { pool: storagePool }, bool),
  storagePoolIsPersistent: call(155, { pool: storagePool }, bool),
  storagePoolNumOfVolumes: call(91, { pool: storagePool }, count),
  /** Volumes as of the last `storagePoolRefresh`. */
  storagePoolListAllVolumes: call(282, { pool: storagePool, needResults, flags }, listOf(storageVol, LIST_MAX)),
  storageVolLookupByName: call(95, { pool: storagePool, name: string }, storageVol),
  storageVolLookupByKey: call(96, { key: string }, storageVol),
  storageVolLookupByPath: call(97, { path: string }, storageVol),
  storageVolCreateXML: longCall(93, { pool: storagePool, xml: string, flags }, storageVol),
  storageVolCreateXMLFrom: longCall(125, { pool: storagePool, xml: string, clonevol: storageVol, flags }, storageVol),
  storageVolDelete: longCall(94, { vol: storageVol, flags }),
  storageVolWipe: longCall(165, { vol: storageVol, flags }),
  /** `capacity` in bytes. */
  storageVolResize: longCall(260, { vol: storageVol, capacity: uhyper, flags }),
  /** Bytes. */
  storageVolGetInfo: call(98, { vol: storageVol }, struct({ type: int, capacity: uhyper, allocation: uhyper })),
  /** Bytes. With `StorageVolInfoFlags.GET_PHYSICAL`, `allocation` is the size of the file or device. */
  storageVolGetInfoFlags: call(378, { vol: storageVol, flags }, struct({ type: int, capacity: uhyper, allocation: uhyper })),
  storageVolGetXMLDesc: call(99, { vol: storageVol, flags }, string),
  storageVolGetPath: call(100, { vol: storageVol }, string),
  /** `length` 0 is to the end. `StorageVolDownloadFlags.SPARSE_STREAM` sends holes as holes. */
  storageVolDownload: streamCall('download', 209, { vol: storageVol, offset: optional(uhyper, 0), length: optional(uhyper, 0), flags }),
  /** `length` 0 is to the end. `StorageVolUploadFlags.SPARSE_STREAM` lets holes be sent as holes. */
  storageVolUpload: streamCall('upload', 208, { vol: storageVol, offset: optional(uhyper, 0), length: optional(uhyper, 0), flags }),

  // --- secrets
  secretLookupByUUID: call(141, { uuid }, secret),
  /** `usageType` is a `SecretUsageType`. */
  secretLookupByUsage: call(147, { usageType: int, usageID: string }, secret),
  secretDefineXML: call(142, { xml: string, flags }, secret),
  secretUndefine: call(146, { secret }),
  secretGetXMLDesc: call(143, { secret, flags }, string),
  secretGetValue: call(145, { secret, flags }, bytes(65_536)),
  secretSetValue: call(144, { secret, value: bytes(65_536), flags }),
} as const;

/** Calls that the connection itself makes. */
export const handshake = {
  connectOpen: call(1, { name: nullable(string), flags }),
  connectClose: call(2, {}),
  authList: call(66, {}, array(int, 20)),
  authSaslInit: call(67, {}, string),
  authSaslStart: call(68, { mech: string, nil: bool, data: chars(SASL_DATA_MAX) }, saslReply),
  authSaslStep: call(69, { nil: bool, data: chars(SASL_DATA_MAX) }, saslReply),
  authPolkit: call(70, {}, bool),
  connectDomainEventCallbackRegisterAny: call(316, { eventID: int, dom: nullable(domain) }, int),
  connectDomainEventCallbackDeregisterAny: call(317, { callbackID: int }),
  connectNetworkEventRegisterAny: call(313, { eventID: int, net: nullable(network) }, int),
  connectNetworkEventDeregisterAny: call(314, { callbackID: int }),
  connectStoragePoolEventRegisterAny: call(368, { eventID: int, pool: nullable(storagePool) }, int),
  connectStoragePoolEventDeregisterAny: call(369, { callbackID: int }),
  connectSecretEventRegisterAny: call(380, { eventID: int, secret: nullable(secret) }, int),
  connectSecretEventDeregisterAny: call(381, { callbackID: int }),
  connectRegisterCloseCallback: call(360, {}),
} as const;

/** virDrvFeature, as far as a client needs it (libvirt_internal.h). */
export const Feature = { PROGRAM_KEEPALIVE: 10, MIGRATION_PARAMS: 13, REMOTE_EVENT_CALLBACK: 14, REMOTE_CLOSE_CALLBACK: 15 } as const;
