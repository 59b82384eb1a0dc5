/**
 * A sync that never ends, in a process of its own to be killed: it stands still when it has copied a little (`copying`), or
 * with the guest's file systems frozen (`frozen`), and says so.
 */
import { systemClock } from '../../../build/cli/system-clock.js';
import { openLibvirt } from '../../../build/hypervisors/libvirt/open.js';
import { SharedConnections } from '../../../build/hypervisors/ssh/shared-connections.js';
import { createSshShell } from '../../../build/hypervisors/ssh/ssh-shell.js';
import { createSshSocket } from '../../../build/hypervisors/ssh/ssh-socket.js';
import { blockSync } from '../../../build/storage-sync/methods/block-sync/cycle.js';
import { createReplicaStore } from '../../../build/storage-sync/store/store.js';

const { estate, replicas, where, ...request } = JSON.parse(process.argv[2]);
const marks = { list: async () => new Set(), set: async () => undefined };
const shell = createSshShell(estate, new SharedConnections());
const sockets = createSshSocket(estate);
const { backups, hypervisor } = openLibvirt({ estate, cordons: marks, shell, now: Date.now });
const store = createReplicaStore({ shell, sockets, on: request.to.host, replicas });
const standStill = () => {
  process.stdout.write('here\n');
  return new Promise(() => undefined);
};
const begin = (backup, signal) => (where === 'frozen' ? standStill() : backups.begin(backup, signal));
let taken = 0;
const rate = {
  take: () => {
    taken += 1;
    return taken > 1 ? standStill() : undefined;
  },
};
await blockSync(
  {
    ...request,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    rate,
    limits: { requestBytes: 65_536 },
  },
  { backups: { ...backups, begin }, hypervisor, shell, sockets, clock: systemClock, store },
);
process.stderr.write('it came to its end\n');
process.exit(1);
