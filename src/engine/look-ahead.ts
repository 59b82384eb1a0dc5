import { FailureError } from '../model/failure.js';
import type { VmFacts } from '../model/inventory.js';
import type { Prospect } from '../model/prospect.js';
import type { Ports } from '../steps/step-type.js';

/** Two hosts between which VMs may move. */
export interface HostPair {
  readonly source: string;
  readonly target: string;
}

interface Looking {
  readonly hypervisor: Ports['hypervisor'];
  readonly signal: AbortSignal;
}

/** What stands against moves between these hosts; left out of a pair that cannot be asked, whose hosts' own facts say so. */
export async function prospectsOf(
  pairs: readonly HostPair[],
  { hypervisor, signal }: Looking,
): Promise<readonly Prospect[]> {
  const found = await Promise.all(
    pairs.map(({ source, target }) => unlessUnreachable(hypervisor.prospect(source, target, signal))),
  );
  return found.flatMap((prospect) => prospect ?? []);
}

/** Bytes of memory per second that each running VM of a host dirties now, by id; nothing where nobody can measure. */
export async function dirtyRatesOf(
  host: string,
  { hypervisor, signal }: Looking,
): Promise<ReadonlyMap<string, number>> {
  return (await unlessUnreachable(hypervisor.dirtyRates(host, signal))) ?? new Map();
}

/** The VM with the memory that it dirties, where that was measured. */
export function withDirtyRate(vm: VmFacts, rates: ReadonlyMap<string, number>): VmFacts {
  const rate = rates.get(vm.id);
  return rate === undefined ? vm : { ...vm, dirtyBytesPerSecond: rate };
}

async function unlessUnreachable<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof FailureError && error.failure.kind === 'transient') {
      return undefined;
    }
    throw error;
  }
}
