import type { WorldSpec } from '../../src/hypervisors/simulated/world-spec.js';
import type { Estate, Host, Site } from '../../src/model/estate.js';

/** `whole` everything is well · `shut-off` the VM is off · `north-lost` the power of the protected site is gone. */
export type WorldName = 'whole' | 'shut-off' | 'north-lost';

function hostOf(name: string, site: string): Host {
  return {
    name,
    site,
    uri: `qemu+ssh://root@${name}/system`,
    address: name,
    peerUri: `qemu+tls://${name}/system`,
    fence: { agent: 'fence_ipmilan', options: { ip: `${name}-bmc` } },
  };
}

function siteOf(name: string, hosts: readonly string[]): Site {
  return {
    name,
    hosts: Object.fromEntries(hosts.map((each) => [each, hostOf(each, name)])),
    networks: { prod: `br-${name}`, drill: 'br-drill' },
    images: '/var/lib/libvirt/images',
    replicas: '/var/lib/lifeboat/replicas',
  };
}

export const estate: Estate = {
  sites: { north: siteOf('north', ['north-1', 'north-2']), south: siteOf('south', ['south-1']) },
  links: {},
  tls: 'required',
  store: { sqlite: ':memory:' },
};

const base: WorldSpec = {
  controllerSite: 'south',
  vms: [{ name: 'db-1', id: '00000000-0000-4000-8000-0000000000d1', host: 'north-1' }],
  replicas: [
    {
      vm: 'db-1',
      to: { site: 'south', host: 'south-1' },
      method: 'block-sync',
      everyMs: 86_400_000,
      pointAgeMs: 60_000,
    },
  ],
};

/** What each world is made of. The periodic sync is far away, so that what happens is the steps' own doing. */
export const worldSpecs: Readonly<Record<WorldName, WorldSpec>> = {
  whole: base,
  'shut-off': { ...base, vms: (base.vms ?? []).map((vm) => ({ ...vm, state: 'shut-off' as const })) },
  'north-lost': { ...base, faults: [{ at: 1, fault: { kind: 'site-dies', site: 'north' } }] },
};
