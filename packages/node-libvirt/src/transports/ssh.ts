/**
 * ssh, by this machine's own `ssh` program: its configuration, agent, keys and jump hosts apply. On the far side
 * `virt-ssh-helper` or netcat joins ssh's channel to the daemon's socket (libvirt.org/uri.html, "ssh transport").
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { ConnectFailed } from '../errors.js';
import type { ConnectionUri } from '../uri.js';
import { socketCandidates } from './socket.js';
import type { OpenTransport } from './transport.js';

/** How much of ssh's own output is kept for messages, in bytes. */
const STDERR_MAX = 4096;
/** What the far side prints on stderr once it is about to join the socket. */
const JOINED = 'node-libvirt-joined';

/** Runs ssh and waits until the far side is about to join the daemon's socket. The child ends with the stream. */
export const openSsh: OpenTransport = async ({ uri, signal }) => {
  const child = spawn(uri.command, sshArguments(uri), { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    said = (said + text).slice(-STDERR_MAX);
  });
  const stop = (): void => void child.kill('SIGTERM');
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      said = error.message;
      resolve();
    });
  });
  // A write to an ssh that has gone is told by the connection's end, with ssh's own words.
  child.stdin.on('error', () => undefined);
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  // Until somebody uses this stream, what its end says is in `said`.
  stream.on('error', () => undefined);
  stream.once('close', stop);

  const joined = new Promise<void>((resolve) => {
    child.stderr.on('data', () => {
      if (said.includes(JOINED)) resolve();
    });
  });
  const aborted = once(signal, 'abort').then(() => undefined);
  await Promise.race([joined, ended, signal.aborted ? undefined : aborted]);
  if (signal.aborted) {
    stop();
    throw signal.reason;
  }
  if (!said.includes(JOINED)) {
    stream.destroy();
    throw new ConnectFailed(`"${uri.text}": ${sshReason(said, uri)}`);
  }
  said = said.replace(new RegExp(`${JOINED}\\r?\\n?`), '');
  return {
    stream,
    isSecure: true,
    async explainEnd() {
      await ended;
      return said.trim() === '' ? null : sshReason(said, uri);
    },
  };
};

/** The arguments of ssh, never read by a shell on this side. It never asks: a question would hang an unattended run. */
export function sshArguments(uri: ConnectionUri): string[] {
  const options = ['-T', '-e', 'none', '-o', 'BatchMode=yes'];
  if (uri.port !== null) options.push('-p', String(uri.port));
  if (uri.user !== null) options.push('-l', uri.user);
  if (uri.keyfile !== null) options.push('-i', uri.keyfile);
  if (!uri.verify)
    options.push('-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR');
  return [...options, '--', uri.host as string, remoteCommand(uri)];
}

/** What the far side's shell runs: a POSIX script in which every word from the URI is quoted. */
export function remoteCommand(uri: ConnectionUri): string {
  const native = `exec virt-ssh-helper ${quoted(uri.name)}`;
  const netcat = uri.netcat === null ? 'nc' : quoted(uri.netcat);
  const sockets = farSockets(uri);
  const join = [
    `for s in ${sockets.join(' ')}; do if [ -S "$s" ]; then`,
    // A netcat that knows -q must be told to go when its input ends.
    `if ${netcat} -h 2>&1 | grep -q -- '-q'; then exec ${netcat} -q0 -U "$s"; else exec ${netcat} -U "$s"; fi; fi; done;`,
    `echo no socket ${sockets.join(' or ')} >&2; exit 72`,
  ].join(' ');
  const announce = `echo ${JOINED} >&2;`;
  const haveNetcat = `command -v ${netcat} >/dev/null 2>&1 || { echo "no netcat" >&2; exit 71; };`;
  const byNetcat = `${haveNetcat} ${announce} ${join}`;
  const byHelper = `${announce} ${native}`;
  const script =
    uri.proxy === 'netcat' || uri.socket !== null
      ? byNetcat
      : uri.proxy === 'native'
        ? byHelper
        : `if command -v virt-ssh-helper >/dev/null 2>&1; then ${byHelper}; else ${byNetcat}; fi`;
  return `sh -c ${quoted(script)}`;
}

/** The sockets to try on the far side, as words of its shell. A session's daemon has its socket in the user's own folder. */
function farSockets(uri: ConnectionUri): string[] {
  if (uri.socket !== null) return [quoted(uri.socket)];
  if (uri.path !== '/session') return socketCandidates(uri.driver, uri.path, {}).map(quoted);
  const FAR_RUNTIME = '${XDG_RUNTIME_DIR:-/run/user/$(id -u)}';
  return socketCandidates(uri.driver, uri.path, { XDG_RUNTIME_DIR: FAR_RUNTIME }).map((path) => `"${path}"`);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function sshReason(said: string, uri: ConnectionUri): string {
  const who = `${uri.user === null ? '' : `${uri.user}@`}${uri.host}`;
  const last = said.trim().split('\n').at(-1)?.trim() ?? '';
  if (/Permission denied/i.test(said)) {
    return `${who} refuses the key (${last}): put the public key in its authorized_keys, or name another with ?keyfile=`;
  }
  if (/Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i.test(said)) {
    return `the ssh host key of ${uri.host} is unknown or has changed: check it and add it to known_hosts (ssh-keyscan)`;
  }
  if (/Could not resolve hostname/i.test(said))
    return `the host ${uri.host} cannot be resolved: check its spelling, DNS, /etc/hosts or ssh_config`;
  if (/Connection refused/i.test(said))
    return `no ssh server listens on ${uri.host}: start sshd there or correct the port`;
  if (/timed out|No route to host|Network is unreachable/i.test(said))
    return `${uri.host} does not answer (${last}): check that it is up and reachable`;
  if (/no netcat/.test(said))
    return `${uri.host} has neither virt-ssh-helper nor nc: install libvirt-daemon or netcat-openbsd there`;
  if (/no socket/.test(said))
    return `no libvirt daemon listens on ${uri.host} (${last}): start it, or name its socket with ?socket=`;
  if (/ENOENT/.test(said)) return `the ssh program "${uri.command}" is not installed here: install openssh-client`;
  return last === '' ? `ssh to ${who} ended without a word` : `ssh to ${who} failed (${last})`;
}
