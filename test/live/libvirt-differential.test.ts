/**
 * Our client and libvirt-python ask the same host the same things and must hear the same. libvirt-python is libvirt's
 * own C client, so what differs is a fault in our call table: a wrong number, order, width or limit.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Domain, DomainGetJobStatsFlags, DomainMemoryStatTags, type DomainStatsRecord, DomainStatsTypes, type DownloadStream, type Libvirt, parameter, type StorageVol, type TypedParameter, valuesByField } from 'node-libvirt';
import { ALPHA, BETA, clear, DATA, DATA_PATH, DISK_PATH, domainXml, exorcise, GHOST, GHOST_SECRET_UUID, type Ghosts, IDLE_POOL, NETWORK, NOTE_URI, POOL, PREFIX, prepare, SECRET_USAGE, SECRET_UUID, summon, type World } from './differential-world.js';
import { uriOf } from './lab.js';
import { type Comparison, differences, type Handle, outcomeOf, Peer, type PeerCall } from './libvirt-peer.js';

const HOST = 'north-2';
const uri = uriOf.unix(HOST);
/** How often a row is asked again whose answer did not hold still between our two calls. */
const ATTEMPTS = 10;
const ROWS_MIN = 100;

let c: Libvirt;
let readOnly: Libvirt;
let peer: Peer;
let w: World;
let ghosts: Ghosts;

// --- the peer's calls: the object by its name, then the method and its arguments, then `is` for how they compare

interface Theirs extends PeerCall {
  readonly comparison: Comparison;
  /** For answers that move by themselves: how they are compared instead of being equal. */
  is(comparison: Comparison): Theirs;
}

function theirs(on: Handle, method: string, args: readonly unknown[], comparison: Comparison = 'same'): Theirs {
  return { on, method, args, comparison, is: (other) => theirs(on, method, args, other) };
}

const on =
  (...handle: [kind: string, ...keys: string[]]) =>
  (method: string, ...args: unknown[]): Theirs =>
    theirs(handle, method, args);
const handle = (...key: string[]): { readonly handle: readonly string[] } => ({ handle: key });

const conn = on('conn');
const alpha = on('domain', ALPHA);
const beta = on('domain', BETA);
const ghost = on('domain', GHOST);
const network = on('network', NETWORK);
const pool = on('pool', POOL);
const idlePool = on('pool', IDLE_POOL);
const disk = on('volume', POOL, 'first.qcow2');
const data = on('volume', POOL, 'data.raw');
const secret = on('secret', SECRET_UUID);
const snapshot = on('snapshot', BETA, 'sécond');
const checkpoint = (name: string): ReturnType<typeof on> => on('checkpoint', ALPHA, name);
const special = on('special');

// --- our answers in the shape of libvirt-python's

/** What stands where in the lists that libvirt-python returns. */
const FIELDS = {
  state: ['state', 'reason'],
  info: ['state', 'maxMem', 'memory', 'nrVirtCpu', 'cpuTime'],
  control: ['state', 'details', 'stateTime'],
  interface: ['rxBytes', 'rxPackets', 'rxErrs', 'rxDrop', 'txBytes', 'txPackets', 'txErrs', 'txDrop'],
  block: ['rdReq', 'rdBytes', 'wrReq', 'wrBytes', 'errs'],
  job: ['type', 'timeElapsed', 'timeRemaining', 'dataTotal', 'dataProcessed', 'dataRemaining', 'memTotal', 'memProcessed', 'memRemaining', 'fileTotal', 'fileProcessed', 'fileRemaining'],
  pool: ['state', 'capacity', 'allocation', 'available'],
  volume: ['type', 'capacity', 'allocation'],
  vcpu: ['number', 'state', 'cpuTime', 'cpu'],
  host: ['cpus', 'mhz', 'nodes', 'sockets', 'cores', 'threads'],
} as const;

/** The named fields in the order in which the peer's list has them. */
const list = <T extends object>(answer: Promise<T>, ...fields: ReadonlyArray<keyof T>): Promise<unknown[]> => answer.then((value) => fields.map((field) => value[field]));
const dict = (parameters: Promise<TypedParameter[]>): Promise<unknown> => parameters.then(byField);
const byField = (parameters: readonly TypedParameter[]): unknown => Object.fromEntries(valuesByField(parameters));
const hostDict = (stats: Promise<ReadonlyArray<{ field: string; value: number | bigint }>>): Promise<unknown> => stats.then((all) => Object.fromEntries(all.map(({ field, value }) => [field, value])));
const records = (stats: Promise<DomainStatsRecord[]>): Promise<unknown> => stats.then((all) => all.map(({ dom, params }) => [dom, byField(params)]));
const names = (items: Promise<ReadonlyArray<{ name: string }>>): Promise<string[]> => items.then((all) => all.map(({ name }) => name));

async function nodeInfo(): Promise<unknown> {
  const host = await c.nodeGetInfo();
  const mebibytes = Math.floor(host.memory / 1024); // the wire has KiB
  return [host.model, mebibytes, ...FIELDS.host.map((field) => host[field])];
}

async function cpuMap(): Promise<unknown> {
  const { cpumap, online, ret } = await c.nodeGetCPUMap();
  return [ret, Array.from({ length: ret }, (_, cpu) => ((cpumap[cpu >> 3] ?? 0) >> (cpu & 7)) & 1), online];
}

async function vcpus(): Promise<unknown> {
  const { cpus } = await c.nodeGetInfo();
  const { info, cpumaps } = await c.domainGetVcpus({ dom: w.alpha, maxinfo: 3, maplen: 1 });
  const maps = info.map((_, at) => Array.from({ length: cpus }, (__, cpu) => ((cpumaps[at] ?? 0) >> cpu) & 1));
  return [info.map((vcpu) => FIELDS.vcpu.map((field) => vcpu[field])), maps];
}

const MEMORY_STAT_NAMES: Readonly<Record<number, string>> = {
  [DomainMemoryStatTags.ACTUAL_BALLOON]: 'actual',
  [DomainMemoryStatTags.RSS]: 'rss',
  [DomainMemoryStatTags.SWAP_IN]: 'swap_in',
  [DomainMemoryStatTags.LAST_UPDATE]: 'last_update',
};

async function memoryStats(dom: Domain): Promise<unknown> {
  const stats = await c.domainMemoryStats({ dom });
  return Object.fromEntries(stats.map(({ tag, val }) => [MEMORY_STAT_NAMES[tag] ?? `tag ${tag}`, val]));
}

/** The peer gives the sizes in another order than the wire. */
async function sizes(args: { dom: Domain; path: string }): Promise<unknown> {
  const { capacity, allocation, physical } = await c.domainGetBlockInfo(args);
  return [capacity, allocation, physical];
}

async function jobStats(args: { dom: Domain; flags?: number }): Promise<unknown> {
  const { type, params } = await c.domainGetJobStats(args);
  return { type, ...(byField(params) as object) };
}

async function blockJob(path: string): Promise<unknown> {
  const { found, ...job } = await c.domainGetBlockJobInfo({ dom: w.alpha, path });
  return found ? job : {};
}

