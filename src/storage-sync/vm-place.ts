import { type Estate, hostsOf, type Site } from '../model/estate.js';
import { FailureError } from '../model/failure.js';
import type { VmFacts } from '../model/inventory.js';
import type { Place } from '../model/place.js';

export interface Sought {
  readonly vm: string;
  /** UUID, when a replica tells it; else the VM is sought by its name at `from` alone. */
  readonly id: string | undefined;
  /** Where it is expected. */
  readonly from: Place;
  /** The site of `from`. */
  readonly site: Site;
}

/** What is asked of hosts; a hypervisor does it. */
export interface VmLooks {
  host(host: string, signal: AbortSignal): Promise<{ readonly vms: readonly VmFacts[] }>;
  vm(host: string, id: string, signal: AbortSignal): Promise<VmFacts | undefined>;
}

/**
 * Where the VM is whose disks are to be read: where it is expected when it is live there, else at the host of the site that
 * has it live, else where it is expected to be shut off. A host that cannot be asked may have it live, so then it rejects:
 * disks that a VM has left are never taken for its present ones.
 */
export async function findVm(
  { vm, id, from, site }: Sought,
  hypervisor: VmLooks,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly host: string } | undefined> {
  const expected =
    id === undefined
      ? (await hypervisor.host(from.host, signal)).vms.find(({ name }) => name === vm)
      : await hypervisor.vm(from.host, id, signal);
  const known = expected?.id ?? id;
  if (known === undefined) {
    return undefined;
  }
  if (expected !== undefined && isLive(expected)) {
    return { id: known, host: from.host };
  }
  const others = Object.keys(site.hosts).filter((host) => host !== from.host);
  const looks = await Promise.all(
    others.map(async (host) => ({ host, facts: await hypervisor.vm(host, known, signal) })),
  );
  const live = looks.find(({ facts }) => facts !== undefined && isLive(facts));
  // What has it shut off elsewhere is taken only when nobody has it where it is expected.
  const found = live ?? (expected === undefined ? looks.find(({ facts }) => facts !== undefined) : { host: from.host });
  return found === undefined ? undefined : { id: known, host: found.host };
}

function isLive({ state }: VmFacts): boolean {
  return state !== 'shut-off';
}

/** The site that a host of the estate belongs to. Throws `host-not-found`. */
export function siteOf(estate: Estate, host: string): Site {
  const site = Object.values(estate.sites).find(({ hosts }) => hosts[host] !== undefined);
  if (site === undefined) {
    throw new FailureError({
      code: 'host-not-found',
      kind: 'permanent',
      message: `the estate has no host ${host}`,
      hint: `it has ${Object.keys(hostsOf(estate)).join(', ')}`,
    });
  }
  return site;
}
