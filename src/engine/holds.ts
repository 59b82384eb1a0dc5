import type { Journal } from '../stores/journal.js';

/**
 * Which run asks that a VM's replication holds: every run that is open and acts on the VM, from its plan to its end, also
 * while it waits or nobody has it. A drill asks nothing: replication goes on throughout.
 */
export function createHolds(journal: Pick<Journal, 'runs' | 'read'>): () => Promise<ReadonlyMap<string, string>> {
  /** Of a run, the VMs of its plan, which never changes. */
  const plans = new Map<string, readonly string[]>();
  const vmsOf = async (runId: string): Promise<readonly string[]> => {
    const known = plans.get(runId);
    if (known !== undefined) {
      return known;
    }
    const planned = (await journal.read(runId, 1)).find((entry) => entry.type === 'run.planned');
    const subjects = planned?.plan.stages.flatMap(({ lanes }) => lanes.map(({ subject }) => subject)) ?? [];
    const vms = subjects.flatMap(({ kind, name }) => (kind === 'vm' ? [name] : []));
    if (planned !== undefined) {
      plans.set(runId, vms);
    }
    return vms;
  };
  return async () => {
    const open = (await journal.runs()).filter(({ result, mode }) => result === undefined && mode !== 'drill');
    const held = await Promise.all(
      open.map(async ({ runId }) => (await vmsOf(runId)).map((vm) => [vm, runId] as const)),
    );
    return new Map(held.flat());
  };
}