async function digest(stream: DownloadStream): Promise<{ length: number; sha256: string }> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const piece of stream) {
    if (!('data' in piece)) throw new Error('a hole has come, although no sparse stream was asked for');
    hash.update(piece.data);
    length += piece.data.length;
  }
  return { length, sha256: hash.digest('hex') };
}

async function downloaded(args: { vol: StorageVol; offset?: number; length?: number }): Promise<unknown> {
  const { stream } = await c.storageVolDownload(args);
  return digest(stream);
}

async function screenshot(): Promise<unknown> {
  const { result, stream } = await c.domainScreenshot({ dom: w.alpha });
  return { mime: result, ...(await digest(stream)) };
}

// --- what is asked

const MISSING = `${PREFIX}missing`;
const MISSING_UUID = 'd1ff0000-0000-4000-8000-0000000000ff';
const MEBIBYTE = 1024 * 1024;
const NATIVE_XML = domainXml({ name: `${PREFIX}native`, head: `<uuid>${MISSING_UUID}</uuid>` });
const CPU = '<cpu match="minimum"><model>qemu64</model><feature name="sse4.2" policy="optional"/></cpu>';
const CPUS = ['<cpu><arch>x86_64</arch><model>Nehalem</model><feature name="aes"/></cpu>', '<cpu><arch>x86_64</arch><model>Westmere</model></cpu>'];
const MISSING_DISK = '<disk type="file"><source file="/missing"/><target dev="vdz"/></disk>';
const EMULATOR = '/usr/bin/qemu-system-x86_64';

type Row = readonly [name: string, ours: () => Promise<unknown>, theirs: Theirs];

