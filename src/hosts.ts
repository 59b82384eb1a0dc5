import { resolve } from 'node:path';
import type { HostsOptions, World } from './cli/drivers.js';
import { systemClock } from './cli/system-clock.js';
import { noFencer } from './fencers/not-offered.js';
import { createProber } from './health/probes/prober.js';
import { openLibvirt } from './hypervisors/libvirt/open.js';
import { shareLooks } from './hypervisors/shared-looks.js';
import { SharedConnections } from './hypervisors/ssh/shared-connections.js';
import { createSshShell } from './hypervisors/ssh/ssh-shell.js';
import { createSshSocket } from './hypervisors/ssh/ssh-socket.js';
import { createMailNotifier } from './notifiers/mail/mail.js';
import { noNotifier } from './notifiers/not-offered.js';
import { noReplicas } from './storage-sync/not-offered.js';
import { createStoredReplicas } from './storage-sync/stored-replicas.js';
import { openSqliteStore } from './stores/sqlite/store.js';

/** Opens the journal of an estate; its hosts are connected when they are first asked. See `Drivers`. */
export async function openHosts({ estate, folder }: HostsOptions): Promise<World> {
  const store = openSqliteStore(resolve(folder, estate.store.sqlite));
  const shell = createSshShell(estate, new SharedConnections());
  const libvirt = openLibvirt({ estate, cordons: store.cordons, shell, now: () => systemClock.now() });
  const { hypervisor, backups, commits, mirrors } = libvirt;
  // With one site there is no other to hold replicas, and no host need be reachable by ssh.
  const replicas =
    Object.keys(estate.sites).length < 2
      ? noReplicas
      : createStoredReplicas({
          estate,
          hypervisor,
          backups,
          commits,
          mirrors,
          shell,
          sockets: createSshSocket(estate),
          clock: systemClock,
        });
  let closing: Promise<void> | undefined;
  return {
    ports: {
      hypervisor: { ...hypervisor, host: shareLooks((host, signal) => hypervisor.host(host, signal)) },
      shell,
      replicas,
      fencer: noFencer,
      prober: createProber({ guests: libvirt.guests, shell }),
      notifier: estate.mail === undefined ? noNotifier : createMailNotifier(estate.mail),
      clock: systemClock,
    },
    store,
    isSimulated: false,
    during: (work) => work,
    close: () => {
      closing ??= libvirt.close().finally(() => store.close());
      return closing;
    },
  };
}
