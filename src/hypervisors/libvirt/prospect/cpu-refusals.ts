import { ConnectCompareCPUFlags, ErrorNumber, type Libvirt, LibvirtError } from 'node-libvirt';
import type { DomainNeeds } from './domain-needs.js';

/**
 * Asks a host whether its CPU serves VMs, each sort of CPU once. By the VM's id, libvirt's words for what is lacking; VMs that
 * it serves, and those of which libvirt cannot tell, such as those with the CPU of their host, are left out.
 */
export async function cpuRefusals(libvirt: Libvirt, vms: readonly DomainNeeds[]): Promise<ReadonlyMap<string, string>> {
  const sorts = new Map<string, Promise<string | undefined>>();
  const answers = await Promise.all(
    vms.map(async (needs) => {
      const { id, kind, arch, machine, cpuXml } = needs;
      if (cpuXml === undefined || cpuXml.includes('mode="host-passthrough"')) {
        return [];
      }
      const key = `${kind} ${arch} ${machine} ${cpuXml}`;
      const refusal = sorts.get(key) ?? refusalOf(libvirt, { ...needs, cpuXml });
      sorts.set(key, refusal);
      const words = await refusal;
      return words === undefined ? [] : [[id, words] as const];
    }),
  );
  return new Map(answers.flat());
}

async function refusalOf(
  libvirt: Libvirt,
  { kind, arch, machine, cpuXml }: DomainNeeds & { readonly cpuXml: string },
): Promise<string | undefined> {
  try {
    await libvirt.connectCompareHypervisorCPU({
      arch,
      machine: machine === '' ? null : machine,
      virttype: kind,
      xmlCPU: cpuXml,
      flags: ConnectCompareCPUFlags.FAIL_INCOMPATIBLE,
    });
    return undefined;
  } catch (error) {
    if (error instanceof LibvirtError) {
      return error.number === ErrorNumber.CPU_INCOMPATIBLE ? error.message : undefined;
    }
    throw error;
  }
}
