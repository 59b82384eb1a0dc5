/**
 * libvirt's connection URIs (libvirt.org/uri.html, "Remote URIs"): `driver[+transport]://[user@][host][:port]/path[?params]`.
 */
import { BadUri } from './errors.js';

/** How the daemon is reached. */
export type TransportName = 'unix' | 'tcp' | 'tls' | 'ssh';

/** What a URI asks for. Only what the URI says: files and sockets are looked for when connecting. */
export interface ConnectionUri {
  /** As it was given, for messages. */
  readonly text: string;
  readonly transport: TransportName;
  /** What the daemon is asked to open, such as `qemu:///system`. */
  readonly name: string;
  readonly driver: string;
  readonly path: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly user: string | null;
  /** The daemon's UNIX socket, on this machine or behind ssh. */
  readonly socket: string | null;
  /** The private key for ssh. */
  readonly keyfile: string | null;
  /** The ssh program; a path or a name. */
  readonly command: string;
  /** The netcat program on the far side of ssh. */
  readonly netcat: string | null;
  /** How ssh reaches the socket: `virt-ssh-helper` (native), netcat, or whichever the far side has (auto). */
  readonly proxy: 'auto' | 'native' | 'netcat';
  /** Folder with cacert.pem, clientcert.pem and clientkey.pem. */
  readonly pkipath: string | null;
  /** False with `no_verify=1`: the server's certificate or ssh host key is then not checked. */
  readonly verify: boolean;
}

const TRANSPORTS: ReadonlySet<string> = new Set<TransportName>(['unix', 'tcp', 'tls', 'ssh']);
const PARAMETERS = [
  'name',
  'socket',
  'keyfile',
  'command',
  'netcat',
  'proxy',
  'pkipath',
  'no_verify',
  'no_tty',
  'mode',
  'sshauth',
  'no_sanity',
];

/** Reads a URI. Throws {@link BadUri}, whose message names the URI, what is wrong in it and what to write instead. */
export function parseUri(text: string): ConnectionUri {
  const refuse = (reason: string): never => {
    throw new BadUri(`"${withoutPassword(text)}" is not a URI that can be connected to: ${reason}`);
  };
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new BadUri(
      `"${withoutPassword(text)}" is not a libvirt URI: write one such as qemu:///system or qemu+ssh://root@host/system`,
      { cause },
    );
  }
  const scheme = url.protocol.slice(0, -1);
  const [driver = '', transportWord, ...rest] = scheme.split('+');
  if (driver === '' || rest.length > 0 || !text.startsWith(`${scheme}://`)) {
    refuse('it begins with driver:// or driver+transport://, for example qemu+tls://host/system');
  }
  if (transportWord !== undefined && !TRANSPORTS.has(transportWord)) {
    const known = [...TRANSPORTS].map((name) => `${driver}+${name}`).join(', ');
    refuse(
      transportWord === 'libssh' || transportWord === 'libssh2' || transportWord === 'ext'
        ? `the transport "${transportWord}" is not spoken here: write ${driver}+ssh, which uses this machine's ssh`
        : `"${transportWord}" is no transport: use ${known}`,
    );
  }
  if (url.password !== '') refuse('a password does not belong in a URI: give it as a credential');

  const host = url.hostname === '' ? null : decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
  const transport = (transportWord as TransportName | undefined) ?? (host === null ? 'unix' : 'tls');
  if (transport === 'unix' && host !== null)
    refuse(`the unix transport takes no host: write ${driver}+unix://${url.pathname}?socket=/path`);
  if (transport !== 'unix' && host === null)
    refuse(`it names no host: write ${driver}+${transport}://host${url.pathname || '/system'}`);
  if (host?.startsWith('-') || url.username.startsWith('-')) refuse('a host or user cannot begin with "-"');

  const parameters = new Map<string, string>();
  for (const [key, value] of url.searchParams) {
    if (!PARAMETERS.includes(key)) refuse(`the parameter "${key}" is unknown; known are ${PARAMETERS.join(', ')}`);
    parameters.set(key, value);
  }
  const proxy = parameters.get('proxy') ?? 'auto';
  if (proxy !== 'auto' && proxy !== 'native' && proxy !== 'netcat')
    return refuse(`proxy=${proxy} is none of auto, native, netcat`);

  const path = url.pathname;
  return {
    text,
    transport,
    name: parameters.get('name') ?? `${driver}://${path === '' ? '/' : path}`,
    driver,
    path,
    host,
    port: url.port === '' ? null : Number(url.port),
    user: url.username === '' ? null : decodeURIComponent(url.username),
    socket: parameters.get('socket') ?? null,
    keyfile: parameters.get('keyfile') ?? null,
    command: parameters.get('command') ?? 'ssh',
    netcat: parameters.get('netcat') ?? null,
    proxy,
    pkipath: parameters.get('pkipath') ?? null,
    verify: (parameters.get('no_verify') ?? '0') === '0',
  };
}

/** A refused URI is shown to people and written to logs, where a password has no place. */
function withoutPassword(text: string): string {
  return text.replace(/(:\/\/[^/@:]*):[^/@]*@/, '$1:***@');
}
