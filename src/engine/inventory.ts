import type { Estate } from '../model/estate.js';
import { hostsOf } from '../model/estate.js';
import { FailureError } from '../model/failure.js';
import type { HostFacts, Inventory, VmFacts } from '../model/inventory.js';
import type { Replica } from '../model/replica.js';
import type { Ports } from '../steps/step-type.js';
import type { Journal } from '../stores/journal.js';
import { authorityLedger } from './ledger.js';

export interface InventoryOptions {
  readonly ports: Pick<Ports, 'hypervisor' | 'replicas' | 'clock'>;
  readonly estate: Estate;
  readonly journal: Pick<Journal, 'select'>;
  readonly signal: AbortSignal;
}

/**
 * Looks at every host and every replica of the estate, all at once. A host that cannot be reached is a fact with its
 * reason, not a failure; its VMs are then known by what their newest recovery points carry. Rejects when the journal
 * cannot be read.
 */
export async function readInventory({ ports, estate, journal, signal }: InventoryOptions): Promise<Inventory> {
  const hosts = await Promise.all(
    Object.values(hostsOf(estate)).map((host) => lookAtHost(host, ports, AbortSignal.any([signal]))),
  );
  const sites = Object.keys(estate.sites);
  const replicas = await Promise.all(sites.map((site) => reachable(ports.replicas.list(site, signal), [])));
  const carried = await Promise.all(sites.map((site) => reachable(ports.replicas.carried(site, signal), [])));
  const seen = hosts.flatMap(({ vms }) => vms);
  return {
    at: ports.clock.now(),
    hosts: hosts.map(({ facts }) => facts),
    vms: [...seen, ...unseen(seen, carried.flat())],
    replicas: replicas.flat() satisfies Replica[],
    authority: [...authorityLedger(await journal.select(['authority.moved'])).values()],
  };
}

async function lookAtHost(
  host: { readonly name: string; readonly site: string },
  { hypervisor, clock }: InventoryOptions['ports'],
  signal: AbortSignal,
): Promise<{ readonly facts: HostFacts; readonly vms: readonly VmFacts[] }> {
  try {
    return await hypervisor.host(host.name, signal);
  } catch (error) {
    if (!(error instanceof FailureError)) {
      throw error;
    }
    return { facts: unreachableHost(host, { at: clock.now(), reason: error.failure.message }), vms: [] };
  }
}

function unreachableHost(
  { name, site }: { readonly name: string; readonly site: string },
  { at, reason }: { readonly at: number; readonly reason: string },
): HostFacts {
  return {
    name,
    site,
    observedAt: at,
    unreachable: reason,
    cpuModel: '',
    cpuModels: [],
    cpuThreads: 0,
    memoryBytes: 0,
    memoryFreeBytes: 0,
    networks: [],
    diskFreeBytes: 0,
    isCordoned: false,
  };
}

/** What replicas carry of VMs that no host showed. */
function unseen(seen: readonly VmFacts[], carried: readonly VmFacts[]): readonly VmFacts[] {
  const ids = new Set(seen.map(({ id }) => id));
  return [...new Map(carried.map((vm) => [vm.id, vm])).values()].filter(({ id }) => !ids.has(id));
}

/** The answer, or what stands for it when the hosts that have it cannot be reached; their own facts say so. */
async function reachable<Answer>(answer: Promise<Answer>, otherwise: Answer): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof FailureError && error.failure.kind === 'transient') {
      return otherwise;
    }
    throw error;
  }
}
