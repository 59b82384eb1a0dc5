import {
  ConnectListAllDomainsFlags,
  type Domain,
  DomainStatsTypes,
  type Libvirt,
  LibvirtError,
  valuesByField,
} from 'node-libvirt';

/** How long QEMU samples the memory: the shortest that libvirt takes. */
const sampleSeconds = 1;
const lookEveryMs = 50;
/** QEMU may begin late on a busy host. */
const giveUpAfterMs = 3_000;
/** VIR_DOMAIN_DIRTYRATE_MEASURED */
const measured = 2;

interface Sampling {
  readonly signal: AbortSignal;
  /** Resolves after so many ms, or when the signal is aborted. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Bytes per second, by id, of the VMs that run and that QEMU can measure. */
export async function dirtyRates(libvirt: Libvirt, { signal, pause }: Sampling): Promise<ReadonlyMap<string, number>> {
  const doms = await libvirt.connectListAllDomains({ flags: ConnectListAllDomainsFlags.RUNNING });
  const [begun] = await Promise.all([
    Promise.all(doms.map((dom) => begins(libvirt, dom))),
    doms.length === 0 ? undefined : pause(sampleSeconds * 1_000),
  ]);
  const sampled = doms.filter((_, index) => begun[index]);
  const rates = new Map<string, number>();
  for (let waitedMs = 0; rates.size < sampled.length && waitedMs < giveUpAfterMs && !signal.aborted; ) {
    const left = sampled.filter(({ uuid }) => !rates.has(uuid));
    for (const { dom, params } of await libvirt.connectGetAllDomainStats({
      doms: left,
      stats: DomainStatsTypes.DIRTYRATE,
    })) {
      const values = valuesByField(params);
      if (Number(values.get('dirtyrate.calc_status') ?? 0) === measured) {
        rates.set(dom.uuid, Number(values.get('dirtyrate.megabytes_per_second') ?? 0) * 2 ** 20);
      }
    }
    if (rates.size < sampled.length) {
      await pause(lookEveryMs);
      waitedMs += lookEveryMs;
    }
  }
  return rates;
}

/** Whether it is being measured now; a VM that is on its way elsewhere, or gone, is not. */
async function begins(libvirt: Libvirt, dom: Domain): Promise<boolean> {
  try {
    await libvirt.domainStartDirtyRateCalc({ dom, seconds: sampleSeconds });
    return true;
  } catch (error) {
    if (error instanceof LibvirtError) {
      return false;
    }
    throw error;
  }
}
