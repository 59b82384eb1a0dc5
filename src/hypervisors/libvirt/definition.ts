import type { Element } from '@xmldom/xmldom';
import type { VmDefinition } from '../hypervisor.js';
import { metadataNamespace } from './domain-description.js';
import { attributeAt, child, children, devices, escaped, parseXml, textOfXml } from './domain-xml.js';

/** How a host starts a VM that nobody has defined before. */
export interface Machine {
  readonly kind: 'kvm' | 'qemu';
  /** Names of networks that libvirt itself has there; any other one is a bridge. */
  readonly libvirtNetworks: readonly string[];
}

/** A definition for libvirt: virtio disks and network, a serial console, and the agent's channel where it has one. */
export function newDomainXml(definition: VmDefinition, { kind, libvirtNetworks }: Machine): string {
  const { id, name, memoryBytes, vcpus, cpuModel, networks, disks, hasAgent } = definition;
  return [
    `<domain type='${kind}'>`,
    `<name>${escaped(name)}</name><uuid>${escaped(id)}</uuid>`,
    metadataXml(definition),
    `<memory unit='b'>${memoryBytes}</memory><vcpu>${vcpus}</vcpu>`,
    `<os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os>`,
    `<features><acpi/><apic/></features>`,
    cpuModel === undefined ? '' : `<cpu mode='custom' match='exact'><model>${escaped(cpuModel)}</model></cpu>`,
    `<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>`,
    '<devices>',
    ...disks.map(diskXml),
    ...networks.map((network) => networkXml(network, libvirtNetworks)),
    `<serial type='pty'/><console type='pty'/>`,
    hasAgent ? `<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>` : '',
    '</devices></domain>',
  ].join('');
}

/**
 * The definition that a host has, with what Lifeboat decides about replaced: size, disks' paths, networks, tags. All else
 * stays as its owner made it.
 */
export function changedDomainXml(xml: string, definition: VmDefinition, { libvirtNetworks }: Machine): string {
  const domain = parseXml(xml);
  setText(domain, 'name', definition.name);
  for (const element of ['memory', 'currentMemory']) {
    setText(domain, element, String(definition.memoryBytes));
    child(domain, element)?.setAttribute('unit', 'b');
  }
  setText(domain, 'vcpu', String(definition.vcpus));
  child(domain, 'vcpu')?.removeAttribute('current');
  for (const disk of devices(domain, 'disk')) {
    const target = attributeAt(disk, 'dev', 'target');
    const path = definition.disks.find((each) => each.target === target)?.path;
    if (path !== undefined) {
      child(disk, 'source')?.setAttribute('file', path);
      if (path.endsWith('.qcow2')) {
        // A replica is qcow2 whatever its source is; read as raw, the guest would see the image and not the disk.
        child(disk, 'driver')?.setAttribute('type', 'qcow2');
      }
    }
  }
  for (const [index, network] of devices(domain, 'interface').entries()) {
    const name = definition.networks[index];
    if (name !== undefined) {
      attach(network, name, libvirtNetworks);
    }
  }
  replaceMetadata(domain, definition);
  return textOfXml(domain);
}

function diskXml({ target, path }: VmDefinition['disks'][number]): string {
  const format = path.endsWith('.raw') || path.endsWith('.img') ? 'raw' : 'qcow2';
  return (
    `<disk type='file' device='disk'><driver name='qemu' type='${format}' discard='unmap'/>` +
    `<source file='${escaped(path)}'/><target dev='${escaped(target)}' bus='virtio'/></disk>`
  );
}

function networkXml(network: string, libvirtNetworks: readonly string[]): string {
  const [type, name] = libvirtNetworks.includes(network) ? ['network', 'network'] : ['bridge', 'bridge'];
  return `<interface type='${type}'><source ${name}='${escaped(network)}'/><model type='virtio'/></interface>`;
}

function attach(element: Element, network: string, libvirtNetworks: readonly string[]): void {
  const kind = libvirtNetworks.includes(network) ? 'network' : 'bridge';
  const source = child(element, 'source');
  if (source?.getAttribute(kind) === network) {
    return;
  }
  element.setAttribute('type', kind);
  for (const name of ['network', 'bridge', 'portid']) {
    source?.removeAttribute(name);
  }
  source?.setAttribute(kind, network);
}

function metadataXml({ tags }: Pick<VmDefinition, 'tags'>): string {
  return tags.length === 0 ? '' : `<metadata>${tagsXml(tags)}</metadata>`;
}

/** Lifeboat's element of a VM's metadata. */
export function tagsXml(tags: readonly string[]): string {
  const each = tags.map((tag) => `<lifeboat:tag>${escaped(tag)}</lifeboat:tag>`).join('');
  return `<lifeboat:vm xmlns:lifeboat='${metadataNamespace}'>${each}</lifeboat:vm>`;
}

function replaceMetadata(domain: Element, { tags }: VmDefinition): void {
  const old = children(domain, 'metadata').flatMap((each) =>
    [...each.childNodes].filter((below) => (below as Element).namespaceURI === metadataNamespace),
  );
  for (const each of old) {
    each.parentNode?.removeChild(each);
  }
  if (tags.length === 0) {
    return;
  }
  const document = domain.ownerDocument;
  if (document === null) {
    return;
  }
  const metadata = child(domain, 'metadata') ?? document.createElement('metadata');
  domain.appendChild(metadata);
  metadata.appendChild(document.importNode(parseXml(tagsXml(tags)), true));
}

function setText(domain: Element, name: string, text: string): void {
  const element = child(domain, name);
  if (element !== undefined) {
    element.textContent = text;
  }
}
