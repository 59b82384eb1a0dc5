/** Two sites with thousands of VMs, as inputs of a plan, for the benches that need no hosts. */

const HOSTS_PER_SITE = 50;
const VMS_PER_GROUP = 100;
const GIB = 2 ** 30;
const NOON = Date.UTC(2026, 0, 15, 12);

/** Two sites of 50 hosts, groups of 100 VMs that wait for one another over all priorities, and a replica of every VM. */
export function inputsOf(mode, size) {
  const norths = hostNames('north');
  const souths = hostNames('south');
  const isLost = mode === 'failover';
  const vms = Array.from({ length: size }, (_, index) => vmOf(index, norths[index % norths.length], isLost));
  return {
    runbook: runbookOf(mode, size),
    estate: {
      sites: { north: siteOf('north', norths), south: siteOf('south', souths) },
      links: {},
      tls: 'required',
      store: { sqlite: 'lifeboat.db' },
    },
    inventory: {
      at: NOON,
      hosts: [
        ...norths.map((name) => hostOf(name, 'north', isLost)),
        ...souths.map((name) => hostOf(name, 'south', false)),
      ],
      vms,
      replicas: vms.map(({ name }, index) => replicaOf(name, souths[index % souths.length])),
      authority: [],
    },
    request: { mode, by: 'bench', at: NOON },
    digests: { runbook: '', estate: '', inventory: '' },
  };
}

function runbookOf(mode, size) {
  const groups = Array.from({ length: size / VMS_PER_GROUP }, (_, index) => ({
    name: `group-${index}`,
    priority: 1 + Math.floor((index * 5 * VMS_PER_GROUP) / size),
    after: index % 10 === 0 ? [] : [`group-${index - 1}`],
    vms: index % 2 === 0 ? [{ glob: `vm-${index}-*` }] : [{ tag: `group=${index}` }],
    move: { ladder: ['live', 'throttle', 'post-copy'], maxDowntimeMs: 500, deadlineMs: 600_000 },
    ready: [{ probe: 'guest-agent', withinMs: 60_000 }],
  }));
  return {
    name: `bench-${mode}`,
    protect: { from: { site: 'north' }, to: { site: 'south' } },
    objectives: { rpoMs: 300_000, rtoMs: 3_600_000 },
    groups,
    keepApart: groups.slice(0, 10).map((_, index) => [{ name: `vm-${index}-0` }, { name: `vm-${index}-1` }]),
    keepTogether: [],
    limits: { perHost: 2, perLink: 4 },
    steps: [],
    triggers: [],
    guard: 'normal',
  };
}

function hostNames(site) {
  return Array.from({ length: HOSTS_PER_SITE }, (_, index) => `${site}-${index}`);
}

function siteOf(name, hosts) {
  return {
    name,
    hosts: Object.fromEntries(
      hosts.map((host) => [
        host,
        {
          name: host,
          site: name,
          uri: `qemu+ssh://${host}/system`,
          address: host,
          peerUri: `qemu+ssh://${host}/system`,
        },
      ]),
    ),
    networks: { prod: `br-prod-${name}`, drill: `br-drill-${name}` },
    images: '/var/lib/libvirt/images',
    replicas: '/var/lib/lifeboat/replicas',
  };
}

function hostOf(name, site, isLost) {
  return {
    name,
    site,
    observedAt: NOON,
    ...(isLost ? { unreachable: 'no route to host' } : {}),
    cpuModel: 'EPYC',
    cpuModels: ['EPYC'],
    cpuThreads: 256,
    memoryBytes: 4_096 * GIB,
    memoryFreeBytes: 4_096 * GIB,
    networks: [`br-prod-${site}`, `br-drill-${site}`],
    diskFreeBytes: 100_000 * GIB,
    isCordoned: false,
  };
}

function vmOf(index, host, isLost) {
  const group = Math.floor(index / VMS_PER_GROUP);
  const name = `vm-${group}-${index % VMS_PER_GROUP}`;
  const disk = {
    target: 'vda',
    path: `/var/lib/libvirt/images/${name}.qcow2`,
    format: 'qcow2',
    sizeBytes: 40 * GIB,
    usedBytes: 10 * GIB,
    isShared: false,
  };
  return {
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    name,
    site: 'north',
    host,
    observedAt: NOON,
    seenOn: isLost ? 'replica' : 'host',
    state: 'running',
    memoryBytes: (1 + (index % 16)) * GIB,
    vcpus: 1 + (index % 4),
    networks: ['br-prod-north'],
    disks: [disk],
    tags: [`group=${group}`],
    hasAutostart: true,
    hasAgent: true,
  };
}

function replicaOf(vm, host) {
  const points = Array.from({ length: 12 }, (_, index) => ({
    id: `${vm}-${index}`,
    vm,
    at: NOON - (12 - index) * 300_000,
    consistency: 'filesystem',
    sizeBytes: GIB,
    pinnedBy: [],
  }));
  return { vm, site: 'south', host, method: 'block-sync', state: 'in-sync', dataAsOf: NOON - 300_000, points };
}
