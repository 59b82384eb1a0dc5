/** What the differential test asks about: objects of every kind with unusual content, on one host of the lab. */
import {
  type Domain,
  type DomainCheckpoint,
  DomainCreateFlags,
  DomainQemuMonitorCommandFlags,
  type DomainSnapshot,
  DomainUndefineFlags,
  type Libvirt,
  type Network,
  type Secret,
  type StoragePool,
  type StorageVol,
} from 'node-libvirt';

/** Every name that the test gives begins so, and cleaning up goes by it. */
export const PREFIX = 'differential-';
/** Runs, paused at its first instruction, so that as little as can be moves by itself. */
export const ALPHA = `${PREFIX}älpha-日本`;
/** Defined, not running. */
export const BETA = `${PREFIX}beta & <co> 'quoted'`;
/** Objects of this name have gone; both clients keep a handle of them. */
export const GHOST = `${PREFIX}ghost`;
export const NETWORK = `${PREFIX}net`;
export const POOL = `${PREFIX}pool`;
export const IDLE_POOL = `${PREFIX}idle`;
export const SECRET_USAGE = `${PREFIX}usage/ключ`;
export const NOTE_URI = 'https://lifeboat.example/differential';
const POOL_PATH = '/var/lib/libvirt/images/differential';
/** Two more names for the disks, as libvirt knows them by path. */
export const DISK_PATH = `${POOL_PATH}/first.qcow2`;
export const DATA_PATH = `${POOL_PATH}/data.raw`;
export const DATA = Buffer.from(
  'not a boot sector, but bytes that both clients must read alike: é, 日本, \0\x01\xff'.repeat(40),
);

/** The name of the network's bridge: it must fit in 15 bytes. */
const BRIDGE = 'differential0';
const UUID = {
  alpha: 'd1ff0000-0000-4000-8000-00000000000a',
  beta: 'd1ff0000-0000-4000-8000-00000000000b',
  secret: 'd1ff0000-0000-4000-8000-00000000000c',
  ghostSecret: 'd1ff0000-0000-4000-8000-00000000000d',
} as const;
export const SECRET_UUID = UUID.secret;
export const GHOST_SECRET_UUID = UUID.ghostSecret;

export interface World {
  readonly alpha: Domain;
  readonly beta: Domain;
  readonly network: Network;
  readonly pool: StoragePool;
  readonly idlePool: StoragePool;
  readonly disk: StorageVol;
  readonly data: StorageVol;
  readonly secret: Secret;
  readonly snapshot: DomainSnapshot;
  readonly checkpoints: readonly [DomainCheckpoint, DomainCheckpoint];
}

export interface Ghosts {
  readonly domain: Domain;
  readonly network: Network;
  readonly pool: StoragePool;
  readonly volume: StorageVol;
  readonly secret: Secret;
}