/** A row is a name, our call, the peer's call. Both must give the same, in the sense of the row's comparison. */
const answers: readonly Row[] = [
  // the connection and its host
  ['type of the driver', () => c.connectGetType(), conn('getType')],
  ['version of the hypervisor', () => c.connectGetVersion(), conn('getVersion')],
  ['version of libvirt', () => c.connectGetLibVersion(), conn('getLibVersion')],
  ['host name', () => c.connectGetHostname(), conn('getHostname')],
  ['capabilities', () => c.connectGetCapabilities(), conn('getCapabilities')],
  ['most vCPUs, kind left out', () => c.connectGetMaxVcpus({}), conn('getMaxVcpus', null)],
  ['most vCPUs of qemu', () => c.connectGetMaxVcpus({ type: 'qemu' }), conn('getMaxVcpus', 'qemu')],
  ['is the connection secure', () => c.connectIsSecure(), conn('isSecure')],
  ['domain capabilities by default', () => c.connectGetDomainCapabilities({}), conn('getDomainCapabilities')],
  ['domain capabilities of q35', () => c.connectGetDomainCapabilities({ machine: 'q35', virttype: 'qemu' }), conn('getDomainCapabilities', null, null, 'q35', 'qemu')],
  ['domain capabilities of everything named', () => c.connectGetDomainCapabilities({ emulatorbin: EMULATOR, arch: 'x86_64', machine: 'pc', virttype: 'qemu' }), conn('getDomainCapabilities', EMULATOR, 'x86_64', 'pc', 'qemu')],
  ['storage pool capabilities', () => c.connectGetStoragePoolCapabilities(), conn('getStoragePoolCapabilities')],
  ['CPU models of x86_64', () => c.connectGetCPUModelNames({ arch: 'x86_64' }), conn('getCPUModelNames', 'x86_64')],
  ['CPU models of ppc64', () => c.connectGetCPUModelNames({ arch: 'ppc64' }), conn('getCPUModelNames', 'ppc64')],
  ['CPU models of s390x', () => c.connectGetCPUModelNames({ arch: 's390x' }), conn('getCPUModelNames', 's390x')],
  ['compare a CPU with the host', () => c.connectCompareCPU({ xml: CPU }), conn('compareCPU', CPU)],
  ['compare an incompatible CPU', () => c.connectCompareCPU({ xml: '<cpu><arch>x86_64</arch><model>Opteron_G5</model></cpu>' }), conn('compareCPU', '<cpu><arch>x86_64</arch><model>Opteron_G5</model></cpu>')],
  ['compare a CPU with the hypervisor', () => c.connectCompareHypervisorCPU({ virttype: 'qemu', xmlCPU: CPU }), conn('compareHypervisorCPU', null, null, null, 'qemu', CPU)],
  ['baseline of two CPUs', () => c.connectBaselineCPU({ xmlCPUs: CPUS }), conn('baselineCPU', CPUS)],
  ['baseline of two CPUs, features expanded', () => c.connectBaselineCPU({ xmlCPUs: CPUS, flags: 1 }), conn('baselineCPU', CPUS, 1)],
  ['baseline for the hypervisor', () => c.connectBaselineHypervisorCPU({ arch: 'x86_64', virttype: 'qemu', xmlCPUs: CPUS }), conn('baselineHypervisorCPU', null, 'x86_64', null, 'qemu', CPUS)],
  ['a domain as a command line', () => c.connectDomainXMLToNative({ nativeFormat: 'qemu-argv', domainXML: NATIVE_XML }), conn('domainXMLToNative', 'qemu-argv', NATIVE_XML)],
  ['host information', nodeInfo, conn('getInfo')],
  ['free memory, which moves', () => c.nodeGetFreeMemory(), conn('getFreeMemory').is('near')],
  ['free memory of cell 0, which moves', () => c.nodeGetCellsFreeMemory({ startCell: 0, maxcells: 1 }), conn('getCellsFreeMemory', 0, 1).is('near')],
  ['CPU time of all CPUs, which moves', () => hostDict(c.nodeGetCPUStats()), conn('getCPUStats', -1).is('between')],
  ['CPU time of CPU 1, which moves', () => hostDict(c.nodeGetCPUStats({ cpuNum: 1 })), conn('getCPUStats', 1).is('between')],
  ['memory by kind, which moves', () => hostDict(c.nodeGetMemoryStats()), conn('getMemoryStats', -1).is('near')],
  ['memory of cell 0 by kind, which moves', () => hostDict(c.nodeGetMemoryStats({ cellNum: 0 })), conn('getMemoryStats', 0).is('near')],
  ['map of CPUs', cpuMap, conn('getCPUMap')],
  ['memory parameters of the host, which move', () => dict(c.nodeGetMemoryParameters()), conn('getMemoryParameters').is('near')],

  // finding and counting
  ['all domains', () => c.connectListAllDomains(), conn('listAllDomains')],
  ['active domains', () => c.connectListAllDomains({ flags: 1 }), conn('listAllDomains', 1)],
  ['inactive domains', () => c.connectListAllDomains({ flags: 2 }), conn('listAllDomains', 2)],
  ['paused domains', () => c.connectListAllDomains({ flags: 32 }), conn('listAllDomains', 32)],
  ['domains with autostart', () => c.connectListAllDomains({ flags: 1024 }), conn('listAllDomains', 1024)],
  ['domains with a snapshot', () => c.connectListAllDomains({ flags: 4096 }), conn('listAllDomains', 4096)],
  ['domains with a checkpoint', () => c.connectListAllDomains({ flags: 16384 }), conn('listAllDomains', 16384)],
  ['numbers of active domains', () => c.connectListDomains(), conn('listDomainsID')],
  ['names of inactive domains', () => c.connectListDefinedDomains(), conn('listDefinedDomains')],
  ['count of active domains', () => c.connectNumOfDomains(), conn('numOfDomains')],
  ['count of inactive domains', () => c.connectNumOfDefinedDomains(), conn('numOfDefinedDomains')],
  ['all networks', () => c.connectListAllNetworks(), conn('listAllNetworks')],
  ['inactive networks', () => c.connectListAllNetworks({ flags: 1 }), conn('listAllNetworks', 1)],
  ['active networks', () => c.connectListAllNetworks({ flags: 2 }), conn('listAllNetworks', 2)],
  ['count of active networks', () => c.connectNumOfNetworks(), conn('numOfNetworks')],
  ['count of inactive networks', () => c.connectNumOfDefinedNetworks(), conn('numOfDefinedNetworks')],
  ['all pools', () => c.connectListAllStoragePools(), conn('listAllStoragePools')],
  ['active pools', () => c.connectListAllStoragePools({ flags: 2 }), conn('listAllStoragePools', 2)],
  ['pools that are folders', () => c.connectListAllStoragePools({ flags: 64 }), conn('listAllStoragePools', 64)],
  ['count of active pools', () => c.connectNumOfStoragePools(), conn('numOfStoragePools')],
  ['count of inactive pools', () => c.connectNumOfDefinedStoragePools(), conn('numOfDefinedStoragePools')],
  ['all secrets', () => c.connectListAllSecrets(), conn('listAllSecrets')],
  ['secrets that are not private', () => c.connectListAllSecrets({ flags: 8 }), conn('listAllSecrets', 8)],
  ['count of secrets', () => c.connectNumOfSecrets(), conn('numOfSecrets')],
  ['a domain by name', () => c.domainLookupByName({ name: ALPHA }), conn('lookupByName', ALPHA)],
  ['an inactive domain by name', () => c.domainLookupByName({ name: BETA }), conn('lookupByName', BETA)],
  ['a domain by UUID', () => c.domainLookupByUUID({ uuid: w.alpha.uuid }), conn('lookupByUUIDString', 'd1ff0000-0000-4000-8000-00000000000a')],

  // statistics in bulk
  ['statistics of all domains, which move', () => records(c.connectGetAllDomainStats()), conn('getAllDomainStats').is('near')],
  ['state of all domains', () => records(c.connectGetAllDomainStats({ stats: DomainStatsTypes.STATE })), conn('getAllDomainStats', DomainStatsTypes.STATE)],
  ['disks of active domains', () => records(c.connectGetAllDomainStats({ stats: DomainStatsTypes.BLOCK, flags: 1 })), conn('getAllDomainStats', DomainStatsTypes.BLOCK, 1)],
  ['disks with their backing', () => records(c.connectGetAllDomainStats({ stats: DomainStatsTypes.BLOCK, flags: 0x40000000 })), conn('getAllDomainStats', DomainStatsTypes.BLOCK, 0x40000000)],
  ['balloon and vCPUs of one domain, which move', () => records(c.connectGetAllDomainStats({ doms: [w.alpha], stats: DomainStatsTypes.BALLOON | DomainStatsTypes.VCPU })), conn('domainListGetStats', [handle('domain', ALPHA)], DomainStatsTypes.BALLOON | DomainStatsTypes.VCPU).is('near')],
  ['interfaces of two domains', () => records(c.connectGetAllDomainStats({ doms: [w.alpha, w.beta], stats: DomainStatsTypes.INTERFACE })), conn('domainListGetStats', [handle('domain', ALPHA), handle('domain', BETA)], DomainStatsTypes.INTERFACE).is('between')],
  ['I/O threads of one domain', () => records(c.connectGetAllDomainStats({ doms: [w.alpha], stats: DomainStatsTypes.IOTHREAD })), conn('domainListGetStats', [handle('domain', ALPHA)], DomainStatsTypes.IOTHREAD)],
  ['CPU time of one domain, which moves', () => records(c.connectGetAllDomainStats({ doms: [w.alpha], stats: DomainStatsTypes.CPU_TOTAL })), conn('domainListGetStats', [handle('domain', ALPHA)], DomainStatsTypes.CPU_TOTAL).is('between')],

  // a running domain
  ['XML of a running domain', () => c.domainGetXMLDesc({ dom: w.alpha }), alpha('XMLDesc')],
  ['XML with secrets', () => c.domainGetXMLDesc({ dom: w.alpha, flags: 1 }), alpha('XMLDesc', 1)],
  ['XML for the next start', () => c.domainGetXMLDesc({ dom: w.alpha, flags: 2 }), alpha('XMLDesc', 2)],
  ['XML with the CPU spelt out', () => c.domainGetXMLDesc({ dom: w.alpha, flags: 4 }), alpha('XMLDesc', 4)],
  ['XML for migration', () => c.domainGetXMLDesc({ dom: w.alpha, flags: 8 | 1 }), alpha('XMLDesc', 8 | 1)],
  ['XML for a reader only', () => readOnly.domainGetXMLDesc({ dom: w.alpha }), on('readonly-domain', ALPHA)('XMLDesc')],
  ['state and reason', () => list(c.domainGetState({ dom: w.alpha }), ...FIELDS.state), alpha('state')],
  ['information, with CPU time, which moves', () => list(c.domainGetInfo({ dom: w.alpha }), ...FIELDS.info), alpha('info').is('between')],
  ['control state', () => list(c.domainGetControlInfo({ dom: w.alpha }), ...FIELDS.control), alpha('controlInfo')],
  ['operating system type', () => c.domainGetOSType({ dom: w.alpha }), alpha('OSType')],
  ['most memory', () => c.domainGetMaxMemory({ dom: w.alpha }), alpha('maxMemory')],
  ['most vCPUs of a domain', () => c.domainGetMaxVcpus({ dom: w.alpha }), alpha('maxVcpus')],
  ['vCPUs now', () => c.domainGetVcpusFlags({ dom: w.alpha, flags: 1 }), alpha('vcpusFlags', 1)],
  ['vCPUs at the next start', () => c.domainGetVcpusFlags({ dom: w.alpha, flags: 2 }), alpha('vcpusFlags', 2)],
  ['most vCPUs at the next start', () => c.domainGetVcpusFlags({ dom: w.alpha, flags: 2 | 4 }), alpha('vcpusFlags', 2 | 4)],
  ['vCPUs with their pinning, whose time moves', vcpus, alpha('vcpus').is('near')],
  ['is it active', () => c.domainIsActive({ dom: w.alpha }), alpha('isActive')],
  ['is it persistent', () => c.domainIsPersistent({ dom: w.alpha }), alpha('isPersistent')],
  ['has it been updated', () => c.domainIsUpdated({ dom: w.alpha }), alpha('isUpdated')],
  ['has it autostart: no', () => c.domainGetAutostart({ dom: w.alpha }), alpha('autostart')],
  ['has it a managed save image', () => c.domainHasManagedSaveImage({ dom: w.alpha }), alpha('hasManagedSaveImage')],
  ['title', () => c.domainGetMetadata({ dom: w.alpha, type: 1 }), alpha('metadata', 1, null)],
  ['description', () => c.domainGetMetadata({ dom: w.alpha, type: 0 }), alpha('metadata', 0, null)],
  ['metadata element', () => c.domainGetMetadata({ dom: w.alpha, type: 2, uri: NOTE_URI }), alpha('metadata', 2, NOTE_URI)],
  ['metadata element of the next start', () => c.domainGetMetadata({ dom: w.alpha, type: 2, uri: NOTE_URI, flags: 2 }), alpha('metadata', 2, NOTE_URI, 2)],
  ['set a title twice alike', () => c.domainSetMetadata({ dom: w.beta, type: 1, metadata: 'été 🛟', flags: 2 }), beta('setMetadata', 1, 'été 🛟', null, null, 2)],
  ['memory statistics, which move', () => memoryStats(w.alpha), alpha('memoryStats').is('near')],
  ['interface by target, whose counters move', () => list(c.domainInterfaceStats({ dom: w.alpha, device: 'differential-a' }), ...FIELDS.interface), alpha('interfaceStats', 'differential-a').is('between')],
  ['interface by MAC, whose counters move', () => list(c.domainInterfaceStats({ dom: w.alpha, device: '52:54:00:d1:ff:01' }), ...FIELDS.interface), alpha('interfaceStats', '52:54:00:d1:ff:01').is('between')],
  ['NUMA parameters', () => dict(c.domainGetNumaParameters({ dom: w.beta })), beta('numaParameters')],
  ['memory parameters', () => dict(c.domainGetMemoryParameters({ dom: w.beta, flags: 2 | 4 })), beta('memoryParameters', 2)],
  ['block I/O parameters', () => dict(c.domainGetBlkioParameters({ dom: w.beta, flags: 2 | 4 })), beta('blkioParameters', 2)],
  ['messages', () => c.domainGetMessages({ dom: w.alpha }), alpha('messages')],
  ['disk errors', () => c.domainGetDiskErrors({ dom: w.alpha }).then((all) => Object.fromEntries(all.map(({ disk: name, error }) => [name, error]))), alpha('diskErrors')],
  ['disk sizes by target', () => sizes({ dom: w.alpha, path: 'vda' }), alpha('blockInfo', 'vda')],
  ['disk sizes by path', () => sizes({ dom: w.alpha, path: DATA_PATH }), alpha('blockInfo', DATA_PATH)],
  ['disk counters', () => list(c.domainBlockStats({ dom: w.alpha, path: 'vda' }), ...FIELDS.block), alpha('blockStats', 'vda')],
  ['disk counters of all disks', () => list(c.domainBlockStats({ dom: w.alpha, path: '' }), ...FIELDS.block), alpha('blockStats', '')],
  ['disk counters by name', () => dict(c.domainBlockStatsFlags({ dom: w.alpha, path: DISK_PATH })), alpha('blockStatsFlags', DISK_PATH)],
  ['disk limits', () => dict(c.domainGetBlockIoTune({ dom: w.alpha, disk: 'vda' })), alpha('blockIoTune', 'vda')],
  ['disk limits of the next start', () => dict(c.domainGetBlockIoTune({ dom: w.alpha, disk: 'sdb', flags: 2 | 4 })), alpha('blockIoTune', 'sdb', 2)],
  ['bytes of a disk', () => c.domainBlockPeek({ dom: w.alpha, path: DATA_PATH, offset: 3, size: 700 }), alpha('blockPeek', DATA_PATH, 3, 700)],
  ['bytes of memory: the BIOS', () => c.domainMemoryPeek({ dom: w.alpha, offset: 0xfff00, size: 256, flags: 2 }), alpha('memoryPeek', 0xfff00, 256, 2)],
  ['no block job', () => blockJob('vda'), alpha('blockJobInfo', 'vda')],
  ['no job', () => list(c.domainGetJobInfo({ dom: w.alpha }), ...FIELDS.job), alpha('jobInfo')],
  ['no job, by name', () => jobStats({ dom: w.alpha }), alpha('jobStats')],
  ['no finished job', () => jobStats({ dom: w.beta, flags: DomainGetJobStatsFlags.COMPLETED }), beta('jobStats', DomainGetJobStatsFlags.COMPLETED)],
  ['migration speed', () => c.domainMigrateGetMaxSpeed({ dom: w.alpha }), alpha('migrateGetMaxSpeed')],
  ['migration speed after the switch', () => c.domainMigrateGetMaxSpeed({ dom: w.alpha, flags: 1 }), alpha('migrateGetMaxSpeed', 1)],
  ['migration downtime', () => c.domainMigrateGetMaxDowntime({ dom: w.alpha }), alpha('migrateGetMaxDowntime')],
  ['migration cache', () => c.domainMigrateGetCompressionCache({ dom: w.alpha }), alpha('migrateGetCompressionCache')],
  ['set migration downtime', () => c.domainMigrateSetMaxDowntime({ dom: w.alpha, downtime: 432 }), alpha('migrateSetMaxDowntime', 432)],
  ['set migration speed', () => c.domainMigrateSetMaxSpeed({ dom: w.alpha, bandwidth: 4321 }), alpha('migrateSetMaxSpeed', 4321)],
  [
    'set disk limits to what they are',
    () => c.domainSetBlockIoTune({ dom: w.alpha, disk: 'vda', params: [parameter.ullong('write_iops_sec', 250), parameter.ullong('write_iops_sec_max', 500), parameter.ullong('total_bytes_sec', 10 * MEBIBYTE)], flags: 1 }),
    alpha('setBlockIoTune', 'vda', { write_iops_sec: 250, write_iops_sec_max: 500, total_bytes_sec: 10 * MEBIBYTE }, 1),
  ],
  ['set what a crash leads to', () => c.domainSetLifecycleAction({ dom: w.alpha, type: 2, action: 1 }), alpha('setLifecycleAction', 2, 1)],
  ['press keys', () => c.domainSendKey({ dom: w.alpha, codeset: 0, holdtime: 0, keycodes: [29, 56] }), alpha('sendKey', 0, 0, [29, 56], 2)],
  ['set a disk threshold', () => c.domainSetBlockThreshold({ dom: w.alpha, dev: 'vda', threshold: 12345 }), alpha('setBlockThreshold', 'vda', 12345)],
  ['resize a disk to what it is', () => c.domainBlockResize({ dom: w.alpha, disk: 'vda', size: 8 * MEBIBYTE, flags: 1 }), alpha('blockResize', 'vda', 8 * MEBIBYTE, 1)],
  ['devices, as the monitor tells people', () => c.qemuDomainMonitorCommand({ dom: w.alpha, cmd: 'info qtree', flags: 1 }), special('monitor', handle('domain', ALPHA), 'info qtree', 1)],
  ['a human command of the monitor', () => c.qemuDomainMonitorCommand({ dom: w.alpha, cmd: 'info block vda', flags: 1 }), special('monitor', handle('domain', ALPHA), 'info block vda', 1)],
  ['set the time to wait for the agent', () => c.domainAgentSetResponseTimeout({ dom: w.alpha, timeout: 7 }), alpha('agentSetResponseTimeout', 7)],
  ['a picture of the screen', screenshot, special('screenshot', handle('domain', ALPHA), 0)],

  // a domain that is not running
  ['XML of a defined domain', () => c.domainGetXMLDesc({ dom: w.beta }), beta('XMLDesc')],
  ['XML for migration of a defined domain', () => c.domainGetXMLDesc({ dom: w.beta, flags: 8 }), beta('XMLDesc', 8)],
  ['state of a defined domain', () => list(c.domainGetState({ dom: w.beta }), ...FIELDS.state), beta('state')],
  ['information on a defined domain', () => list(c.domainGetInfo({ dom: w.beta }), ...FIELDS.info), beta('info')],
  ['has it autostart: yes', () => c.domainGetAutostart({ dom: w.beta }), beta('autostart')],
  ['set autostart to what it is', () => c.domainSetAutostart({ dom: w.beta, autostart: true }), beta('setAutostart', 1)],
  ['is a defined domain active', () => c.domainIsActive({ dom: w.beta }), beta('isActive')],
  ['set memory of the next start', () => c.domainSetMemoryFlags({ dom: w.beta, memory: 40 * 1024, flags: 2 }), beta('setMemoryFlags', 40 * 1024, 2)],
  ['set vCPUs of the next start', () => c.domainSetVcpusFlags({ dom: w.beta, nvcpus: 1, flags: 2 }), beta('setVcpusFlags', 1, 2)],
  ['disk sizes of a defined domain', () => sizes({ dom: w.beta, path: 'vda' }), beta('blockInfo', 'vda')],

  // snapshots and checkpoints
  ['snapshots', () => c.domainListAllSnapshots({ dom: w.beta }), beta('listAllSnapshots')],
  ['snapshots without a child', () => c.domainListAllSnapshots({ dom: w.beta, flags: 4 }), beta('listAllSnapshots', 4)],
  ['names of snapshots', () => names(c.domainListAllSnapshots({ dom: w.beta })), beta('snapshotListNames')],
  ['count of snapshots', () => c.domainSnapshotNum({ dom: w.beta }), beta('snapshotNum')],
  ['a snapshot by name', () => c.domainSnapshotLookupByName({ dom: w.beta, name: 'sécond' }), beta('snapshotLookupByName', 'sécond')],
  ['XML of a snapshot', () => c.domainSnapshotGetXMLDesc({ snap: w.snapshot }), snapshot('getXMLDesc')],
  ['is there a current snapshot: yes', () => c.domainHasCurrentSnapshot({ dom: w.beta }), beta('hasCurrentSnapshot')],
  ['is there a current snapshot: no', () => c.domainHasCurrentSnapshot({ dom: w.alpha }), alpha('hasCurrentSnapshot')],
  ['checkpoints', () => c.domainListAllCheckpoints({ dom: w.alpha }), alpha('listAllCheckpoints')],
  ['checkpoints without a parent', () => c.domainListAllCheckpoints({ dom: w.alpha, flags: 1 }), alpha('listAllCheckpoints', 1)],
  ['checkpoints of a domain without', () => c.domainListAllCheckpoints({ dom: w.beta }), beta('listAllCheckpoints')],
  ['a checkpoint by name', () => c.domainCheckpointLookupByName({ dom: w.alpha, name: 'first' }), alpha('checkpointLookupByName', 'first')],
  ['XML of a checkpoint', () => c.domainCheckpointGetXMLDesc({ checkpoint: w.checkpoints[0] }), checkpoint('first')('getXMLDesc')],
  ['XML of a checkpoint with its size', () => c.domainCheckpointGetXMLDesc({ checkpoint: w.checkpoints[1], flags: 4 }), checkpoint('second')('getXMLDesc', 4)],
  ['parent of a checkpoint', () => c.domainCheckpointGetParent({ checkpoint: w.checkpoints[1] }), checkpoint('second')('getParent')],
  ['children of a checkpoint', () => c.domainCheckpointListAllChildren({ checkpoint: w.checkpoints[0] }), checkpoint('first')('listAllChildren')],

  // networks
  ['a network by name', () => c.networkLookupByName({ name: NETWORK }), conn('networkLookupByName', NETWORK)],
  ['XML of a network', () => c.networkGetXMLDesc({ net: w.network }), network('XMLDesc')],
  ['XML of a network, inactive', () => c.networkGetXMLDesc({ net: w.network, flags: 1 }), network('XMLDesc', 1)],
  ['has a network autostart', () => c.networkGetAutostart({ net: w.network }), network('autostart')],
  ['set autostart of a network', () => c.networkSetAutostart({ net: w.network, autostart: false }), network('setAutostart', 0)],
  ['bridge of a network', () => c.networkGetBridgeName({ net: w.network }), network('bridgeName')],
  ['is a network active', () => c.networkIsActive({ net: w.network }), network('isActive')],
  ['is a network persistent', () => c.networkIsPersistent({ net: w.network }), network('isPersistent')],
  ['leases of a network', () => c.networkGetDHCPLeases({ net: w.network }), network('DHCPLeases')],

  // pools and volumes
  ['a pool by name', () => c.storagePoolLookupByName({ name: POOL }), conn('storagePoolLookupByName', POOL)],
  ['a pool by volume', () => c.storagePoolLookupByVolume({ vol: w.disk }), disk('storagePoolLookupByVolume')],
  ['a pool by path', () => c.storagePoolLookupByTargetPath({ path: DISK_PATH.replace('/first.qcow2', '') }), conn('storagePoolLookupByTargetPath', DISK_PATH.replace('/first.qcow2', ''))],
  ['a pool: its sizes, which move', () => list(c.storagePoolGetInfo({ pool: w.pool }), ...FIELDS.pool), pool('info').is('near')],
  ['an idle pool: its sizes', () => list(c.storagePoolGetInfo({ pool: w.idlePool }), ...FIELDS.pool), idlePool('info')],
  ['XML of an idle pool', () => c.storagePoolGetXMLDesc({ pool: w.idlePool }), idlePool('XMLDesc')],
  ['has a pool autostart', () => c.storagePoolGetAutostart({ pool: w.pool }), pool('autostart')],
  ['is a pool active', () => c.storagePoolIsActive({ pool: w.pool }), pool('isActive')],
  ['is an idle pool active', () => c.storagePoolIsActive({ pool: w.idlePool }), idlePool('isActive')],
  ['is a pool persistent', () => c.storagePoolIsPersistent({ pool: w.pool }), pool('isPersistent')],
  ['set autostart of a pool', () => c.storagePoolSetAutostart({ pool: w.pool, autostart: false }), pool('setAutostart', 0)],
  ['count of volumes', () => c.storagePoolNumOfVolumes({ pool: w.pool }), pool('numOfVolumes')],
  ['volumes', () => c.storagePoolListAllVolumes({ pool: w.pool }), pool('listAllVolumes')],
  ['refresh a pool', () => c.storagePoolRefresh({ pool: w.pool }), pool('refresh')],
  ['a volume by name', () => c.storageVolLookupByName({ pool: w.pool, name: 'béta.qcow2' }), pool('storageVolLookupByName', 'béta.qcow2')],
  ['a volume by key', () => c.storageVolLookupByKey({ key: DISK_PATH }), conn('storageVolLookupByKey', DISK_PATH)],
  ['a volume by path', () => c.storageVolLookupByPath({ path: DATA_PATH }), conn('storageVolLookupByPath', DATA_PATH)],
  ['sizes of a volume', () => list(c.storageVolGetInfo({ vol: w.disk }), ...FIELDS.volume), disk('info')],
  ['physical size of a volume', () => list(c.storageVolGetInfoFlags({ vol: w.data, flags: 1 }), ...FIELDS.volume), data('infoFlags', 1)],
  ['XML of a volume', () => c.storageVolGetXMLDesc({ vol: w.disk }), disk('XMLDesc')],
  ['path of a volume', () => c.storageVolGetPath({ vol: w.disk }), disk('path')],
  ['the whole of a volume', () => downloaded({ vol: w.data }), special('downloaded', handle('volume', POOL, 'data.raw'), 0, 0, 0)],
  ['a part of a volume', () => downloaded({ vol: w.data, offset: 5, length: 1234 }), special('downloaded', handle('volume', POOL, 'data.raw'), 5, 1234, 0)],

  // secrets
  ['a secret by UUID', () => c.secretLookupByUUID({ uuid: SECRET_UUID }), conn('secretLookupByUUIDString', SECRET_UUID)],
  ['a secret by use', () => c.secretLookupByUsage({ usageType: 2, usageID: SECRET_USAGE }), conn('secretLookupByUsage', 2, SECRET_USAGE)],
  ['XML of a secret', () => c.secretGetXMLDesc({ secret: w.secret }), secret('XMLDesc')],
  ['value of a secret', () => c.secretGetValue({ secret: w.secret }), secret('value')],
];

