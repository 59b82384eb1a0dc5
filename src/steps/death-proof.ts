import type { Proof } from '../model/authority.js';
import type { JsonObject } from '../model/json.js';
import type { Place } from '../model/place.js';
import type { RunState } from '../state-machines/run-state.js';

/** The newest proof in the outputs of the VM's own lanes that it was seen stopped at this place; undefined when none is. */
export function stoppedProof(vm: string, place: Place, state: RunState): Proof | undefined {
  let newest: Proof | undefined;
  let index = -1;
  // The states of the lanes stand in the order of the plan; a run of thousands of VMs asks this for each.
  for (const stage of state.plan?.stages ?? []) {
    for (const { subject } of stage.lanes) {
      index += 1;
      if (subject.kind === 'vm' && subject.name === vm) {
        for (const proof of Object.values(state.lanes[index]?.outputs ?? {}).map(proofOf)) {
          newest = isStopAt(proof, place) && proof.at >= (newest?.at ?? 0) ? proof : newest;
        }
      }
    }
  }
  return newest;
}

function isStopAt(proof: Proof | undefined, { site, host }: Place): proof is Proof & { kind: 'observed-stopped' } {
  return proof?.kind === 'observed-stopped' && proof.place.site === site && proof.place.host === host;
}

/** The proof that a step has left in its output; undefined when it has left none. */
export function proofOf(output: JsonObject): Proof | undefined {
  return (output as JsonObject & { readonly proof?: Proof }).proof;
}
