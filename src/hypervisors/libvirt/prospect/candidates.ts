import { type Domain, DomainJobType, ErrorNumber, type Libvirt, LibvirtError } from 'node-libvirt';
import { type DomainNeeds, needsOf } from './domain-needs.js';
import type { Candidate } from './obstacles.js';

/** What a source says of one of its VMs by itself; the rest of a candidate is the target's to say. */
export type SourceVm = Omit<Candidate, 'cpuRefusal' | 'shared'>;

/** Looks at every VM of a host: some short questions each, all asked at once. One that goes meanwhile is left out. */
export async function sourceVms(libvirt: Libvirt): Promise<readonly SourceVm[]> {
  const all = await libvirt.connectListAllDomains();
  const looks = await Promise.all(all.map((dom) => unlessGone(sourceVm(libvirt, dom))));
  return looks.flatMap((vm) => vm ?? []);
}

async function sourceVm(libvirt: Libvirt, dom: Domain): Promise<SourceVm> {
  const isRunning = dom.id > 0;
  const [xml, snapshots, hasManagedSave, isPersistent, job] = await Promise.all([
    libvirt.domainGetXMLDesc({ dom }),
    libvirt.domainListAllSnapshots({ dom }),
    libvirt.domainHasManagedSaveImage({ dom }),
    libvirt.domainIsPersistent({ dom }),
    isRunning ? libvirt.domainGetJobInfo({ dom }) : undefined,
  ]);
  const needs: DomainNeeds = needsOf(xml);
  return {
    needs,
    isRunning,
    snapshots: snapshots.map(({ name }) => name),
    hasManagedSave,
    isPersistent,
    hasJob: job?.type === DomainJobType.BOUNDED || job?.type === DomainJobType.UNBOUNDED,
  };
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
