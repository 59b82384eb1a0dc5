import { FailureError } from '../../../model/failure.js';
import type { VmFacts } from '../../../model/inventory.js';
import type { CycleRequest, CycleTools } from './cycle-request.js';

/** What a point carries of its VM: the facts of now. */
export async function carriedFacts({
  vm,
  from,
  tools,
  signal,
}: Pick<CycleRequest, 'vm' | 'from' | 'signal'> & {
  readonly tools: Pick<CycleTools, 'hypervisor'>;
}): Promise<VmFacts> {
  const facts = await tools.hypervisor.vm(from.host, vm.id, signal);
  if (facts === undefined) {
    throw new FailureError({
      code: 'vm-not-found',
      kind: 'permanent',
      message: `Host ${from.host} has no VM ${vm.name} any more`,
      hint: 'look where it is',
    });
  }
  return { ...facts, seenOn: 'replica' };
}
