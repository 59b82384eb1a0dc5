import { connect } from 'node:net';

/** A connection that has not come about in this time is none. */
const withinMs = 5_000;

/** Whether a port takes a connection, which is closed at once. */
export function connects(
  { address, port }: { readonly address: string; readonly port: number },
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: withinMs });
    const end = (isOpen: boolean): void => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(isOpen);
    };
    const giveUp = (): void => end(false);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('connect', () => end(true));
    socket.once('timeout', giveUp);
    socket.once('error', giveUp);
  });
}
