import { ConnectListAllDomainsFlags, DomainStatsTypes, ErrorNumber, type Libvirt, LibvirtError } from 'node-libvirt';
import type { HostFacts, VmFacts } from '../../model/inventory.js';
import type { HostInventory } from '../hypervisor.js';
import { describeDomain } from './domain-description.js';
import { child, children, parseXml } from './domain-xml.js';
import type { Surroundings } from './host-surroundings.js';
import { type VmSighting, vmFactsOf } from './vm-facts.js';

/** What is known of a host before it is looked at, or learnt beside libvirt. */
export interface HostAbout {
  readonly name: string;
  readonly site: string;
  readonly images: string;
  /** Networks that the estate says are there: taken where nobody can look. */
  readonly declaredNetworks: readonly string[];
  readonly isCordoned: boolean;
  readonly surroundings: Surroundings | undefined;
  readonly now: number;
}

/** What libvirt says in one look: two rounds of questions, however many VMs there are. */
export interface HostAnswers {
  readonly node: Awaited<ReturnType<Libvirt['nodeGetInfo']>>;
  readonly cpuModels: readonly string[];
  readonly cpuModel: string;
  readonly networks: readonly string[];
  /** Free bytes of the pool at the images folder; undefined when there is no such pool. */
  readonly poolFreeBytes: number | undefined;
  readonly vms: readonly SeenVm[];
}

type SeenVm = Pick<VmSighting, 'description' | 'stats' | 'hasAutostart'>;

const wanted = DomainStatsTypes.STATE | DomainStatsTypes.BALLOON | DomainStatsTypes.VCPU | DomainStatsTypes.BLOCK;

/** Asks everything at once, and then the definition of every VM: libvirt gives those one by one only. */
export async function askHost(libvirt: Libvirt, images: string): Promise<HostAnswers> {
  const [node, kvm, qemu, networks, poolFreeBytes, stats, autostarted] = await Promise.all([
    libvirt.nodeGetInfo(),
    capabilities(libvirt, 'kvm'),
    capabilities(libvirt, 'qemu'),
    libvirt.connectListAllNetworks({ flags: 0 }),
    poolFree(libvirt, images),
    libvirt.connectGetAllDomainStats({ stats: wanted }),
    libvirt.connectListAllDomains({ flags: ConnectListAllDomainsFlags.AUTOSTART }),
  ]);
  const autostarting = new Set(autostarted.map(({ uuid }) => uuid));
  const vms = await Promise.all(
    stats.map(async ({ dom, params }) => {
      const xml = await unlessGone(libvirt.domainGetXMLDesc({ dom }));
      const hasAutostart = autostarting.has(dom.uuid);
      return xml === undefined ? [] : [{ description: describeDomain(xml), stats: params, hasAutostart }];
    }),
  );
  return {
    node,
    cpuModels: [...new Set([...kvm.usable, ...qemu.usable])],
    cpuModel: kvm.model ?? qemu.model ?? node.model,
    networks: networks.map(({ name }) => name),
    poolFreeBytes,
    vms: vms.flat(),
  };
}

/** One VM; undefined when the host does not know it. */
export async function askVm(libvirt: Libvirt, id: string): Promise<SeenVm | undefined> {
  const dom = await unlessGone(libvirt.domainLookupByUUID({ uuid: id }));
  if (dom === undefined) {
    return undefined;
  }
  const [xml, stats, hasAutostart] = await Promise.all([
    unlessGone(libvirt.domainGetXMLDesc({ dom })),
    unlessGone(libvirt.connectGetAllDomainStats({ doms: [dom], stats: wanted })),
    unlessGone(libvirt.domainGetAutostart({ dom })),
  ]);
  const params = stats?.[0]?.params;
  return xml === undefined || params === undefined
    ? undefined
    : { description: describeDomain(xml), stats: params, hasAutostart: hasAutostart === true };
}

/** The inventory of a host from what was answered. */
export function hostInventory(answers: HostAnswers, about: HostAbout): HostInventory {
  const { name, site, now } = about;
  const vms = answers.vms.map((seen) => vmFactsOf({ ...seen, at: { site, host: name }, observedAt: now }));
  return { facts: factsOf(answers, about, vms), vms };
}

function factsOf(answers: HostAnswers, about: HostAbout, vms: readonly VmFacts[]): HostFacts {
  const { node } = answers;
  const memoryBytes = node.memory * 1024;
  const promised = vms
    .filter(({ state }) => state === 'running' || state === 'paused')
    .reduce((sum, vm) => sum + vm.memoryBytes, 0);
  const bridges = about.surroundings?.bridges ?? about.declaredNetworks;
  return {
    name: about.name,
    site: about.site,
    observedAt: about.now,
    cpuModel: answers.cpuModel,
    cpuModels: answers.cpuModels,
    cpuThreads: node.cpus,
    memoryBytes,
    memoryFreeBytes: Math.max(0, memoryBytes - promised),
    networks: [...new Set([...answers.networks, ...bridges, ...vms.flatMap(({ networks }) => networks)])].toSorted(),
    // Where nobody can tell, the move itself finds out before it begins.
    diskFreeBytes: about.surroundings?.diskFreeBytes ?? answers.poolFreeBytes ?? Number.MAX_SAFE_INTEGER,
    isCordoned: about.isCordoned,
  };
}

/** What a host's domain capabilities say of CPUs. */
interface CpuOffer {
  readonly usable: readonly string[];
  readonly model?: string;
}

/** CPU models that a VM of this kind may ask for; none where the host does not offer the kind. */
async function capabilities(libvirt: Libvirt, virttype: 'kvm' | 'qemu'): Promise<CpuOffer> {
  try {
    return cpuOffer(await libvirt.connectGetDomainCapabilities({ virttype }));
  } catch (error) {
    if (error instanceof LibvirtError) {
      return { usable: [] };
    }
    throw error;
  }
}

/** Reads domain capabilities. Hosts of a kind say the same, and it is long, so that what was just read is not read again. */
function cpuOffer(xml: string): CpuOffer {
  const known = recentOffers.get(xml);
  if (known !== undefined) {
    return known;
  }
  const root = parseXml(xml);
  const modes = children(child(root, 'cpu') ?? root, 'mode');
  const named = (name: string) => modes.find((mode) => mode.getAttribute('name') === name);
  const custom = named('custom');
  const hostModel = named('host-model');
  const model = hostModel === undefined ? undefined : child(hostModel, 'model')?.textContent;
  const offer = {
    usable: (custom === undefined ? [] : children(custom, 'model')).flatMap((each) =>
      each.getAttribute('usable') === 'yes' ? [each.textContent ?? ''] : [],
    ),
    ...(model ? { model } : {}),
  };
  if (recentOffers.size >= recentOffersMax) {
    recentOffers.clear();
  }
  recentOffers.set(xml, offer);
  return offer;
}

const recentOffersMax = 16;
const recentOffers = new Map<string, CpuOffer>();

async function poolFree(libvirt: Libvirt, path: string): Promise<number | undefined> {
  try {
    const pool = await libvirt.storagePoolLookupByTargetPath({ path });
    const { available } = await libvirt.storagePoolGetInfo({ pool });
    return available;
  } catch (error) {
    if (error instanceof LibvirtError) {
      return undefined;
    }
    throw error;
  }
}

async function unlessGone<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof LibvirtError && error.number === ErrorNumber.NO_DOMAIN) {
      return undefined;
    }
    throw error;
  }
}
