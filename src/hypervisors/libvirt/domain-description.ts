import type { Element } from '@xmldom/xmldom';
import { attributeAt, child, children, devices, parseXml, textAt } from './domain-xml.js';

/** Namespace of what Lifeboat keeps in a VM's metadata, and reads there: `<lifeboat:tag>tier=db</lifeboat:tag>`. */
export const metadataNamespace = 'urn:lifeboat:vm';

/** What a VM's definition says of it. */
export interface DomainDescription {
  readonly id: string;
  readonly name: string;
  readonly memoryBytes: number;
  readonly vcpus: number;
  /** The CPU model it asks for; undefined when it takes what the host has. */
  readonly cpuModel?: string;
  readonly networks: readonly string[];
  readonly disks: readonly DiskDescription[];
  readonly tags: readonly string[];
  readonly hasAgent: boolean;
  /** Lifeboat has blocked its start here. */
  readonly isBlocked: boolean;
}

/** A writable disk; drives with media that come and go are none. */
export interface DiskDescription {
  readonly target: string;
  /** A file or device of the host, or the name of what it reaches over the network. */
  readonly path: string;
  readonly format: 'qcow2' | 'raw';
  readonly isRemote: boolean;
}

/** Reads a domain's XML. */
export function describeDomain(xml: string): DomainDescription {
  const domain = parseXml(xml);
  const metadata = child(domain, 'metadata');
  const own = metadata === undefined ? [] : ownElements(metadata);
  const cpuModel = cpuModelOf(domain);
  return {
    id: textAt(domain, 'uuid') ?? '',
    name: textAt(domain, 'name') ?? '',
    memoryBytes: bytesAt(domain, 'memory'),
    vcpus: Number(attributeAt(domain, 'current', 'vcpu') ?? textAt(domain, 'vcpu') ?? 1),
    ...(cpuModel === undefined ? {} : { cpuModel }),
    networks: devices(domain, 'interface').flatMap(networkOf),
    disks: devices(domain, 'disk').flatMap(diskOf),
    tags: own.filter(({ localName }) => localName === 'tag').map(({ textContent }) => (textContent ?? '').trim()),
    hasAgent: devices(domain, 'channel').some(
      (channel) => attributeAt(channel, 'name', 'target') === 'org.qemu.guest_agent.0',
    ),
    isBlocked: own.some(({ localName }) => localName === 'blocked'),
  };
}

/** Lifeboat's own elements, below one of any name in its namespace. */
function ownElements(metadata: Element): readonly Element[] {
  const inOwn = (parent: Element): readonly Element[] =>
    [...parent.childNodes].filter(
      (each): each is Element =>
        each.nodeType === each.ELEMENT_NODE && (each as Element).namespaceURI === metadataNamespace,
    );
  return inOwn(metadata).flatMap((each) => [each, ...inOwn(each)]);
}

function cpuModelOf(domain: Element): string | undefined {
  const mode = attributeAt(domain, 'mode', 'cpu');
  return mode === undefined || mode === 'custom' ? textAt(domain, 'cpu', 'model') : undefined;
}

function bytesAt(domain: Element, name: string): number {
  const unit = attributeAt(domain, 'unit', name) ?? 'KiB';
  return Number(textAt(domain, name) ?? 0) * (unitBytes[unit] ?? 1024);
}

const unitBytes: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  KB: 1e3,
  k: 2 ** 10,
  KiB: 2 ** 10,
  MB: 1e6,
  M: 2 ** 20,
  MiB: 2 ** 20,
  GB: 1e9,
  G: 2 ** 30,
  GiB: 2 ** 30,
  TB: 1e12,
  T: 2 ** 40,
  TiB: 2 ** 40,
};

function networkOf(network: Element): readonly string[] {
  const source = child(network, 'source');
  const name = source?.getAttribute('bridge') ?? source?.getAttribute('network') ?? source?.getAttribute('dev');
  // A bridge is named before the network that lends it: live definitions have both.
  const lent = source?.getAttribute('network');
  return [lent ?? name].filter((each) => each !== undefined && each !== null);
}

function diskOf(disk: Element): readonly DiskDescription[] {
  const source = child(disk, 'source');
  const device = disk.getAttribute('device') ?? 'disk';
  if (source === undefined || (device !== 'disk' && device !== 'lun') || children(disk, 'readonly').length > 0) {
    return [];
  }
  const pool = source.getAttribute('pool');
  const local = source.getAttribute('file') ?? source.getAttribute('dev');
  return [
    {
      target: attributeAt(disk, 'dev', 'target') ?? '',
      path:
        local ??
        [pool ?? source.getAttribute('protocol'), source.getAttribute('volume') ?? source.getAttribute('name')].join(
          '/',
        ),
      format: attributeAt(disk, 'type', 'driver') === 'qcow2' ? 'qcow2' : 'raw',
      isRemote: disk.getAttribute('type') === 'network',
    },
  ];
}
