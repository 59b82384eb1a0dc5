import { createHash } from 'node:crypto';
import {
  ConnectListAllStoragePoolsFlags,
  ErrorNumber,
  type Libvirt,
  LibvirtError,
  NodeLibvirtError,
  type StoragePool,
} from 'node-libvirt';
import { isError, refused, unless } from './failures.js';

/** A folder of a host, as libvirt reaches it. */
export interface Folder {
  readonly host: string;
  readonly libvirt: Libvirt;
  readonly path: string;
}

/** Pools of ours are called so; one that a killed process has left is used and taken away like one's own. */
const prefix = 'lifeboat-';

interface Opened {
  readonly libvirt: Libvirt;
  readonly pool: StoragePool;
  readonly isOurs: boolean;
}

/** How often a pool may vanish under our hands, since another process has taken away what it took for its own. */
const mostAttempts = 5;

/**
 * Reaches the files in a host's folders by libvirt's storage pools. Where the host has no pool at the folder, or one that
 * is not started, there is one for as long as somebody in this process works in the folder, waits to, or holds it. They take
 * turns, as libvirt refuses to refresh a pool in which a file is being made.
 */
export class Folders {
  readonly #entries = new Map<string, Entry>();

  /**
   * Gives the work an up-to-date pool, and gives it once more when another process took the pool away meanwhile. Work in a
   * folder must not wait for work in another. Rejects with `migration-refused` when there is no such folder.
   */
  use<Answer>(folder: Folder, work: Work<Answer>): Promise<Answer> {
    return this.#inTurn(folder, { work, isBrief: false });
  }

  /** The same for work that takes a moment and needs no list of files that others have made: its turn comes first. */
  useBriefly<Answer>(folder: Folder, work: Work<Answer>): Promise<Answer> {
    return this.#inTurn(folder, { work, isBrief: true });
  }

  /** Whoever will work in the folder again spares others the wait for a new pool. To be released once. */
  hold(folder: Pick<Folder, 'host' | 'path'>): { readonly release: () => Promise<void> } {
    const entry = this.#entry(folder);
    entry.holders += 1;
    return {
      release: async () => {
        entry.holders -= 1;
        if (!entry.isBusy) {
          entry.isBusy = true;
          await closeUnused(entry);
          entry.isBusy = false;
          next(entry);
        }
      },
    };
  }

  #entry({ host, path }: Pick<Folder, 'host' | 'path'>): Entry {
    const key = `${host} ${path}`;
    const entry = this.#entries.get(key) ?? { waiting: [], isBusy: false, holders: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  #inTurn<Answer>(folder: Folder, { work, isBrief }: Wanted<Answer>): Promise<Answer> {
    const entry = this.#entry(folder);
    return new Promise((resolve, reject) => {
      const take = (): Promise<void> => takeTurn(entry, folder, { work, isBrief }).then(resolve, reject);
      entry.waiting.push({ take, isBrief });
      next(entry);
    });
  }
}

type Work<Answer> = (pool: StoragePool) => Promise<Answer>;

interface Wanted<Answer> {
  readonly work: Work<Answer>;
  readonly isBrief: boolean;
}

interface Entry {
  /** Those who wait to work in it. */
  readonly waiting: { readonly take: () => Promise<void>; readonly isBrief: boolean }[];
  /** Somebody works in it, or its pool is being taken away. */
  isBusy: boolean;
  holders: number;
  opened?: Opened;
}

/** Lets the next one work, brief ones before the others. */
function next(entry: Entry): void {
  if (entry.isBusy) {
    return;
  }
  const brief = entry.waiting.findIndex(({ isBrief }) => isBrief);
  const [turn] = entry.waiting.splice(Math.max(brief, 0), 1);
  if (turn === undefined) {
    return;
  }
  entry.isBusy = true;
  void turn.take().finally(() => {
    entry.isBusy = false;
    next(entry);
  });
}

async function takeTurn<Answer>(entry: Entry, folder: Folder, { work, isBrief }: Wanted<Answer>): Promise<Answer> {
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        // A pool that was just started knows its files.
        if (entry.opened === undefined) {
          entry.opened = await open(folder);
        } else if (!isBrief) {
          await folder.libvirt.storagePoolRefresh({ pool: entry.opened.pool });
        }
        return await work(entry.opened.pool);
      } catch (error) {
        if (!isVanished(error) || attempt >= mostAttempts) {
          throw error;
        }
        delete entry.opened;
      }
    }
  } finally {
    await closeUnused(entry);
  }
}

/** Takes the pool away when nobody needs it any more. */
async function closeUnused(entry: Entry): Promise<void> {
  const { opened } = entry;
  if (opened === undefined || entry.waiting.length > 0 || entry.holders > 0) {
    return;
  }
  delete entry.opened;
  await close(opened);
}

/** The pool is gone, or there and not started. */
function isVanished(error: unknown): boolean {
  return isError(error, ErrorNumber.NO_STORAGE_POOL) || isError(error, ErrorNumber.OPERATION_INVALID);
}

/** A pool at the folder that knows its files. */
async function open({ host, libvirt, path }: Folder): Promise<Opened> {
  const active = await unless(ErrorNumber.NO_STORAGE_POOL, libvirt.storagePoolLookupByTargetPath({ path }));
  if (active !== undefined) {
    await libvirt.storagePoolRefresh({ pool: active });
    return { libvirt, pool: active, isOurs: active.name.startsWith(prefix) };
  }
  const idle = await idlePool(libvirt, path);
  if (idle !== undefined) {
    await libvirt.storagePoolCreate({ pool: idle });
    return { libvirt, pool: idle, isOurs: true };
  }
  const name = `${prefix}${createHash('sha256').update(path).digest('hex').slice(0, 12)}`;
  const xml = `<pool type="dir"><name>${name}</name><target><path>${escaped(path)}</path></target></pool>`;
  try {
    return { libvirt, pool: await libvirt.storagePoolCreateXML({ xml }), isOurs: true };
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

async function close({ libvirt, pool, isOurs }: Opened): Promise<void> {
  if (!isOurs) {
    return;
  }
  try {
    await libvirt.storagePoolDestroy({ pool });
  } catch (error) {
    // Another process has taken it away already, or works in it and takes it away; or the host is gone, and whoever works in
    // the folder next takes it away.
    if (!(error instanceof NodeLibvirtError)) {
      throw error;
    }
  }
}

/** Text as XML has it. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
