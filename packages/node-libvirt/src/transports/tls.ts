/** TLS with certificates, as libvirt does it (libvirt.org/kbase/tlscerts.html). */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { ConnectFailed } from '../errors.js';
import type { ConnectionUri } from '../uri.js';
import { connectSocket } from './socket.js';
import type { OpenTransport } from './transport.js';

/** libvirt's port for connections with TLS. */
const TLS_PORT = 16_514;
/** What the server sends first when it accepts the client's certificate (virnettlscontext.c). */
const ACCEPTED = 1;

interface Certificates {
  readonly ca: Buffer;
  /** Absent when the client has none; the server then decides. */
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** TLS 1.2 or newer, with a client certificate where there is one. */
export const openTls: OpenTransport = async ({ uri, signal }) => {
  const certificates = await readCertificates(uri);
  const host = uri.host as string;
  const port = uri.port ?? TLS_PORT;
  const plain = await connectSocket({ host, port, uri, signal });
  const socket = connectTls({
    socket: plain,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...certificates,
    rejectUnauthorized: uri.verify,
    minVersion: 'TLSv1.2',
  });
  await handshake(socket, uri, signal);
  return { stream: socket, isSecure: true };
};

/** Waits for the handshake and for the server's word that it accepts us. Leaves the stream at its first frame. */
function handshake(socket: TLSSocket, uri: ConnectionUri, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', stop);
      socket.off('error', fail);
      socket.off('readable', judge);
      socket.off('end', refused);
      if (error === undefined) return resolve();
      socket.destroy();
      reject(error);
    };
    const stop = (): void => settle(signal.reason);
    const refused = (): void =>
      settle(
        new ConnectFailed(
          `"${uri.text}": the host closed the connection after the TLS handshake: it does not accept this client's certificate; check tls_allowed_dn_list in its libvirtd.conf and that its CA signed the client certificate`,
        ),
      );
    const fail = (cause: NodeJS.ErrnoException): void =>
      settle(new ConnectFailed(`"${uri.text}": ${tlsReason(cause, uri)}`, { cause }));
    const judge = (): void => {
      const first: Buffer | null = socket.read(1);
      if (first === null) return;
      if (first[0] === ACCEPTED) return settle();
      refused();
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    socket.on('error', fail);
    socket.on('readable', judge);
    socket.on('end', refused);
  });
}

function tlsReason(error: NodeJS.ErrnoException, uri: ConnectionUri): string {
  const code = error.code ?? '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the host's certificate is for another name (${error.message}): use a name that stands in it, or issue one for ${uri.host}`;
  }
  if (code === 'CERT_HAS_EXPIRED') return `the host's certificate has expired: renew it on ${uri.host}`;
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_SIGNATURE)/.test(code)) {
    return `the host's certificate is not signed by the CA used here (${code}): put the host's CA in cacert.pem (?pkipath= names its folder)`;
  }
  if (/ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED)/.test(code)) {
    return `the host refuses this client's certificate (${code}): give one signed by its CA, as clientcert.pem and clientkey.pem`;
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return `the host ended the TLS handshake: it may not speak TLS on this port, or refuses this client's certificate`;
  }
  return `TLS failed (${error.message}): check that the port is the host's TLS port (${TLS_PORT})`;
}

async function readCertificates(uri: ConnectionUri): Promise<Certificates> {
  const folders = uri.pkipath === null ? standardFolders() : [{ ca: uri.pkipath, cert: uri.pkipath, key: uri.pkipath }];
  for (const folder of folders) {
    const ca = await readIfThere(join(folder.ca, 'cacert.pem'), uri);
    if (ca === null) continue;
    const cert = await readIfThere(join(folder.cert, 'clientcert.pem'), uri);
    const key = await readIfThere(join(folder.key, 'clientkey.pem'), uri);
    return cert !== null && key !== null ? { ca, cert, key } : { ca };
  }
  throw new ConnectFailed(
    `"${uri.text}": there is no CA certificate (looked for ${folders.map((folder) => join(folder.ca, 'cacert.pem')).join(' and ')}): put it there or name its folder with ?pkipath=`,
  );
}

/** Where libvirt looks: the user's own files first, then the system's. */
function standardFolders(): Array<{ ca: string; cert: string; key: string }> {
  const own = join(homedir(), '.pki/libvirt');
  return [
    { ca: own, cert: own, key: own },
    { ca: '/etc/pki/CA', cert: '/etc/pki/libvirt', key: '/etc/pki/libvirt/private' },
  ];
}

async function readIfThere(path: string, uri: ConnectionUri): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new ConnectFailed(
      `"${uri.text}": ${path} cannot be read (${(cause as Error).message}): mend its permissions`,
      { cause },
    );
  }
}
