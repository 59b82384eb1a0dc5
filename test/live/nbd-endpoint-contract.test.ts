/** The promises of BlockEndpoint, kept by qemu-nbd behind the NBD client. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { openNbdEndpoint } from '../../src/storage-sync/nbd/nbd-endpoint.js';
import { type BlockEndpointDriver, describeBlockEndpoint } from '../contracts/block-endpoint-contract.js';
import { QemuExports } from './nbd/export.js';

const MIB = 1_048_576;

async function qemuDriver(options: { readonly connections: number }): Promise<BlockEndpointDriver> {
  const exports = new QemuExports();
  const image = openSync(exports.path('disk.raw'), 'w');
  writeSync(image, Buffer.alloc(MIB, 'a'), 0, MIB, 0);
  writeSync(image, Buffer.alloc(2 * MIB, 'b'), 0, 2 * MIB, 2 * MIB);
  closeSync(image);
  const { socket, server } = await exports.serve('-f', 'raw', 'disk.raw');
  return {
    endpoint: await openNbdEndpoint({ address: { path: socket }, ...options }),
    async readOnly() {
      await exports.end(server);
      const again = await exports.serve('-f', 'raw', '--read-only', 'disk.raw');
      return await openNbdEndpoint({ address: { path: again.socket }, ...options });
    },
    async afterCrash() {
      await exports.end(server, 'SIGKILL');
      return readFileSync(exports.path('disk.raw'));
    },
    close: () => exports[Symbol.asyncDispose](),
  };
}

describeBlockEndpoint('qemu-nbd', () => qemuDriver({ connections: 1 }));
describeBlockEndpoint('qemu-nbd over four connections', () => qemuDriver({ connections: 4 }));
