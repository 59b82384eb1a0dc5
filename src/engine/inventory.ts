import type { Estate } from '../model/estate.js';
import { hostsOf } from '../model/estate.js';
import { FailureError } from '../model/failure.js';
import type { HostFacts, Inventory, VmFacts } from '../model/inventory.js';
import type { Replica } from '../model/replica.js';
import type { Ports } from '../steps/step-type.js';
import type { Journal } from '../stores/journal.js';
import { authorityLedger, formerPlaces } from './ledger.js';
import { dirtyRatesOf, type HostPair, prospectsOf, withDirtyRate } from './look-ahead.js';

export interface InventoryOptions {
  readonly ports: Pick<Ports, 'hypervisor' | 'replicas' | 'clock'>;
  readonly estate: Estate;
  readonly journal: Pick<Journal, 'select'>;
  readonly signal: AbortSignal;
  /**
   * Between which hosts VMs may move: those pairs are looked at for what stands against it, and the VMs of the sources for how
   * fast they dirty their memory. Default none.
   */
  readonly moves?: readonly HostPair[];
}

/**
 * Looks at every host and every replica of the estate, all at once. A host that cannot be reached is a fact with its
 * reason, not a failure; its VMs are then known by what their newest recovery points carry. Rejects when the journal
 * cannot be read, and when replicas do not answer in time: nothing may be planned as if there were none.
 */
export async function readInventory(options: InventoryOptions): Promise<Inventory> {
  const { ports, estate, journal, signal, moves = [] } = options;
  const sources = new Set(moves.map(({ source }) => source));
  const looks = Promise.all(
    Object.values(hostsOf(estate)).map((host) =>
      inTime({ what: `host ${host.name}`, kind: 'transient' }, { ports, signal }, (own) =>
        lookAtHost(host, { ...ports, isSource: sources.has(host.name) }, own),
      ),
    ),
  );
  const ahead = inTime({ what: 'what stands against the moves', kind: 'transient' }, { ports, signal }, (own) =>
    prospectsOf(moves, { hypervisor: ports.hypervisor, signal: own }),
  );
  const [hosts, prospects] = await Promise.all([looks, ahead]);
  const ofSites = <Fact>(ask: (site: string, own: AbortSignal) => Promise<readonly Fact[]>) =>
    Promise.all(
      Object.keys(estate.sites).map((site) =>
        inTime({ what: `the replicas of site ${site}`, kind: 'precondition' }, { ports, signal }, (own) =>
          reachable(ask(site, own), []),
        ),
      ),
    );
  const replicas = await ofSites((site, own) => ports.replicas.list(site, own));
  const carried = await ofSites((site, own) => ports.replicas.carried(site, own));
  const seen = hosts.flatMap(({ vms }) => vms);
  const moved = await journal.select(['authority.moved']);
  return {
    at: ports.clock.now(),
    hosts: hosts.map(({ facts }) => facts),
    vms: [...seen, ...unseen(seen, carried.flat())],
    replicas: replicas.flat() satisfies Replica[],
    authority: [...authorityLedger(moved).values()],
    prospects,
    formerPlaces: formerPlaces(moved),
  };
}

/** How long a host or a site's replicas may take to answer, in milliseconds. */
const lookLimitMs = 30_000;

/** Asks with a limit of time. What does not answer within it rejects, or is a fact for whoever takes it for one. */
async function inTime<Answer>(
  { what, kind }: { readonly what: string; readonly kind: 'transient' | 'precondition' },
  { ports, signal }: Pick<InventoryOptions, 'ports' | 'signal'>,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const limit = new AbortController();
  const late = new FailureError({
    code: 'host-unreachable',
    kind,
    message: `${what} did not answer within ${lookLimitMs / 1_000} s`,
    hint: 'see whether libvirt answers there, then try again',
  });
  const forget = ports.clock.at(ports.clock.now() + lookLimitMs, () => limit.abort(late));
  try {
    return await ask(AbortSignal.any([signal, limit.signal]));
  } finally {
    forget();
  }
}

async function lookAtHost(
  host: { readonly name: string; readonly site: string },
  { hypervisor, clock, isSource }: InventoryOptions['ports'] & { readonly isSource: boolean },
  signal: AbortSignal,
): Promise<{ readonly facts: HostFacts; readonly vms: readonly VmFacts[] }> {
  try {
    // Measuring takes longest, so that it is begun first.
    const [rates, { facts, vms }] = await Promise.all([
      isSource ? dirtyRatesOf(host.name, { hypervisor, signal }) : new Map<string, number>(),
      hypervisor.host(host.name, signal),
    ]);
    return { facts, vms: vms.map((vm) => withDirtyRate(vm, rates)) };
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
