import { posix } from 'node:path';
import { DOMParser, type Element, XMLSerializer } from '@xmldom/xmldom';
import type { Storage } from '../../hypervisor.js';
import { refused } from './failures.js';

/** A disk whose content goes to the target with the VM. */
export interface MovedDisk {
  /** `vda` */
  readonly target: string;
  readonly path: string;
  readonly folder: string;
  readonly file: string;
  readonly format: 'qcow2' | 'raw';
}

/**
 * The disks that are to be copied whole: writable ones in files of their own that the target was not seen to have.
 * Media that are only read, and disks that the hosts reach over the network, are no part of a move.
 * Rejects with `migration-refused` where a disk is of a sort that is not copied.
 */
export function movedDisks(domainXml: string, { copyStorage, shared = [] }: Storage): readonly MovedDisk[] {
  return copyStorage === 'all'
    ? writableDisks(domainXml)
        .filter((disk) => !shared.includes(disk.target))
        .map(movedDisk)
    : [];
}

/** Targets of the disks that libvirt is told to copy: whole, or what lies above the replica. */
export function copiedTargets(domainXml: string, { copyStorage, shared = [] }: Storage): readonly string[] {
  return copyStorage === 'none'
    ? []
    : writableDisks(domainXml)
        .map(({ target }) => target)
        .filter((target) => !shared.includes(target));
}

interface WritableDisk {
  readonly target: string;
  readonly type: string;
  readonly path: string | undefined;
  readonly format: string;
  readonly isEncrypted: boolean;
}

function writableDisks(domainXml: string): readonly WritableDisk[] {
  return diskElements(parse(domainXml)).flatMap((disk) => {
    const type = disk.getAttribute('type') ?? '';
    const device = disk.getAttribute('device') ?? 'disk';
    const source = child(disk, 'source');
    const isLeftAlone =
      type === 'network' ||
      device !== 'disk' ||
      source === undefined ||
      has(disk, 'readonly') ||
      has(disk, 'shareable');
    return isLeftAlone
      ? []
      : [
          {
            target: targetOf(disk),
            type,
            path: source.getAttribute('file') ?? undefined,
            format: child(disk, 'driver')?.getAttribute('type') ?? 'raw',
            isEncrypted: has(source, 'encryption') || has(disk, 'encryption'),
          },
        ];
  });
}

function movedDisk({ target, type, path, format, isEncrypted }: WritableDisk): MovedDisk {
  if (type !== 'file' || path === undefined) {
    throw refused(
      `its disk ${target} is no file (type ${type})`,
      'put the disk where both hosts see it, or into a file',
    );
  }
  if (isEncrypted) {
    throw refused(`its disk ${target} is encrypted by QEMU`, 'put the disk where both hosts see it');
  }
  if (format !== 'qcow2' && format !== 'raw') {
    throw refused(`its disk ${target} has the format ${format}`, 'convert the disk to qcow2 or raw');
  }
  return { target, path, format, folder: posix.dirname(path), file: posix.basename(path) };
}

/** The file in which UEFI keeps its settings. A VM that runs takes it along in its memory; one that is shut off does not. */
export function settingsFile(domainXml: string): MovedDisk | undefined {
  const [os] = children(parse(domainXml), 'os');
  const path = os === undefined ? '' : (child(os, 'nvram')?.textContent?.trim() ?? '');
  return path === ''
    ? undefined
    : { target: 'nvram', format: 'raw', path, folder: posix.dirname(path), file: posix.basename(path) };
}

/** Whether libvirt keeps a TPM's state for the VM, in a folder of its own where nobody else reaches it. */
export function hasEmulatedTpm(domainXml: string): boolean {
  return children(parse(domainXml), 'devices')
    .flatMap((devices) => children(devices, 'tpm'))
    .some((tpm) => child(tpm, 'backend')?.getAttribute('type') === 'emulator');
}

/**
 * The definition as the target must have it: a disk that is copied whole arrives as one image without a backing chain, so
 * that chain must not be named there. Undefined when there is nothing to change, since libvirt then carries every byte of
 * the definition by itself.
 */
export function standalone(domainXml: string, targets: readonly string[]): string | undefined {
  const document = parse(domainXml);
  const chains = diskElements(document)
    .filter((disk) => targets.includes(targetOf(disk)))
    .flatMap((disk) =>
      children(disk, 'backingStore').filter((chain) => chain.hasAttribute('type') || chain.hasChildNodes()),
    );
  for (const chain of chains) {
    const end = document.ownerDocument?.createElement('backingStore');
    if (end !== undefined) {
      chain.parentNode?.replaceChild(end, chain);
    }
  }
  return chains.length === 0 ? undefined : new XMLSerializer().serializeToString(document);
}

function parse(domainXml: string): Element {
  const root = new DOMParser().parseFromString(domainXml, 'text/xml').documentElement;
  if (root === null) {
    throw refused('libvirt gave no definition of it', 'look at its definition with `virsh dumpxml`');
  }
  return root;
}

function diskElements(domain: Element): readonly Element[] {
  return children(domain, 'devices').flatMap((devices) => children(devices, 'disk'));
}

const targetOf = (disk: Element): string => child(disk, 'target')?.getAttribute('dev') ?? '';

function children(parent: Element, name: string): readonly Element[] {
  return [...parent.childNodes].filter((node): node is Element => node.nodeName === name);
}

const child = (parent: Element, name: string): Element | undefined => children(parent, name)[0];
const has = (parent: Element, name: string): boolean => child(parent, name) !== undefined;
