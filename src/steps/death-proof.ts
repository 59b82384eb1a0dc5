import type { Proof } from '../model/authority.js';
import type { JsonObject } from '../model/json.js';
import type { Place } from '../model/place.js';
import type { RunState } from '../state-machines/run-state.js';

/** The newest proof in the outputs of the VM's own lanes that it was seen stopped at this place; undefined when none is. */
export function stoppedProof(vm: string, place: Place, state: RunState): Proof | undefined {
  const lanes = (state.plan?.stages ?? [])
    .flatMap((stage) => stage.lanes)
    .filter(({ subject }) => subject.kind === 'vm' && subject.name === vm)
    .map(({ id }) => id);
  return state.lanes
    .filter(({ lane }) => lanes.includes(lane))
    .flatMap(({ outputs }) => Object.values(outputs).map(proofOf))
    .filter((proof) => proof?.kind === 'observed-stopped')
    .filter((proof) => proof.place.site === place.site && proof.place.host === place.host)
    .toSorted((one, other) => one.at - other.at)
    .at(-1);
}

/** The proof that a step has left in its output; undefined when it has left none. */
export function proofOf(output: JsonObject): Proof | undefined {
  return (output as JsonObject & { readonly proof?: Proof }).proof;
}
