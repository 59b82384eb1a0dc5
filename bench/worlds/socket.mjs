import { createConnection } from 'node:net';

/** Whether a server listens on the socket of this path. */
export function takesConnections(path) {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