/** Rows that must end in an error of libvirt, the same one for both: number, domain, level, message and details. */
const refusals: readonly Row[] = [
  ['a missing domain by name', () => c.domainLookupByName({ name: MISSING }), conn('lookupByName', MISSING)],
  ['a missing domain with an odd name', () => c.domainLookupByName({ name: 'ä%s%n"\'<' }), conn('lookupByName', 'ä%s%n"\'<')],
  ['a missing domain by UUID', () => c.domainLookupByUUID({ uuid: MISSING_UUID }), conn('lookupByUUIDString', MISSING_UUID)],
  ['a missing domain by number', () => c.domainLookupByID({ id: 2_000_000_000 }), conn('lookupByID', 2_000_000_000)],
  ['a missing network', () => c.networkLookupByName({ name: MISSING }), conn('networkLookupByName', MISSING)],
  ['a missing network by UUID', () => c.networkLookupByUUID({ uuid: MISSING_UUID }), conn('networkLookupByUUIDString', MISSING_UUID)],
  ['a missing pool', () => c.storagePoolLookupByName({ name: MISSING }), conn('storagePoolLookupByName', MISSING)],
  ['a missing pool by UUID', () => c.storagePoolLookupByUUID({ uuid: MISSING_UUID }), conn('storagePoolLookupByUUIDString', MISSING_UUID)],
  ['a missing pool by path', () => c.storagePoolLookupByTargetPath({ path: '/differential/missing' }), conn('storagePoolLookupByTargetPath', '/differential/missing')],
  ['a missing volume by name', () => c.storageVolLookupByName({ pool: w.pool, name: MISSING }), pool('storageVolLookupByName', MISSING)],
  ['a missing volume by path', () => c.storageVolLookupByPath({ path: '/differential/missing' }), conn('storageVolLookupByPath', '/differential/missing')],
  ['a missing volume by key', () => c.storageVolLookupByKey({ key: MISSING }), conn('storageVolLookupByKey', MISSING)],
  ['a missing secret', () => c.secretLookupByUUID({ uuid: MISSING_UUID }), conn('secretLookupByUUIDString', MISSING_UUID)],
  ['a missing secret by use', () => c.secretLookupByUsage({ usageType: 2, usageID: MISSING }), conn('secretLookupByUsage', 2, MISSING)],
  ['a missing snapshot', () => c.domainSnapshotLookupByName({ dom: w.beta, name: MISSING }), beta('snapshotLookupByName', MISSING)],
  ['a missing checkpoint', () => c.domainCheckpointLookupByName({ dom: w.alpha, name: MISSING }), alpha('checkpointLookupByName', MISSING)],
  ['the parent of the first checkpoint', () => c.domainCheckpointGetParent({ checkpoint: w.checkpoints[0] }), checkpoint('first')('getParent')],
  ['missing metadata', () => c.domainGetMetadata({ dom: w.alpha, type: 2, uri: 'urn:missing' }), alpha('metadata', 2, 'urn:missing')],
  ['metadata of an unknown type', () => c.domainGetMetadata({ dom: w.alpha, type: 77 }), alpha('metadata', 77, null)],
  ['a missing disk', () => c.domainGetBlockInfo({ dom: w.alpha, path: 'vdz' }), alpha('blockInfo', 'vdz')],
  ['a missing interface', () => c.domainInterfaceStats({ dom: w.alpha, device: 'missing0' }), alpha('interfaceStats', 'missing0')],
  ['XML that is cut short', () => c.domainDefineXML({ xml: '<domain type="qemu"><name>x' }), conn('defineXML', '<domain type="qemu"><name>x')],
  ['XML that is no domain', () => c.domainDefineXML({ xml: '<network/>' }), conn('defineXML', '<network/>')],
  ['a domain without memory', () => c.domainDefineXMLFlags({ xml: '<domain type="qemu"><name>x</name></domain>' }), conn('defineXMLFlags', '<domain type="qemu"><name>x</name></domain>')],
  ['a domain that breaks the schema', () => c.domainDefineXMLFlags({ xml: domainXml({ name: MISSING, head: '<odd/>' }), flags: 1 }), conn('defineXMLFlags', domainXml({ name: MISSING, head: '<odd/>' }), 1)],
  ['a domain of an unknown type', () => c.domainCreateXML({ xmlDesc: NATIVE_XML.replace("'qemu'", "'abacus'") }), conn('createXML', NATIVE_XML.replace("'qemu'", "'abacus'"))],
  ['a name that is taken', () => c.domainDefineXML({ xml: domainXml({ name: ALPHA }).replace('<memory', `<uuid>${MISSING_UUID}</uuid><memory`) }), conn('defineXML', domainXml({ name: ALPHA }).replace('<memory', `<uuid>${MISSING_UUID}</uuid><memory`))],
  ['a network without a name', () => c.networkDefineXML({ xml: '<network/>' }), conn('networkDefineXML', '<network/>')],
  ['a pool of an unknown type', () => c.storagePoolDefineXML({ xml: '<pool type="bucket"><name>x</name></pool>' }), conn('storagePoolDefineXML', '<pool type="bucket"><name>x</name></pool>')],
  ['a volume that is there already', () => c.storageVolCreateXML({ pool: w.pool, xml: '<volume><name>data.raw</name><capacity>1</capacity></volume>' }), pool('createXML', '<volume><name>data.raw</name><capacity>1</capacity></volume>')],
  ['a secret without XML', () => c.secretDefineXML({ xml: '' }), conn('secretDefineXML', '')],
  ['unknown flags of XML', () => c.domainGetXMLDesc({ dom: w.alpha, flags: 0x4000 }), alpha('XMLDesc', 0x4000)],
  ['unknown flags of a list', () => c.connectListAllDomains({ flags: 0x100000 }), conn('listAllDomains', 0x100000)],
  ['flags that exclude each other', () => c.domainGetVcpusFlags({ dom: w.alpha, flags: 8 | 0x8000 }), alpha('vcpusFlags', 8 | 0x8000)],
  ['a domain that runs already', () => c.domainCreate({ dom: w.alpha }), alpha('create')],
  ['a domain that does not run', () => c.domainDestroy({ dom: w.beta }), beta('destroy')],
  ['suspending what does not run', () => c.domainSuspend({ dom: w.beta }), beta('suspend')],
  ['job of what does not run', () => c.domainGetJobInfo({ dom: w.beta }), beta('jobInfo')],
  ['aborting no job', () => c.domainAbortJob({ dom: w.alpha }), alpha('abortJob')],
  ['aborting no block job', () => c.domainBlockJobAbort({ dom: w.alpha, path: 'vda' }), alpha('blockJobAbort', 'vda')],
  ['pulling a disk that has no backing and is read only', () => c.domainBlockPull({ dom: w.alpha, path: 'sdz' }), alpha('blockPull', 'sdz')],
  ['XML of no backup', () => c.domainBackupGetXMLDesc({ dom: w.alpha }), alpha('backupGetXMLDesc')],
  ['the time without an agent', () => c.domainGetTime({ dom: w.alpha }), alpha('getTime')],
  ['freezing without an agent', () => c.domainFSFreeze({ dom: w.alpha }), alpha('fsFreeze')],
  ['thawing without an agent', () => c.domainFSThaw({ dom: w.alpha }), alpha('fsThaw')],
  ['trimming without an agent', () => c.domainFSTrim({ dom: w.alpha, minimum: 4096 }), alpha('fSTrim', null, 4096)],
  ['file systems without an agent', () => c.domainGetFSInfo({ dom: w.alpha }), alpha('fsInfo')],
  ['guest information without an agent', () => c.domainGetGuestInfo({ dom: w.alpha, types: 1 }), alpha('guestInfo', 1)],
  ['addresses without an agent', () => c.domainInterfaceAddresses({ dom: w.alpha, source: 1 }), alpha('interfaceAddresses', 1)],
  ['host name without an agent', () => c.domainGetHostname({ dom: w.alpha, flags: 2 }), alpha('hostname', 2)],
  ['setting the time without an agent', () => c.domainSetTime({ dom: w.alpha, seconds: 1_700_000_000, nseconds: 5 }), alpha('setTime', { seconds: 1_700_000_000, nseconds: 5 })],
  ['renaming what runs', () => c.domainRename({ dom: w.alpha, newName: `${PREFIX}other` }), alpha('rename', `${PREFIX}other`)],
  ['resuming what does not run', () => c.domainResume({ dom: w.beta }), beta('resume')],
  ['shutting down what does not run', () => c.domainShutdownFlags({ dom: w.beta, flags: 1 }), beta('shutdownFlags', 1)],
  ['rebooting what does not run', () => c.domainReboot({ dom: w.beta }), beta('reboot')],
  ['removing the managed save image that is not there', () => c.domainManagedSaveRemove({ dom: w.beta }), beta('managedSaveRemove')],
  ['saving what does not run', () => c.domainManagedSave({ dom: w.beta }), beta('managedSave')],
  ['destroying gracefully what does not run', () => c.domainDestroyFlags({ dom: w.beta, flags: 1 }), beta('destroyFlags', 1)],
  ['measuring what does not run', () => c.domainStartDirtyRateCalc({ dom: w.beta, seconds: 1 }), beta('startDirtyRateCalc', 1)],
  ['attaching what is no device', () => c.domainAttachDeviceFlags({ dom: w.alpha, xml: '<abacus/>', flags: 1 }), alpha('attachDeviceFlags', '<abacus/>', 1)],
  ['detaching a disk that is not there', () => c.domainDetachDeviceFlags({ dom: w.alpha, xml: MISSING_DISK, flags: 1 }), alpha('detachDeviceFlags', MISSING_DISK, 1)],
  ['changing a disk that is not there', () => c.domainUpdateDeviceFlags({ dom: w.alpha, xml: MISSING_DISK, flags: 1 }), alpha('updateDeviceFlags', MISSING_DISK, 1)],
  ['limiting a disk that is not there', () => c.domainSetBlockIoTune({ dom: w.alpha, disk: 'vdz', params: [parameter.ullong('read_iops_sec', 1)] }), alpha('setBlockIoTune', 'vdz', { read_iops_sec: 1 })],
  ['committing a disk without backing', () => c.domainBlockCommit({ dom: w.alpha, disk: 'vda', bandwidth: 1, flags: 4 }), alpha('blockCommit', 'vda', null, null, 1, 4)],
  ['rebasing a disk that is not there', () => c.domainBlockRebase({ dom: w.alpha, path: 'vdz', base: '/missing', bandwidth: 3 }), alpha('blockRebase', 'vdz', '/missing', 3)],
  ['copying to what is no disk', () => c.domainBlockCopy({ dom: w.alpha, path: 'vda', destxml: '<odd/>', params: [parameter.ullong('bandwidth', 1)] }), alpha('blockCopy', 'vda', '<odd/>', { bandwidth: 1 })],
  ['the speed of no block job', () => c.domainBlockJobSetSpeed({ dom: w.alpha, path: 'vda', bandwidth: 9 }), alpha('blockJobSetSpeed', 'vda', 9)],
  ['aborting no job, with flags', () => c.domainAbortJobFlags({ dom: w.alpha, flags: 1 }), alpha('abortJobFlags', 1)],
  ['post-copy without a migration', () => c.domainMigrateStartPostCopy({ dom: w.alpha }), alpha('migrateStartPostCopy')],
  ['a backup of unknown mode', () => c.domainBackupBegin({ dom: w.alpha, backupXML: '<domainbackup mode="odd"/>' }), alpha('backupBegin', '<domainbackup mode="odd"/>', null)],
  ['migrating to nowhere', () => c.domainMigrateToURI3({ dom: w.alpha, dconnuri: 'qemu+tcp://127.0.0.1:1/system', flags: 1 | 2 }), alpha('migrateToURI3', 'qemu+tcp://127.0.0.1:1/system', {}, 1 | 2)],
  ['sources of pools that have none', () => c.connectFindStoragePoolSources({ type: 'dir' }), conn('findStoragePoolSources', 'dir', null)],
  ['a domain from a command line', () => c.connectDomainXMLFromNative({ nativeFormat: 'qemu-argv', nativeConfig: 'qemu' }), conn('domainXMLFromNative', 'qemu-argv', 'qemu')],
  ['copying a volume over another', () => c.storageVolCreateXMLFrom({ pool: w.pool, xml: '<volume><name>data.raw</name><capacity>1</capacity></volume>', clonevol: w.disk }), pool('createXMLFrom', '<volume><name>data.raw</name><capacity>1</capacity></volume>', handle('volume', POOL, 'first.qcow2'))],
  ['wiping with unknown flags', () => c.storageVolWipe({ vol: w.data, flags: 64 }), data('wipe', 64)],
  ['a pool without XML', () => c.storagePoolCreateXML({ xml: '<pool/>' }), conn('storagePoolCreateXML', '<pool/>')],
  ['a network made of no XML', () => c.networkCreateXML({ xml: 'network' }), conn('networkCreateXML', 'network')],
  ['the agent where none is', () => c.qemuDomainAgentCommand({ dom: w.beta, cmd: '{"execute":"guest-ping"}' }), special('agent', handle('domain', BETA), '{"execute":"guest-ping"}', -1, 0)],
  ['the scheduler without cgroups', () => c.domainGetSchedulerType({ dom: w.alpha }), alpha('schedulerType')],
  ['more vCPUs than there may be', () => c.domainSetVcpusFlags({ dom: w.beta, nvcpus: 99, flags: 2 }), beta('setVcpusFlags', 99, 2)],
  ['memory of a size that cannot be', () => c.domainMemoryPeek({ dom: w.alpha, offset: 0, size: 16, flags: 3 }), alpha('memoryPeek', 0, 16, 3)],
  ['a snapshot beside checkpoints', () => c.domainSnapshotCreateXML({ dom: w.alpha, xmlDesc: '<domainsnapshot/>' }), alpha('snapshotCreateXML', '<domainsnapshot/>')],
  ['undefining what has a snapshot', () => c.domainUndefine({ dom: w.beta }), beta('undefine')],
  ['starting an idle pool that has no folder', () => c.storagePoolCreate({ pool: w.idlePool }), idlePool('create')],
  ['refreshing an idle pool', () => c.storagePoolRefresh({ pool: w.idlePool }), idlePool('refresh')],
  ['stopping an idle pool', () => c.storagePoolDestroy({ pool: w.idlePool }), idlePool('destroy')],
  ['undefining an active pool', () => c.storagePoolUndefine({ pool: w.pool }), pool('undefine')],
  ['stopping an inactive network', () => c.networkDestroy({ net: w.network }), network('destroy')],
  ['shrinking a volume', () => c.storageVolResize({ vol: w.disk, capacity: 4096 }), disk('resize', 4096)],
  ['the monitor with words that are no JSON', () => c.qemuDomainMonitorCommand({ dom: w.alpha, cmd: 'not json' }), special('monitor', handle('domain', ALPHA), 'not json', 0)],
  ['a CPU that is not known', () => c.connectCompareCPU({ xml: '<cpu><arch>x86_64</arch><model>abacus</model></cpu>' }), conn('compareCPU', '<cpu><arch>x86_64</arch><model>abacus</model></cpu>')],
  ['no CPU for a baseline', () => c.connectBaselineCPU({ xmlCPUs: ['<cpu/>', '<odd/>'] }), conn('baselineCPU', ['<cpu/>', '<odd/>'])],
  ['capabilities of an unknown machine', () => c.connectGetDomainCapabilities({ machine: 'abacus' }), conn('getDomainCapabilities', null, null, 'abacus')],
  ['CPU models of an unknown architecture', () => c.connectGetCPUModelNames({ arch: 'abacus' }), conn('getCPUModelNames', 'abacus')],
  ['a native format that is not known', () => c.connectDomainXMLToNative({ nativeFormat: 'abacus', domainXML: NATIVE_XML }), conn('domainXMLToNative', 'abacus', NATIVE_XML)],
  ['statistics of a CPU that is not there', () => c.nodeGetCPUStats({ cpuNum: 4096 }), conn('getCPUStats', 4096)],
  ['changing what is open for reading', () => readOnly.domainDestroy({ dom: w.alpha }), on('readonly-domain', ALPHA)('destroy')],
  ['secrets of XML for a reader only', () => readOnly.domainGetXMLDesc({ dom: w.alpha, flags: 1 }), on('readonly-domain', ALPHA)('XMLDesc', 1)],
  ['the value of a secret for a reader only', () => readOnly.secretGetValue({ secret: w.secret }), on('readonly-secret', SECRET_UUID)('value')],
  ['a domain that has gone', () => c.domainGetXMLDesc({ dom: ghosts.domain }), ghost('XMLDesc')],
  ['starting a domain that has gone', () => c.domainCreate({ dom: ghosts.domain }), ghost('create')],
  ['a network that has gone', () => c.networkGetXMLDesc({ net: ghosts.network }), on('network', GHOST)('XMLDesc')],
  ['a pool that has gone', () => c.storagePoolGetInfo({ pool: ghosts.pool }), on('pool', GHOST)('info')],
  ['a volume that has gone', () => c.storageVolGetInfo({ vol: ghosts.volume }), on('volume', POOL, GHOST)('info')],
  ['a secret that has gone', () => c.secretGetXMLDesc({ secret: ghosts.secret }), on('secret', GHOST_SECRET_UUID)('XMLDesc')],
];