/** Makes all of it. Call {@link clear} before, since an earlier run may have been killed, and after, whatever happens. */
export async function prepare(host: Libvirt): Promise<World> {
  const pool = await host.storagePoolDefineXML({ xml: poolXml(POOL, POOL_PATH) });
  await host.storagePoolBuild({ pool });
  await host.storagePoolCreate({ pool });
  const idlePool = await host.storagePoolDefineXML({ xml: poolXml(IDLE_POOL, `${POOL_PATH}-idle`) });
  const disk = await createVolume(host, pool, 'first.qcow2', 'qcow2', 8);
  const data = await createVolume(host, pool, 'data.raw', 'raw', 1);
  await createVolume(host, pool, 'béta.qcow2', 'qcow2', 4);
  const { stream } = await host.storageVolUpload({ vol: data, length: DATA.length });
  await stream.write(DATA);
  await stream.finish();

  const network = await host.networkDefineXML({ xml: networkXml(NETWORK, BRIDGE) });
  const secret = await host.secretDefineXML({ xml: secretXml(UUID.secret, SECRET_USAGE) });
  await host.secretSetValue({ secret, value: Buffer.from([0, 1, 2, 0xff, 0xfe, 10, 13]) });

  const beta = await host.domainDefineXML({ xml: betaXml });
  await host.domainSetAutostart({ dom: beta, autostart: true });
  await host.domainSnapshotCreateXML({ dom: beta, xmlDesc: '<domainsnapshot><name>first</name></domainsnapshot>' });
  const snapshot = await host.domainSnapshotCreateXML({
    dom: beta,
    xmlDesc: '<domainsnapshot><name>sécond</name><description>&lt;b&gt; &amp; more</description></domainsnapshot>',
  });

  const defined = await host.domainDefineXML({ xml: alphaXml });
  await host.domainCreateWithFlags({ dom: defined, flags: DomainCreateFlags.START_PAUSED });
  const alpha = await host.domainLookupByName({ name: ALPHA });
  // The guest stands still, so that the monitor reads and writes in its place: each counter is to differ from the others.
  for (const words of ['aio_read 0 8192', 'aio_read 0 4096', 'aio_write 0 512', 'aio_flush']) {
    const cmd = `qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend "${words}"`;
    await host.qemuDomainMonitorCommand({ dom: alpha, cmd, flags: DomainQemuMonitorCommandFlags.HMP });
  }
  const checkpoint = (name: string): Promise<DomainCheckpoint> =>
    host.domainCheckpointCreateXML({
      dom: alpha,
      xmlDesc: `<domaincheckpoint><name>${name}</name><disks><disk name='vda' checkpoint='bitmap'/></disks></domaincheckpoint>`,
    });
  const checkpoints = [await checkpoint('first'), await checkpoint('second')] as const;
  return { alpha, beta, network, pool, idlePool, disk, data, secret, snapshot, checkpoints };
}

/** Makes one object of each kind; `exorcise` removes them again, once both clients hold them. */
export async function summon(host: Libvirt, pool: StoragePool): Promise<Ghosts> {
  return {
    domain: await host.domainDefineXML({ xml: domainXml({ name: GHOST }) }),
    network: await host.networkDefineXML({ xml: networkXml(GHOST, 'differential1') }),
    pool: await host.storagePoolDefineXML({ xml: poolXml(GHOST, `${POOL_PATH}-ghost`) }),
    volume: await createVolume(host, pool, GHOST, 'raw', 1),
    secret: await host.secretDefineXML({ xml: secretXml(UUID.ghostSecret, GHOST) }),
  };
}

export async function exorcise(host: Libvirt, ghosts: Ghosts): Promise<void> {
  await host.domainUndefine({ dom: ghosts.domain });
  await host.networkUndefine({ net: ghosts.network });
  await host.storagePoolUndefine({ pool: ghosts.pool });
  await host.storageVolDelete({ vol: ghosts.volume });
  await host.secretUndefine({ secret: ghosts.secret });
}

/** Removes whatever the test made on this host, however far it came. Safe to call at any time. */
export async function clear(host: Libvirt): Promise<void> {
  const ours = <T extends { readonly name: string }>(items: readonly T[]): T[] =>
    items.filter(({ name }) => name.startsWith(PREFIX));
  for (const dom of ours(await host.connectListAllDomains())) {
    if (await host.domainIsActive({ dom })) await host.domainDestroy({ dom });
    await host.domainUndefineFlags({
      dom,
      flags: DomainUndefineFlags.SNAPSHOTS_METADATA | DomainUndefineFlags.CHECKPOINTS_METADATA,
    });
  }
  for (const pool of ours(await host.connectListAllStoragePools())) {
    if (await host.storagePoolIsActive({ pool })) await empty(host, pool);
    await host.storagePoolUndefine({ pool });
  }
  for (const net of ours(await host.connectListAllNetworks())) await host.networkUndefine({ net });
  for (const secret of await host.connectListAllSecrets()) {
    if (secret.usageID.startsWith(PREFIX)) await host.secretUndefine({ secret });
  }
}

