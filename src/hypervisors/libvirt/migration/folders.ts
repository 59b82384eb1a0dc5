import { createHash } from 'node:crypto';
import {
  ConnectListAllStoragePoolsFlags,
  ErrorNumber,
  type Libvirt,
  LibvirtError,
  type StoragePool,
} from 'node-libvirt';
import { refused, unless } from './failures.js';

/** A folder of a host, as libvirt reaches it. */
export interface Folder {
  readonly host: string;
  readonly libvirt: Libvirt;
  readonly path: string;
}

/** Pools of ours are called so; one that a killed process has left is used and taken away like one's own. */
const prefix = 'lifeboat-';

interface Opened {
  readonly pool: StoragePool;
  readonly isOurs: boolean;
}

/**
 * Reaches the files in a host's folders by libvirt's storage pools. Where the host has no pool at the folder, or one that
 * is not started, there is one for as long as somebody in this process works in the folder.
 */
export class Folders {
  readonly #open = new Map<string, { users: number; readonly opened: Promise<Opened> }>();

  /** Gives the work an up-to-date pool. Rejects with `migration-refused` when there is no such folder. */
  async use<Answer>(folder: Folder, work: (pool: StoragePool) => Promise<Answer>): Promise<Answer> {
    const key = `${folder.host} ${folder.path}`;
    const entry = this.#open.get(key) ?? { users: 0, opened: open(folder) };
    this.#open.set(key, entry);
    entry.users += 1;
    try {
      const { pool } = await entry.opened;
      await folder.libvirt.storagePoolRefresh({ pool });
      return await work(pool);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) {
        this.#open.delete(key);
        await close(folder.libvirt, entry.opened);
      }
    }
  }
}

async function open({ host, libvirt, path }: Folder): Promise<Opened> {
  const active = await unless(ErrorNumber.NO_STORAGE_POOL, libvirt.storagePoolLookupByTargetPath({ path }));
  if (active !== undefined) {
    return { pool: active, isOurs: active.name.startsWith(prefix) };
  }
  const idle = await idlePool(libvirt, path);
  if (idle !== undefined) {
    await libvirt.storagePoolCreate({ pool: idle });
    return { pool: idle, isOurs: true };
  }
  const name = `${prefix}${createHash('sha256').update(path).digest('hex').slice(0, 12)}`;
  const xml = `<pool type="dir"><name>${name}</name><target><path>${escaped(path)}</path></target></pool>`;
  try {
    return { pool: await libvirt.storagePoolCreateXML({ xml }), isOurs: true };
  } catch (error) {
    throw error instanceof LibvirtError
      ? refused(
          `${host} cannot use its folder ${path}`,
          'make the folder there, and see that libvirt may use it',
          error,
        )
      : error;
  }
}

/** A pool that somebody has defined at the folder: libvirt allows no second one beside it. */
async function idlePool(libvirt: Libvirt, path: string): Promise<StoragePool | undefined> {
  const flags = ConnectListAllStoragePoolsFlags.INACTIVE | ConnectListAllStoragePoolsFlags.DIR;
  for (const pool of await libvirt.connectListAllStoragePools({ flags })) {
    const xml = await libvirt.storagePoolGetXMLDesc({ pool });
    if (xml.includes(`<path>${escaped(path)}</path>`)) {
      return pool;
    }
  }
  return undefined;
}

async function close(libvirt: Libvirt, opened: Promise<Opened>): Promise<void> {
  const known = await opened.catch(() => undefined);
  if (known?.isOurs === true) {
    // Another process may have taken it away already.
    await unless(ErrorNumber.NO_STORAGE_POOL, libvirt.storagePoolDestroy({ pool: known.pool }));
  }
}

/** Text as XML has it. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