beforeAll(async () => {
  c = await connect(uri);
  readOnly = await connect(uri, { readOnly: true });
  peer = Peer.start(uri);
  await clear(c);
  w = await prepare(c);
  ghosts = await summon(c, w.pool);
  for (const key of [
    ['domain', GHOST],
    ['network', GHOST],
    ['pool', GHOST],
    ['volume', POOL, GHOST],
    ['secret', GHOST_SECRET_UUID],
  ] satisfies Handle[]) {
    await peer.hold(key);
  }
  await exorcise(c, ghosts);
}, 120_000);

afterAll(async () => {
  await peer?.stop();
  await readOnly?.close();
  await clear(c);
  await c.close();
}, 60_000);

/** Our answer before the peer's and after it. When they differ, the host has changed meanwhile, and all is asked again. */
async function compare(ours: () => Promise<unknown>, call: Theirs): Promise<{ theirs: object; differing: string[] }> {
  let differing: string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await outcomeOf(ours());
    const answer = await peer.ask(call);
    const after = await outcomeOf(ours());
    differing = differences(call.comparison, before, answer, after);
    const held = differences(call.comparison === 'near' ? 'near' : 'same', before, after, after).length === 0;
    if (differing.length === 0 || (held && call.comparison !== 'near')) return { theirs: answer, differing };
  }
  return { theirs: {}, differing: [`no answer held still in ${ATTEMPTS} attempts`, ...differing] };
}

describe(`our client and libvirt-python at ${HOST}`, () => {
  it(`are compared in at least ${ROWS_MIN} calls, and no two rows are called the same`, () => {
    const rows = [...answers, ...refusals];
    expect(rows.length).toBeGreaterThanOrEqual(ROWS_MIN);
    expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length);
  });

  it.each(answers)('answer alike: %s', async (_name, ours, call) => {
    const { theirs: answer, differing } = await compare(ours, call);
    expect(differing).toEqual([]);
    expect(answer).toHaveProperty('value');
  });

  it.each(refusals)('are refused alike: %s', async (_name, ours, call) => {
    const { theirs: answer, differing } = await compare(ours, call);
    expect(differing).toEqual([]);
    expect(answer).toHaveProperty('error');
  });

  it('read what was written', async () => {
    expect(Buffer.from(await c.domainBlockPeek({ dom: w.alpha, path: DATA_PATH, offset: 0, size: DATA.length }))).toEqual(DATA);
  });
});
