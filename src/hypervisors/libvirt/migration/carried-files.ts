import { type Domain, DomainXMLFlags, ErrorNumber, type Libvirt } from 'node-libvirt';
import { FailureError } from '../../../model/failure.js';
import type { Carrying } from '../../hypervisor.js';
import { refused, unless } from './failures.js';
import { copyImage, type ImageFacts, imageFacts } from './image-copy.js';
import { prepare, type Sized } from './incoming.js';
import { hasEmulatedTpm, type MovedDisk, movedDisks, settingsFile } from './moved-disks.js';
import { ask, type Caller, type Tools } from './tools.js';

/** A file of the VM, with what is known of it before it is copied. */
export interface Known extends MovedDisk {
  readonly facts: ImageFacts;
}

/** The files that go with the VM. Rejects with `migration-refused` where something of it cannot go. */
export async function filesOf(
  tools: Tools,
  carrying: Carrying,
  { dom, signal }: { readonly dom: Domain; readonly signal: AbortSignal },
): Promise<readonly Known[]> {
  const { source: host } = carrying;
  return await ask(tools, { host, what: 'describe its disks', purpose: 'work', signal }, async (libvirt) => {
    if (await libvirt.domainHasManagedSaveImage({ dom })) {
      throw refused(
        `${dom.name} has its memory saved on ${host}, which would be lost`,
        'start it and shut it down, or migrate it',
      );
    }
    const xml = await libvirt.domainGetXMLDesc({ dom, flags: DomainXMLFlags.INACTIVE | DomainXMLFlags.SECURE });
    if (hasEmulatedTpm(xml)) {
      throw refused(
        `${dom.name} has an emulated TPM, whose state libvirt gives to nobody`,
        `copy /var/lib/libvirt/swtpm/${dom.uuid} by hand, or migrate it while it runs`,
      );
    }
    const settings = carrying.copyStorage === 'all' ? settingsFile(xml) : undefined;
    const known: Known[] = [];
    for (const file of [...movedDisks(xml, carrying), ...(settings === undefined ? [] : [settings])]) {
      const facts = await factsOf(tools, { host, libvirt, file });
      // libvirt makes the settings when the VM is first started.
      if (facts === undefined && file.target !== 'nvram') {
        throw refused(`${host} has no file ${file.path}, its disk ${file.target}`, 'see where the disk has gone');
      }
      if (facts?.backing !== undefined) {
        throw refused(
          `its disk ${file.target} is an overlay over ${facts.backing}`,
          'make one image of it with `virsh blockcommit` or `qemu-img rebase`, or migrate it while it runs',
        );
      }
      known.push(...(facts === undefined ? [] : [{ ...file, facts }]));
    }
    return known;
  });
}

function factsOf(
  { folders }: Tools,
  { host, libvirt, file }: { readonly host: string; readonly libvirt: Libvirt; readonly file: MovedDisk },
): Promise<ImageFacts | undefined> {
  return folders.use({ host, libvirt, path: file.folder }, async (pool) => {
    const vol = await unless(ErrorNumber.NO_STORAGE_VOL, libvirt.storageVolLookupByName({ pool, name: file.file }));
    return vol === undefined ? undefined : await imageFacts(libvirt, vol);
  });
}

/**
 * Copies the files one after the other, and resolves when all are at the target, as long as at the source, and the VM was
 * not started meanwhile. Gives the bytes that were sent.
 */
export async function copyAll(
  tools: Tools,
  { id, source, target, replaces, bytesPerSecond }: Carrying,
  { files, caller }: { readonly files: readonly Known[]; readonly caller: Caller },
): Promise<number> {
  const { signal, report } = caller;
  if (files.length === 0) {
    return 0;
  }
  // The files' bytes come as they are, header and all: what is made for them is empty and has no format.
  const empty: readonly Sized[] = files.map((file) => ({
    ...file,
    format: 'raw',
    sizeBytes: 0,
    usedBytes: file.facts.usedBytes,
  }));
  await ask(tools, { host: target, what: 'make room for its disks', purpose: 'work', signal }, (libvirt) =>
    prepare(tools.folders, { id, host: target, libvirt, disks: empty, replaces }),
  );
  const totalBytes = files.reduce((sum, { facts }) => sum + facts.lengthBytes, 0);
  const since = tools.now();
  let doneBytes = 0;
  let sentBytes = 0;
  for (const file of files) {
    const copy = {
      source,
      target,
      path: file.path,
      signal,
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
      report: (bytes: { readonly file: number; readonly sent: number }) => {
        doneBytes += bytes.file;
        sentBytes += bytes.sent;
        const rate = (sentBytes * 1_000) / Math.max(1, tools.now() - since);
        report({ doneBytes, totalBytes, bytesPerSecond: rate, phase: 'disks' });
      },
    };
    await inBothFolders(tools, { source, target, file, signal }, async () => await copyImage(tools, copy));
    await requireSame(tools, { source, target, file, signal });
  }
  return sentBytes;
}

interface Between {
  readonly source: string;
  readonly target: string;
  readonly file: Known;
  readonly signal: AbortSignal;
}

/** The copy is as long as its original, and the original is as it was when the copy began. */
async function requireSame(tools: Tools, { source, target, file, signal }: Between): Promise<void> {
  const [now, copied] = await Promise.all(
    [source, target].map((host) =>
      ask(tools, { host, what: `look at ${file.path}`, purpose: 'work', signal }, (libvirt) =>
        factsOf(tools, { host, libvirt, file }),
      ),
    ),
  );
  if (now?.writtenAt !== file.facts.writtenAt || copied?.lengthBytes !== file.facts.lengthBytes) {
    throw new FailureError({
      code: 'vm-running',
      kind: 'precondition',
      message: `${file.path} was written to on ${source} while it was copied to ${target}`,
      hint: 'see what uses the disk; shut the VM down, and carry it again',
    });
  }
}

async function inBothFolders(
  tools: Tools,
  { source, target, file, signal }: Between,
  work: () => Promise<void>,
): Promise<void> {
  const path = file.folder;
  await ask(tools, { host: source, what: 'open its folder', purpose: 'work', signal }, (from) =>
    tools.folders.use({ host: source, libvirt: from, path }, () =>
      ask(tools, { host: target, what: 'open its folder', purpose: 'work', signal }, (to) =>
        tools.folders.use({ host: target, libvirt: to, path }, work),
      ),
    ),
  );
}
