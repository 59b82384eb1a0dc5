import { FailureError } from '../../../model/failure.js';
import { type CommandSeat, succeed } from '../../store/host-commands.js';

/** The path of a unix socket has at most this many bytes, with the zero behind it: `struct sockaddr_un`. */
const socketPathBytes = 107;

/** Ends the servers whose pid files are in the folder `$1`, each only when it is the process that has written its file. */
const endServers = [
  'for file in "$1"/*.pid; do',
  '[ -e "$file" ] || continue; pid=$(cat "$file");',
  'if tr "\\0" "\\n" <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "--pid-file=$file"; then',
  'kill "$pid" && timeout 20 tail --pid="$pid" -s 0.05 -f /dev/null; fi; done',
].join(' ');

/** The folder belongs to whom QEMU runs as, who makes the sockets and scratch files in it. */
const make =
  'mkdir -p -- "$1" && chmod 0700 -- "$1" && { chown --reference=/var/lib/libvirt/qemu -- "$1" 2>/dev/null || true; }';

/**
 * Empties the work folder of a VM on its host, ends what an earlier cycle has left there, and returns the free bytes of its
 * scratch space. The backup that has its files there must have ended before.
 */
export async function prepareFolder(seat: CommandSeat, folder: string): Promise<number> {
  if (Buffer.byteLength(`${folder}/vda.sock`) > socketPathBytes - 12) {
    throw new FailureError({
      code: 'scratch-path-long',
      kind: 'permanent',
      message: `The scratch folder of ${seat.on} is too long for sockets in it: ${folder}`,
      hint: 'give `scratch` of the host a shorter path in the estate',
    });
  }
  await succeed(seat, ['sh', '-c', `${endServers}; rm -rf -- "$1" && ${make}`, 'sh', folder]);
  return await freeBytes(seat, folder);
}

/** Removes the work folder, and ends the servers that have their files there. */
export async function removeFolder(seat: CommandSeat, folder: string): Promise<void> {
  await succeed(seat, ['sh', '-c', `${endServers}; rm -rf -- "$1"`, 'sh', folder]);
}

export async function freeBytes(seat: CommandSeat, folder: string): Promise<number> {
  const said = await succeed(seat, ['df', '--output=avail', '-B1', '--', folder]);
  return Number(said.trim().split('\n').at(-1)?.trim());
}
