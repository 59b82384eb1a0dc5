import type { HostShell } from '../../hypervisors/host-shell.js';
import type { HostSocket } from '../../hypervisors/host-socket.js';

/** One VM's replica on one host, and the ways to it, for one call. */
export interface Seat {
  readonly shell: HostShell;
  readonly sockets: HostSocket;
  readonly signal: AbortSignal;
  /** `controller` or the name of a host. */
  readonly on: string;
  readonly vmId: string;
  /** The replica's folder. */
  readonly folder: string;
  /**
   * Folder of the daemon's pid file and sockets. Not the replica's own, since the path of a socket has at most 107 bytes,
   * and since what lies under /run is gone after a restart of the host, as the daemon is.
   */
  readonly runFolder: string;
}

export const pidFile = ({ runFolder }: Seat): string => `${runFolder}/daemon.pid`;
export const monitorSocket = ({ runFolder }: Seat): string => `${runFolder}/qmp.sock`;
export const nbdSocket = ({ runFolder }: Pick<Seat, 'runFolder'>): string => `${runFolder}/nbd.sock`;
