import {
  type Domain,
  DomainMetadataType,
  DomainModificationImpact,
  DomainXMLFlags,
  ErrorNumber,
  type Libvirt,
} from 'node-libvirt';
import { unless } from './failures.js';

/**
 * What is left to do at the target once the VM has arrived. libvirt carries it there within the VM's definition, so that
 * whoever looks next can do it when the process that began the move is dead by then.
 */
export interface Errand {
  /** libvirt keeps it beside the definition, and does not carry it. */
  readonly hasAutostart: boolean;
  /** Whether markers lie beside the disks. */
  readonly hasMarkers: boolean;
}

const element = {
  type: DomainMetadataType.ELEMENT,
  uri: 'urn:lifeboat:move',
  flags: DomainModificationImpact.CONFIG,
} as const;

/** Notes it down in the definition, in place of an earlier one. */
export async function note(libvirt: Libvirt, dom: Domain, { hasAutostart, hasMarkers }: Errand): Promise<void> {
  const metadata = `<move autostart="${hasAutostart}" markers="${hasMarkers}"/>`;
  await libvirt.domainSetMetadata({ dom, ...element, key: 'move', metadata });
}

/** What is noted; undefined when nothing is. */
export async function noted(libvirt: Libvirt, dom: Domain): Promise<Errand | undefined> {
  const metadata = await unless(ErrorNumber.NO_DOMAIN_METADATA, libvirt.domainGetMetadata({ dom, ...element }));
  return metadata === undefined
    ? undefined
    : { hasAutostart: /autostart=.true/.test(metadata), hasMarkers: /markers=.true/.test(metadata) };
}

/** Takes the note away: the definition is byte for byte as its owner made it. */
export async function forget(libvirt: Libvirt, dom: Domain): Promise<void> {
  await unless(
    ErrorNumber.NO_DOMAIN_METADATA,
    libvirt.domainSetMetadata({ dom, ...element, metadata: null, key: null }),
  );
  // libvirt keeps the empty element in which the note was.
  const xml = await libvirt.domainGetXMLDesc({ dom, flags: DomainXMLFlags.INACTIVE | DomainXMLFlags.SECURE });
  const bare = xml.replace(/^ *<metadata\/>\n/m, '');
  if (bare !== xml) {
    await libvirt.domainDefineXML({ xml: bare });
  }
}
