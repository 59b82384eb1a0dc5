/** What a libvirt URI must be, as far as a file alone can tell. */
export interface LibvirtUri {
  readonly transport: string | undefined;
  /** Without port and brackets; empty when the URI names none. */
  readonly host: string;
}

export const transports = ['ssh', 'tls', 'tcp', 'unix'] as const;

/** What a URI is not, and the transport that was written when that is the reason. */
export interface UriFault {
  readonly reason: string;
  readonly transport?: string;
}

const shape = /^[a-z][a-z0-9]{0,20}(?:\+([A-Za-z0-9]+))?:\/\/(?:([^/@?#\s]*)@)?([^/@?#\s]*)(\/[^?#\s]*)(?:\?[^#\s]*)?$/;
const hostAndPort = /^(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/;

/** The parts of a libvirt URI that Lifeboat needs, or why it is none. */
export function readLibvirtUri(uri: string): LibvirtUri | UriFault {
  const match = uri.length > 1_000 ? null : shape.exec(uri);
  if (match === null) {
    return { reason: 'is no libvirt URI' };
  }
  const [, transport, , authority = ''] = match;
  if (transport !== undefined && !transports.some((known) => known === transport)) {
    return { reason: `has the unknown transport +${transport}`, transport };
  }
  if (authority !== '' && !hostAndPort.test(authority)) {
    return { reason: 'names no valid host' };
  }
  if (authority === '' && ['ssh', 'tls', 'tcp'].includes(transport ?? '')) {
    return { reason: 'names no host' };
  }
  return { transport, host: authority.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') };
}

/** Whether a URI carries a password, which would then stand in logs and process lists. */
export function hasPassword(uri: string): boolean {
  return /^[^/]{0,40}:\/\/[^/@:\s]*:[^/@\s]+@/.test(uri);
}

/** Whether it is an address of one of the schemes (`http`, `smtps`) with a host. */
export function isUrlOf(schemes: readonly string[], url: string): boolean {
  const scheme = /^([a-z]+):\/\/[^/\s?#]/.exec(url)?.[1];
  return scheme !== undefined && schemes.includes(scheme) && URL.canParse(url);
}
