import { randomUUID } from 'node:crypto';
import { ErrorNumber, type Libvirt, LibvirtError } from 'node-libvirt';
import { FailureError } from '../../../model/failure.js';
import type { Folders } from '../migration/folders.js';

interface Side {
  readonly host: string;
  readonly libvirt: Libvirt;
}

/**
 * Which of these folders both hosts have as one: a file of a name that nobody else uses is made in it at the source, looked
 * for at the target, and removed. Two files that only look alike are so never taken for one. A folder that a host does not
 * have, or that libvirt may not use, is none.
 */
export async function sharedFolders(
  folders: Folders,
  { source, target, paths }: { readonly source: Side; readonly target: Side; readonly paths: readonly string[] },
): Promise<ReadonlySet<string>> {
  const seen = await Promise.all(paths.map((path) => isShared(folders, { source, target, path })));
  return new Set(paths.filter((_, index) => seen[index]));
}

async function isShared(
  folders: Folders,
  { source, target, path }: { readonly source: Side; readonly target: Side; readonly path: string },
): Promise<boolean> {
  const name = `lifeboat-${randomUUID()}.look`;
  const xml = `<volume><name>${name}</name><capacity>0</capacity><target><format type="raw"/></target></volume>`;
  try {
    await folders.use({ ...source, path }, (pool) => source.libvirt.storageVolCreateXML({ pool, xml }));
    try {
      return await folders.use({ ...target, path }, (pool) => isThere(target.libvirt, pool, name));
    } finally {
      await folders.use({ ...source, path }, async (pool) => {
        await source.libvirt.storageVolDelete({ vol: await source.libvirt.storageVolLookupByName({ pool, name }) });
      });
    }
  } catch (error) {
    if (error instanceof LibvirtError || (error instanceof FailureError && error.failure.kind === 'precondition')) {
      return false;
    }
    throw error;
  }
}

async function isThere(libvirt: Libvirt, pool: Parameters<Libvirt['storagePoolRefresh']>[0]['pool'], name: string) {
  try {
    await libvirt.storageVolLookupByName({ pool, name });
    return true;
  } catch (error) {
    if (error instanceof LibvirtError && error.number === ErrorNumber.NO_STORAGE_VOL) {
      return false;
    }
    throw error;
  }
}
