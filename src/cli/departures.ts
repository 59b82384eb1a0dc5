import type { Departure } from '../model/departure.js';
import type { Policy } from '../model/runbook.js';
import type { Journal } from '../stores/journal.js';

/** The VMs whose newest move, over all runs, is that of an evacuation away from the host; by name. */
export async function departuresFrom(
  host: string,
  journal: Pick<Journal, 'select' | 'runs'>,
): Promise<readonly Departure[]> {
  const modes = new Map((await journal.runs()).map(({ runId, mode }) => [runId, mode]));
  const newest = new Map<string, { readonly epoch: number; readonly departure?: Departure }>();
  for (const { runId, entry } of await journal.select(['authority.moved'])) {
    if (entry.type === 'authority.moved' && entry.authority.epoch >= (newest.get(entry.authority.vm)?.epoch ?? 0)) {
      const { vm, epoch, state, proof } = entry.authority;
      const hasLeft = state === 'at' && proof.kind === 'migration-completed' && proof.from.host === host;
      newest.set(vm, {
        epoch,
        ...(hasLeft && modes.get(runId) === 'evacuate'
          ? { departure: { vm, from: proof.from, to: proof.to, runId, at: entry.at } }
          : {}),
      });
    }
  }
  return [...newest.values()]
    .flatMap(({ departure }) => departure ?? [])
    .toSorted((one, other) => (one.vm < other.vm ? -1 : 1));
}

/** What the VMs of these evacuations went by, by run; runs whose plan does not say are left out. */
export async function policiesOf(
  departures: readonly Departure[],
  journal: Pick<Journal, 'read'>,
): Promise<ReadonlyMap<string, Policy>> {
  const policies = new Map<string, Policy>();
  for (const runId of new Set(departures.map((departure) => departure.runId))) {
    const planned = (await journal.read(runId, 1)).find((entry) => entry.type === 'run.planned');
    if (planned?.plan.policy !== undefined) {
      policies.set(runId, planned.plan.policy);
    }
  }
  return policies;
}
