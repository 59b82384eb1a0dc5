import type { HostFacts, Inventory, VmFacts } from '../model/inventory.js';
import type { FoundHost } from '../runbooks/init.js';

/** Two sites of two hosts each, for who has no estate yet and wants to see one. */
export const sampleHosts: readonly FoundHost[] = [
  sampleHost('north', 1, '10.9.0.11'),
  sampleHost('north', 2, '10.9.0.12'),
  sampleHost('south', 1, '10.9.1.11'),
  sampleHost('south', 2, '10.9.1.12'),
];

/** What a look at the sample hosts would find: a small service on a host, whatever the site is called. */
export function sampleInventory({ name: host, site }: Pick<FoundHost, 'name' | 'site'>): Inventory {
  return {
    at: 0,
    hosts: sampleHosts.map(hostFacts),
    vms: ['db-1', 'db-2', 'web-1', 'web-2', 'web-3'].map((name) => vmFacts(name, { host, site })),
    replicas: [],
    authority: [],
  };
}

function sampleHost(site: string, number: number, ip: string): FoundHost {
  const name = `${site}-${number}`;
  const password = '{ file: /etc/lifeboat/ipmi.secret }';
  return {
    name,
    site,
    uri: `qemu+ssh://root@${name}/system`,
    fence: `{ agent: fence_ipmilan, options: { ip: ${ip}, username: ops, password: ${password} } }`,
  };
}

function hostFacts({ name, site }: FoundHost): HostFacts {
  return {
    name,
    site,
    observedAt: 0,
    cpuModel: '',
    cpuModels: [],
    cpuThreads: 0,
    memoryBytes: 0,
    memoryFreeBytes: 0,
    diskFreeBytes: 0,
    networks: ['prod', 'drill'],
    isCordoned: false,
  };
}

function vmFacts(name: string, place: { readonly host: string; readonly site: string }): VmFacts {
  return {
    id: name,
    name,
    ...place,
    observedAt: 0,
    seenOn: 'host',
    state: 'running',
    memoryBytes: 0,
    vcpus: 1,
    networks: [],
    disks: [],
    tags: [],
    hasAgent: true,
    hasAutostart: false,
  };
}
