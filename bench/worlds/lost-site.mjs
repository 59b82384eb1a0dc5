/**
 * A simulated world whose site `north` is lost, with thousands of VMs whose replicas are at `south`, and an engine over
 * the real SQLite journal to fail them over: eight steps for each VM.
 */
import { rmSync } from 'node:fs';
import { createEngine } from '../../build/engine/create-engine.js';
import { readInventory } from '../../build/engine/inventory.js';
import { createWorld, restoreWorld } from '../../build/hypervisors/simulated/world.js';
import { plan } from '../../build/runbooks/plan.js';
import { thisHolder } from '../../build/stores/holder.js';
import { openSqliteStore } from '../../build/stores/sqlite/store.js';

const HOSTS_PER_SITE = 50;
const ATTESTED = { reason: 'the bench knows' };

export const runId = 'bench-failover';

export function makeWorld(vmCount) {
  const world = createWorld({ estate: estateOf(), seed: 1, spec: specOf(vmCount) });
  world.strike({ kind: 'site-dies', site: 'north' });
  return world;
}

export { restoreWorld };

export function openStore(file, { fresh }) {
  if (fresh) for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  return openSqliteStore(file);
}

export function engineOn(world, store) {
  return createEngine({ ports: world, estate: world.estate, store, holder: thisHolder(), newRunId: () => runId });
}

/** Lets virtual time pass until the work is done, and gives what it came to. */
export async function settle(world, engine, work) {
  await world.clock.run({ until: work.catch(() => undefined), isQuiet: () => !engine.isBusy() });
  return work;
}

export async function planFailover(world, engine, { store, vmCount }) {
  const signal = new AbortController().signal;
  const looking = readInventory({ ports: world, estate: world.estate, journal: store.journal, signal });
  const inventory = await settle(world, engine, looking);
  const hosts = Object.keys(world.estate.sites.north.hosts);
  const request = {
    mode: 'failover',
    by: 'bench',
    at: world.clock.now(),
    attested: hosts.map((host) => ({ host, ...ATTESTED })),
  };
  const digests = { runbook: '', estate: '', inventory: '' };
  const made = plan({ runbook: runbookOf(vmCount), estate: world.estate, inventory, request, digests });
  if (!('stages' in made)) throw new Error(`there is no plan: ${made[0].message}`);
  return made;
}

function estateOf() {
  const site = (name) => ({
    name,
    hosts: Object.fromEntries(
      Array.from({ length: HOSTS_PER_SITE }, (_, index) => {
        const host = `${name}-${index}`;
        const uri = `qemu+ssh://${host}/system`;
        return [host, { name: host, site: name, uri, address: host, peerUri: uri }];
      }),
    ),
    networks: { prod: 'br-prod', drill: 'br-drill' },
    images: '/var/lib/libvirt/images',
    replicas: '/var/lib/lifeboat/replicas',
  });
  return { sites: { north: site('north'), south: site('south') }, links: {}, tls: 'required', store: { sqlite: '' } };
}

function specOf(vmCount) {
  const hosts = (name) =>
    Array.from({ length: HOSTS_PER_SITE }, (_, index) => [
      `${name}-${index}`,
      { memoryBytes: 2 ** 42, cpuThreads: 512 },
    ]);
  return {
    controllerSite: 'south',
    hosts: Object.fromEntries([...hosts('north'), ...hosts('south')]),
    vms: Array.from({ length: vmCount }, (_, index) => ({
      name: `vm-${index}`,
      host: `north-${index % HOSTS_PER_SITE}`,
    })),
    replicas: Array.from({ length: vmCount }, (_, index) => ({
      vm: `vm-${index}`,
      to: { site: 'south', host: `south-${index % HOSTS_PER_SITE}` },
      method: 'block-sync',
    })),
  };
}

function runbookOf(vmCount) {
  const groups = [1, 2, 3, 4, 5].map((priority) => ({
    name: `priority-${priority}`,
    priority,
    after: [],
    vms: Array.from({ length: vmCount / 5 }, (_, index) => ({ name: `vm-${index * 5 + priority - 1}` })),
    move: { ladder: ['live'], maxDowntimeMs: 500, deadlineMs: 600_000 },
    ready: [
      { probe: 'guest-agent', withinMs: 60_000 },
      { probe: 'tcp', port: 22, withinMs: 60_000 },
    ],
  }));
  return {
    name: 'bench',
    protect: { from: { site: 'north' }, to: { site: 'south' } },
    objectives: {},
    groups,
    keepApart: [],
    keepTogether: [],
    limits: { perHost: 8, perLink: 64 },
    steps: [],
    triggers: [],
    guard: 'normal',
  };
}
