import type { Estate } from '../../model/estate.js';
import type { VmFacts } from '../../model/inventory.js';
import type { Backups } from '../backups.js';
import type { BlockCommits } from '../block-commits.js';
import type { HostShell } from '../host-shell.js';
import type { HostInventory, Hypervisor } from '../hypervisor.js';
import type { Mirrors } from '../mirrors.js';
import { backupsOf } from './backup/backups.js';
import { blockCommitsOf } from './block-commits.js';
import { Connections } from './connections.js';
import { asked } from './failures.js';
import { type Guests, guestsOf } from './guests.js';
import { askHost, askVm, hostInventory } from './host-look.js';
import { surroundingsOf } from './host-surroundings.js';
import { migrationsOf } from './migration/migrations.js';
import { mirrorsOf } from './mirror/mirrors.js';
import { prospectsOf } from './prospect/prospects.js';
import { vmFactsOf } from './vm-facts.js';
import { vmsOf } from './vms.js';

/** Keeps which hosts are cordoned: libvirt has no such mark. */
export interface CordonMarks {
  list(): Promise<ReadonlySet<string>>;
  set(host: string, isCordoned: boolean): Promise<void>;
}

export interface LibvirtOptions {
  readonly estate: Estate;
  readonly cordons: CordonMarks;
  /** For what libvirt does not tell of a host; where it cannot be used, less is known and said. */
  readonly shell: HostShell;
  /** ms since the epoch. */
  readonly now: () => number;
}

export interface Libvirt {
  readonly hypervisor: Hypervisor;
  readonly guests: Guests;
  readonly backups: Backups;
  readonly commits: BlockCommits;
  readonly mirrors: Mirrors;
  /** Ends all connections. What hosts have begun they go on doing. */
  close(): Promise<void>;
}

/** The hosts of an estate over libvirt's own protocol. Nothing is connected before something is asked. */
export function openLibvirt(options: LibvirtOptions): Libvirt {
  const { estate, cordons } = options;
  const connections = new Connections({ estate });
  return {
    hypervisor: {
      host: (host, signal) => lookAtHost(options, { connections, host, signal }),
      vm: (host, id, signal) => lookAtVm(options, { connections, host, signal, id }),
      ...vmsOf(connections),
      ...migrationsOf({ connections, estate, now: options.now }),
      ...prospectsOf({ connections, estate, shell: options.shell, now: options.now }),
      cordon: async (host, isCordoned) => {
        connections.host(host);
        await cordons.set(host, isCordoned);
      },
    },
    guests: guestsOf(connections),
    backups: backupsOf(connections),
    commits: blockCommitsOf(connections),
    mirrors: mirrorsOf(connections),
    close: () => connections.close(),
  };
}

interface Look {
  readonly connections: Connections;
  readonly host: string;
  readonly signal: AbortSignal;
}

async function lookAtHost(options: LibvirtOptions, { connections, host, signal }: Look): Promise<HostInventory> {
  const { name, site } = connections.host(host);
  const { images = '', networks = {} } = options.estate.sites[site] ?? {};
  const asking = { host, what: 'tell what it has', signal };
  // Logging in to a shell takes longer than libvirt does, and is worth it only where that answers.
  const libvirt = await asked(asking, () => connections.to(host, 'query', signal));
  const [answers, surroundings, marks] = await Promise.all([
    asked(asking, () => askHost(libvirt, images)),
    surroundingsOf(options.shell, { host, images }, signal),
    options.cordons.list(),
  ]);
  return hostInventory(answers, {
    name,
    site,
    images,
    declaredNetworks: Object.values(networks),
    isCordoned: marks.has(name),
    surroundings,
    now: options.now(),
  });
}

async function lookAtVm(
  { now }: LibvirtOptions,
  { connections, host, signal, id }: Look & { readonly id: string },
): Promise<VmFacts | undefined> {
  const { site } = connections.host(host);
  const seen = await asked({ host, what: 'look at a VM', signal }, async () =>
    askVm(await connections.to(host, 'query', signal), id),
  );
  return seen === undefined ? undefined : vmFactsOf({ ...seen, at: { site, host }, observedAt: now() });
}
