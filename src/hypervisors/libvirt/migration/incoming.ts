import { ErrorNumber, type Libvirt, type StoragePool, type StorageVol } from 'node-libvirt';
import type { Storage } from '../../hypervisor.js';
import { noSpace, refused, unless } from './failures.js';
import { escaped, type Folders } from './folders.js';
import type { MovedDisk } from './moved-disks.js';

/** Disks that are about to be at a host, or were to be. */
export interface Incoming {
  readonly id: string;
  readonly host: string;
  readonly libvirt: Libvirt;
  readonly disks: readonly MovedDisk[];
}

export interface Sized extends MovedDisk {
  /** Size as the guest sees it. */
  readonly sizeBytes: number;
  /** What of it is in use at the source. */
  readonly usedBytes: number;
}

/**
 * Makes an empty file for each disk, of the same size and format.
 *
 * Beside them it puts a marker, before the first one: it proves to every later process that files of this VM in the folder
 * were made for a move that has not ended well, and since when, which libvirt tells of no disk, as disks are written to.
 * Nothing that was there before is touched unless `replaces` says so, and never what another VM of the host uses.
 * Rejects with `migration-refused` and `no-space`; then nothing new is there.
 */
export async function prepare(
  folders: Folders,
  incoming: Omit<Incoming, 'disks'> & { readonly disks: readonly Sized[]; readonly replaces: Storage['replaces'] },
): Promise<void> {
  for (const [path, disks] of byFolder(incoming.disks)) {
    await folders.use({ host: incoming.host, libvirt: incoming.libvirt, path }, async (pool) => {
      const inTheWay = await present(incoming.libvirt, pool, disks);
      await requireReplaceable(incoming, pool, inTheWay);
      await requireSpace(incoming, pool, disks);
      await mark(incoming, pool);
      for (const { vol } of inTheWay) {
        await incoming.libvirt.storageVolDelete({ vol });
      }
      for (const disk of disks) {
        await incoming.libvirt.storageVolCreateXML({ pool, xml: volumeXml(disk) });
      }
    });
  }
}

/** Removes what `prepare` has made, also for a process that was killed. Files without its marker stay. */
export async function discard(folders: Folders, { id, host, libvirt, disks }: Incoming): Promise<void> {
  for (const [path, own] of byFolder(disks)) {
    await folders.use({ host, libvirt, path }, async (pool) => {
      const marker = await volume(libvirt, pool, markerOf(id));
      if (marker === undefined) {
        return;
      }
      for (const { vol, disk } of await present(libvirt, pool, own)) {
        if ((await userOf(libvirt, disk.path, id)) === undefined) {
          await libvirt.storageVolDelete({ vol });
        }
      }
      await libvirt.storageVolDelete({ vol: marker });
    });
  }
}

/** The disks have arrived: they are the VM's own from now on. */
export async function keep(folders: Folders, { id, host, libvirt, disks }: Incoming): Promise<void> {
  for (const [path] of byFolder(disks)) {
    await folders.useBriefly({ host, libvirt, path }, async (pool) => {
      const marker = await volume(libvirt, pool, markerOf(id));
      if (marker !== undefined) {
        await libvirt.storageVolDelete({ vol: marker });
      }
    });
  }
}

async function requireReplaceable(
  { id, host, libvirt, replaces }: Omit<Incoming, 'disks'> & { readonly replaces: Storage['replaces'] },
  pool: StoragePool,
  inTheWay: readonly { readonly disk: MovedDisk }[],
): Promise<void> {
  const [first] = inTheWay;
  if (first === undefined) {
    return;
  }
  const marker = await volume(libvirt, pool, markerOf(id));
  const isOfThisMove =
    marker !== undefined && replaces !== undefined && (await madeAt(libvirt, marker)) >= replaces.since;
  if (!isOfThisMove && replaces?.stale !== true) {
    throw refused(
      `${host} has a file ${first.disk.path} already, where its disk ${first.disk.target} would be written`,
      `see whose it is; move or remove it on ${host}, then try again`,
    );
  }
  for (const { disk } of inTheWay) {
    const user = await userOf(libvirt, disk.path, id);
    if (user !== undefined) {
      throw refused(
        `the VM ${user} on ${host} uses ${disk.path}, where its disk ${disk.target} would be written`,
        `give one of the two disks another name`,
      );
    }
  }
}

/** Another VM of the host that names the file in its definition, be it as the base of an overlay. */
async function userOf(libvirt: Libvirt, path: string, id: string): Promise<string | undefined> {
  for (const dom of await libvirt.connectListAllDomains({ flags: 0 })) {
    if (dom.uuid !== id && (await libvirt.domainGetXMLDesc({ dom })).includes(`'${escaped(path)}'`)) {
      return dom.name;
    }
  }
  return undefined;
}

async function requireSpace(
  { host, libvirt }: Omit<Incoming, 'disks'>,
  pool: StoragePool,
  disks: readonly Sized[],
): Promise<void> {
  const { available } = await libvirt.storagePoolGetInfo({ pool });
  const needed = disks.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  if (needed > available) {
    const [first] = disks;
    throw noSpace(`${host} has ${available} bytes free in ${first?.folder}, and its disks have ${needed}`);
  }
}

async function mark({ id, libvirt }: Omit<Incoming, 'disks'>, pool: StoragePool): Promise<void> {
  const old = await volume(libvirt, pool, markerOf(id));
  if (old !== undefined) {
    await libvirt.storageVolDelete({ vol: old });
  }
  const xml = `<volume><name>${markerOf(id)}</name><capacity>0</capacity><target><format type="raw"/></target></volume>`;
  await libvirt.storageVolCreateXML({ pool, xml });
}

const markerOf = (id: string): string => `lifeboat-${id}.incoming`;

/** When a file was last written, ms since the epoch. */
async function madeAt(libvirt: Libvirt, vol: StorageVol): Promise<number> {
  const xml = await libvirt.storageVolGetXMLDesc({ vol });
  return Number(/<mtime>([\d.]+)<\/mtime>/.exec(xml)?.[1] ?? 0) * 1000;
}

async function present(
  libvirt: Libvirt,
  pool: StoragePool,
  disks: readonly MovedDisk[],
): Promise<readonly { readonly disk: MovedDisk; readonly vol: StorageVol }[]> {
  const found = await Promise.all(disks.map(async (disk) => ({ disk, vol: await volume(libvirt, pool, disk.file) })));
  return found.flatMap(({ disk, vol }) => (vol === undefined ? [] : [{ disk, vol }]));
}

function volume(libvirt: Libvirt, pool: StoragePool, name: string): Promise<StorageVol | undefined> {
  return unless(ErrorNumber.NO_STORAGE_VOL, libvirt.storageVolLookupByName({ pool, name }));
}

function byFolder<Disk extends MovedDisk>(disks: readonly Disk[]): ReadonlyMap<string, readonly Disk[]> {
  const groups = new Map<string, Disk[]>();
  for (const disk of disks) {
    groups.set(disk.folder, [...(groups.get(disk.folder) ?? []), disk]);
  }
  return groups;
}

function volumeXml({ file, format, sizeBytes }: Sized): string {
  const compat = format === 'qcow2' ? '<compat>1.1</compat>' : '';
  return `<volume><name>${escaped(file)}</name><capacity>${sizeBytes}</capacity><allocation>0</allocation><target><format type="${format}"/>${compat}</target></volume>`;
}