async function empty(host: Libvirt, pool: StoragePool): Promise<void> {
  // The running domain's console has become a file here that the pool does not know yet.
  await host.storagePoolRefresh({ pool });
  for (const vol of await host.storagePoolListAllVolumes({ pool })) await host.storageVolDelete({ vol });
  await host.storagePoolDestroy({ pool });
  await host.storagePoolDelete({ pool });
}

function createVolume(
  host: Libvirt,
  pool: StoragePool,
  ...[name, format, mebibytes]: [name: string, format: string, mebibytes: number]
): Promise<StorageVol> {
  const xml = `<volume><name>${name}</name><capacity unit='MiB'>${mebibytes}</capacity><allocation>0</allocation>
    <target><format type='${format}'/>${format === 'qcow2' ? '<compat>1.1</compat>' : ''}<permissions><mode>0640</mode></permissions></target></volume>`;
  return host.storageVolCreateXML({ pool, xml });
}

const poolXml = (name: string, path: string): string =>
  `<pool type='dir'><name>${name}</name><target><path>${path}</path></target></pool>`;

const networkXml = (name: string, bridge: string): string =>
  `<network><name>${name}</name><bridge name='${bridge}' stp='on' delay='0'/><domain name='differential.example'/>
    <ip address='192.168.177.1' netmask='255.255.255.0'><dhcp><range start='192.168.177.10' end='192.168.177.20'/>
    <host mac='52:54:00:d1:ff:01' name='alpha' ip='192.168.177.10'/></dhcp></ip></network>`;

const secretXml = (uuid: string, usage: string): string =>
  `<secret ephemeral='no' private='no'><uuid>${uuid}</uuid><description>Schlüssel &amp; Siegel</description>
    <usage type='ceph'><name>${usage}</name></usage></secret>`;

/** A domain that needs no KVM. Text comes escaped. */
export const domainXml = ({
  name,
  head = '',
  devices = '',
}: {
  name: string;
  head?: string;
  devices?: string;
}): string =>
  `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory>${head}
    <os><type arch='x86_64' machine='q35'>hvm</type></os><devices>${devices}</devices></domain>`;

const fileDisk = (file: string, format: string, target: string, more = ''): string =>
  `<disk type='file' device='disk'><driver name='qemu' type='${format}'/><source file='${POOL_PATH}/${file}'/>
    <target dev='${target}'/>${more}</disk>`;

const alphaXml = domainXml({
  name: ALPHA,
  head: `<uuid>${UUID.alpha}</uuid><title>Ein Titel: 日本語 &amp; “quotes” 🛟</title>
    <description>Zwei Zeilen,
      &lt;mit&gt; Zeichen, die XML nicht mag: &amp;amp; ]]&gt;</description>
    <metadata><d:note xmlns:d='${NOTE_URI}' importance='höchst'>Ä &amp; Ö<d:empty/></d:note></metadata>
    <currentMemory unit='MiB'>48</currentMemory><vcpu current='2'>3</vcpu><iothreads>1</iothreads>
    <cpu mode='custom'><model>qemu64</model></cpu><features><acpi/></features>`,
  devices: `
    ${fileDisk('first.qcow2', 'qcow2', 'vda', '<serial>WD-a 1</serial><iotune><total_bytes_sec>10485760</total_bytes_sec><write_iops_sec_max>500</write_iops_sec_max><write_iops_sec>250</write_iops_sec></iotune>')}
    ${fileDisk('data.raw', 'raw', 'sdb', '<readonly/>')}
    <interface type='bridge'><mac address='52:54:00:d1:ff:01'/><source bridge='br-prod'/><target dev='differential-a'/>
      <model type='virtio'/></interface>
    <serial type='file'><source path='${POOL_PATH}/console.log'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <video><model type='vga'/></video>`,
});

const betaXml = domainXml({
  name: BETA.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
  head: `<uuid>${UUID.beta}</uuid><vcpu>2</vcpu><memtune><hard_limit unit='KiB'>524288</hard_limit></memtune>
    <blkiotune><weight>321</weight></blkiotune>`,
  devices: fileDisk('béta.qcow2', 'qcow2', 'vda'),
});
