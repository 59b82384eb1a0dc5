/** TLS inside an NBD connection (NBD protocol, "TLS support"). */
import { isIP } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { NbdConnectFailed } from '../errors.js';
import { streamTransport } from './stream.js';
import type { Transport } from './transport.js';

/** The server is known by a certificate of this CA, and this client, where the server asks, by its own. */
export interface NbdCertificates {
  readonly kind: 'certificates';
  /** PEM of the CA that signed the server's certificate. */
  readonly ca: string | Buffer;
  /** PEM of this client's certificate; without it the server decides whether that will do. */
  readonly cert?: string | Buffer;
  /** PEM of its key. */
  readonly key?: string | Buffer;
  /** The name that must stand in the server's certificate. Default: the host that is connected to. */
  readonly serverName?: string;
}

/** Both sides know the same secret; there are no certificates. */
export interface NbdSharedKey {
  readonly kind: 'shared-key';
  /** The user under which the server keeps the secret. */
  readonly identity: string;
  /** The secret itself, as bytes (its file holds them as hexadecimal digits). */
  readonly key: Buffer;
}

export type NbdTls = NbdCertificates | NbdSharedKey;

/** Lays TLS 1.2 or newer over the stream. Rejects with `NbdConnectFailed` that names the mend, or with the signal's reason. */
export async function openTls(
  under: Transport,
  options: { readonly tls: NbdTls; readonly host: string | undefined; readonly signal: AbortSignal },
): Promise<Transport> {
  const { tls, host, signal } = options;
  const socket = connectTls({ socket: under.release(), minVersion: 'TLSv1.2', ...settingsOf(tls, host) });
  await handshake(socket, tls, signal);
  if (tls.kind === 'shared-key' && socket.getPeerX509Certificate() !== undefined) {
    socket.destroy();
    throw new NbdConnectFailed(
      'the server shows a certificate where the shared key was asked for: check that it is the right server, or use certificates',
    );
  }
  return streamTransport(socket, { isSecure: true });
}

function settingsOf(tls: NbdTls, host: string | undefined): ConnectionOptions {
  switch (tls.kind) {
    case 'certificates': {
      const name = tls.serverName ?? host;
      if (name === undefined) {
        throw new NbdConnectFailed(
          'TLS with certificates over a stream without a host name: say with `serverName` what must stand in the certificate',
        );
      }
      return {
        ca: tls.ca,
        ...(tls.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls.key === undefined ? {} : { key: tls.key }),
        host: name,
        ...(isIP(name) === 0 ? { servername: name } : {}),
      };
    }
    case 'shared-key':
      return {
        // Only key exchanges in which the shared key proves the server; TLS 1.3 needs the hash of its first cipher.
        ciphers:
          'TLS_AES_128_GCM_SHA256:ECDHE-PSK-CHACHA20-POLY1305:ECDHE-PSK-AES128-CBC-SHA256:DHE-PSK-AES128-GCM-SHA256',
        pskCallback: () => ({ identity: tls.identity, psk: tls.key }),
        checkServerIdentity: () => undefined,
      };
    default:
      return tls satisfies never;
  }
}

function handshake(socket: TLSSocket, tls: NbdTls, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', stop);
      socket.off('error', fail);
      socket.off('close', closed);
      if (error === undefined) return resolve();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const stop = (): void => settle(signal.reason);
    const fail = (cause: NodeJS.ErrnoException): void => settle(new NbdConnectFailed(tlsReason(cause, tls), { cause }));
    const closed = (): void =>
      settle(new NbdConnectFailed('the server ended the TLS handshake: look into its log; it may refuse this client'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    socket.on('error', fail);
    socket.on('close', closed);
    socket.once('secureConnect', () => settle());
  });
}

function tlsReason(error: NodeJS.ErrnoException, tls: NbdTls): string {
  const code = error.code ?? '';
  if (tls.kind === 'shared-key') {
    return `the TLS handshake with the shared key of "${tls.identity}" failed (${code || error.message}): check that both sides hold the same key for it`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the server's certificate is for another name (${error.message}): connect by a name that stands in it, or say which one with \`serverName\``;
  }
  if (code === 'CERT_HAS_EXPIRED') return "the server's certificate has expired: renew it";
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_SIGNATURE)/.test(code)) {
    return `the server's certificate is not signed by the CA used here (${code}): use the CA that signed it`;
  }
  if (/ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED)/.test(code)) {
    return `the server refuses this client's certificate (${code}): use one that its CA signed`;
  }
  return `TLS failed (${code || error.message}): check that the server was started with certificates`;
}
