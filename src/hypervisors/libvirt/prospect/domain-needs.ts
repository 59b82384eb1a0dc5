import { posix } from 'node:path';
import type { Element } from '@xmldom/xmldom';
import { attributeAt, child, children, devices, parseXml, textAt, textOfXml } from '../domain-xml.js';

/** What a VM needs of a host that it is to move to, from its definition. */
export interface DomainNeeds {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly arch: string;
  readonly machine: string;
  /** Its `<cpu>` as it runs; undefined when it has none. */
  readonly cpuXml?: string;
  readonly bridges: readonly string[];
  readonly libvirtNetworks: readonly string[];
  /** Writable disks in files, by their target. */
  readonly disks: readonly { readonly target: string; readonly path: string; readonly folder: string }[];
  /** Disks that are no files and are not reached over the network: a block device, or one of QEMU's own. */
  readonly localDevices: readonly { readonly target: string; readonly path: string }[];
  /** Media in a drive. */
  readonly media: readonly { readonly target: string; readonly path: string }[];
  /** Other files that must be there: kernel, firmware. */
  readonly files: readonly { readonly role: string; readonly path: string }[];
  /** Devices of the host itself. */
  readonly hostDevices: readonly string[];
  /** UUIDs or usages of libvirt secrets. */
  readonly secrets: readonly string[];
  /** Targets of disks that are being mirrored now. */
  readonly mirrored: readonly string[];
}

/** Reads a domain's XML. */
export function needsOf(xml: string): DomainNeeds {
  const domain = parseXml(xml);
  const disks = devices(domain, 'disk');
  const cpu = child(domain, 'cpu');
  const sources = devices(domain, 'interface').map((network) => child(network, 'source'));
  const named = (name: string) => sources.flatMap((source) => source?.getAttribute(name) ?? []);
  return {
    id: textAt(domain, 'uuid') ?? '',
    name: textAt(domain, 'name') ?? '',
    kind: domain.getAttribute('type') ?? 'qemu',
    arch: attributeAt(domain, 'arch', 'os', 'type') ?? 'x86_64',
    machine: attributeAt(domain, 'machine', 'os', 'type') ?? '',
    ...(cpu === undefined ? {} : { cpuXml: textOfXml(cpu) }),
    bridges: sources.flatMap((source) =>
      source?.getAttribute('network') ? [] : (source?.getAttribute('bridge') ?? source?.getAttribute('dev') ?? []),
    ),
    libvirtNetworks: named('network'),
    disks: disks.filter(isWritable).flatMap((disk) => fileOf(disk)),
    localDevices: disks
      .filter(
        (disk) => isWritable(disk) && ['block', 'dir', 'vhostuser', 'nvme'].includes(disk.getAttribute('type') ?? ''),
      )
      .map((disk) => ({
        target: targetOf(disk),
        path: attributeAt(disk, 'dev', 'source') ?? disk.getAttribute('type') ?? '',
      })),
    media: disks.filter(isDrive).flatMap((disk) => fileOf(disk)),
    files: filesOf(domain),
    hostDevices: hostDevicesOf(domain),
    secrets: [...domain.getElementsByTagName('secret')].flatMap(
      (secret) => secret.getAttribute('uuid') ?? secret.getAttribute('usage') ?? [],
    ),
    mirrored: disks.filter((disk) => child(disk, 'mirror') !== undefined).map(targetOf),
  };
}

const targetOf = (disk: Element): string => attributeAt(disk, 'dev', 'target') ?? '';
const isDrive = (disk: Element): boolean => ['cdrom', 'floppy'].includes(disk.getAttribute('device') ?? 'disk');
const isWritable = (disk: Element): boolean => !isDrive(disk) && child(disk, 'readonly') === undefined;

function fileOf(disk: Element): readonly { readonly target: string; readonly path: string; readonly folder: string }[] {
  const path = attributeAt(disk, 'file', 'source');
  return path === undefined ? [] : [{ target: targetOf(disk), path, folder: posix.dirname(path) }];
}

function filesOf(domain: Element): DomainNeeds['files'] {
  const os = child(domain, 'os');
  const inOs = ['kernel', 'initrd', 'dtb', 'loader'].flatMap((role) => {
    const path = os === undefined ? undefined : textAt(os, role);
    return path?.startsWith('/') === true ? [{ role, path }] : [];
  });
  const readOnly = devices(domain, 'disk')
    .filter((disk) => !isDrive(disk) && child(disk, 'readonly') !== undefined)
    .flatMap((disk) => fileOf(disk).map(({ path, target }) => ({ role: `read-only disk ${target}`, path })));
  return [...inOs, ...readOnly];
}

/** Devices that stay behind when a VM leaves. */
function hostDevicesOf(domain: Element): readonly string[] {
  const passed = devices(domain, 'hostdev').map((device) => `${device.getAttribute('type') ?? 'host'} device`);
  const direct = devices(domain, 'interface')
    .filter((each) => each.getAttribute('type') === 'hostdev')
    .map(() => 'network card (hostdev)');
  const mediated = children(domain, 'devices')
    .flatMap((each) => [...children(each, 'filesystem'), ...children(each, 'shmem')])
    .map((each) => `${each.nodeName} of the host`);
  return [...passed, ...direct, ...mediated];
}
