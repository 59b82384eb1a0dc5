import type { DiskCopy, NbdExport, OverlayOfVm } from '../../mirrors.js';
import { attributeAt, child, devices, escaped, parseXml } from '../domain-xml.js';

/** The `<disk>` that a block copy writes to: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms */
export function exportXml({ address, port, name }: NbdExport): string {
  return [
    `<disk type='network' device='disk'><driver name='qemu' type='raw'/>`,
    `<source protocol='nbd' name='${escaped(name)}'><host name='${escaped(address)}' port='${port}'/></source></disk>`,
  ].join('');
}

/** The `<domainsnapshot>` of these disks and of no other: https://libvirt.org/formatsnapshot.html */
export function overlayXml(xml: string, disks: OverlayOfVm['disks']): string {
  const all = devices(parseXml(xml), 'disk').map((disk) => attributeAt(disk, 'dev', 'target') ?? '');
  const one = (target: string): string => {
    const path = disks.find((disk) => disk.target === target)?.path;
    return path === undefined
      ? `<disk name='${escaped(target)}' snapshot='no'/>`
      : `<disk name='${escaped(target)}' snapshot='external' type='file'><driver type='qcow2'/><source file='${escaped(path)}'/></disk>`;
  };
  return `<domainsnapshot><disks>${all.map(one).join('')}</disks></domainsnapshot>`;
}

/** The copies that a live definition tells of; libvirt's `ready` is also `abort` or `pivot` while one is ending. */
export function readCopies(xml: string): readonly Pick<DiskCopy, 'target' | 'to' | 'isReady'>[] {
  return devices(parseXml(xml), 'disk').flatMap((disk) => {
    const mirror = child(disk, 'mirror');
    if (mirror === undefined) {
      return [];
    }
    const host = child(mirror, 'source', 'host');
    const name = attributeAt(mirror, 'name', 'source');
    const isExport = attributeAt(mirror, 'protocol', 'source') === 'nbd' && mirror.getAttribute('job') === 'copy';
    const to =
      isExport && host !== undefined && name !== undefined
        ? { address: host.getAttribute('name') ?? '', port: Number(host.getAttribute('port')), name }
        : undefined;
    return [{ target: attributeAt(disk, 'dev', 'target') ?? '', to, isReady: mirror.getAttribute('ready') === 'yes' }];
  });
}

/** QEMU's names of NBD connections to exports of these names, from the reply to `query-named-block-nodes`. */
export function connectionsIn(reply: string, exports: readonly string[]): readonly string[] {
  const { return: nodes } = JSON.parse(reply) as { readonly return?: unknown };
  const all = Array.isArray(nodes) ? (nodes as readonly Readonly<Record<string, unknown>>[]) : [];
  return all
    .filter(({ drv, file }) => drv === 'nbd' && exports.some((name) => String(file).endsWith(`/${name}`)))
    .map((node) => String(node['node-name']));
}
