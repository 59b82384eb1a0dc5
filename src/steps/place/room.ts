import type { Finding } from '../../model/finding.js';
import type { HostFacts } from '../../model/inventory.js';
import type { PlaceInput } from '../../model/step-input.js';
import { formatSize } from '../../model/units.js';
import { blocker } from '../host-findings.js';

/** Everything that speaks against placing the VM on a host with these facts, in one go. Pure. */
export function roomFindings(input: PlaceInput, facts: HostFacts): readonly Finding[] {
  const { name } = facts;
  const against = (code: string, message: string): Finding => blocker(code, name, message);
  const findings = [
    facts.isCordoned && against('host-cordoned', `${name} is cordoned`),
    facts.memoryFreeBytes < input.memoryBytes &&
      against(
        'no-memory',
        `${name} has ${formatSize(facts.memoryFreeBytes)} of memory free and ${formatSize(input.memoryBytes)} are needed`,
      ),
    facts.cpuThreads < input.vcpus &&
      against('no-cpu', `${name} has ${facts.cpuThreads} CPU threads and ${input.vcpus} are needed`),
    input.cpuModel !== undefined &&
      !facts.cpuModels.includes(input.cpuModel) &&
      against('cpu-model-missing', `${name} cannot offer the CPU model ${input.cpuModel}`),
    facts.diskFreeBytes < input.diskBytes &&
      against(
        'no-space',
        `${name} has ${formatSize(facts.diskFreeBytes)} of disk space free and ${formatSize(input.diskBytes)} are needed`,
      ),
    ...input.networks
      .filter((network) => !facts.networks.includes(network))
      .map((network) => against('network-missing', `${name} has no network ${network}`)),
  ];
  return findings.filter((finding) => finding !== false);
}
