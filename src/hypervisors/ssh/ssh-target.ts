import type { Host } from '../../model/estate.js';

/** How the system's ssh is called for a host. */
export interface SshTarget {
  readonly command: string;
  /** Arguments up to and with the destination. */
  readonly args: readonly string[];
}

/** Never asks anything, and gives up on a host that is silent for about ten seconds. */
const always = [
  '-T',
  '-o',
  'BatchMode=yes',
  '-o',
  'ConnectTimeout=10',
  '-o',
  'ServerAliveInterval=5',
  '-o',
  'ServerAliveCountMax=2',
];

/**
 * The destination of a host: what its `+ssh` URI says, with its user, port, `keyfile`, `command` and `no_verify` as
 * node-libvirt takes them; for any other URI its address, with ssh's own configuration.
 */
export function sshTarget({ uri, address }: Pick<Host, 'uri' | 'address'>): SshTarget {
  const parts = /^[a-z]+\+ssh:\/\/(?:([^@/]+)@)?(\[[^\]]+\]|[^:/?]+)(?::(\d+))?\/[^?]*(?:\?(.*))?$/.exec(uri);
  if (parts === null) {
    return { command: 'ssh', args: [...always, '--', address] };
  }
  const [, user, host = address, port, query = ''] = parts;
  const parameters = new URLSearchParams(query);
  const keyfile = parameters.get('keyfile');
  const isUnverified = parameters.get('no_verify') === '1';
  return {
    command: parameters.get('command') ?? 'ssh',
    args: [
      ...always,
      ...(keyfile === null ? [] : ['-i', keyfile]),
      ...(isUnverified
        ? ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR']
        : []),
      ...(user === undefined ? [] : ['-l', decodeURIComponent(user)]),
      ...(port === undefined ? [] : ['-p', port]),
      '--',
      host.replace(/^\[|\]$/g, ''),
    ],
  };
}

/** One word for a POSIX shell, whatever it holds: ssh joins words with spaces and gives them to the far side's shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
