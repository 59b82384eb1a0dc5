import { initialTransition, type SnapshotFrom, transition } from 'xstate';
import { type ReplicaContext, type ReplicaEvent, type ReplicaInput, replicaMachine } from './replica-machine.js';

export type { ReplicaEvent, ReplicaInput };

/** The replication of one VM, as its machine has it. */
export interface ReplicaState extends Pick<ReplicaContext, 'next' | 'hasPoint' | 'dataAsOf' | 'dueAt' | 'failures'> {
  readonly activity: 'waiting' | 'transferring' | 'mirroring' | 'yielding' | 'held' | 'source-lost';
  /** Understood by this folder alone. */
  readonly machine: SnapshotFrom<typeof replicaMachine>;
}

/** What the machine asks for. */
export type ReplicaRequest = 'requestTransfer' | 'requestYield';

export function newReplica(input: ReplicaInput): ReplicaState {
  return stateOf(initialTransition(replicaMachine, input)[0]);
}

/** What follows from an event. Pure: the state given stays as it is. An event that means nothing now changes nothing. */
export function advanceReplica(
  state: ReplicaState,
  event: ReplicaEvent,
): { readonly state: ReplicaState; readonly requests: readonly ReplicaRequest[] } {
  const [machine, actions] = transition(replicaMachine, state.machine, event);
  const requests = actions.flatMap(({ type }) => (type === 'requestTransfer' || type === 'requestYield' ? [type] : []));
  return { state: stateOf(machine), requests };
}

function stateOf(machine: SnapshotFrom<typeof replicaMachine>): ReplicaState {
  const { next, hasPoint, dataAsOf, dueAt, failures } = machine.context;
  return { activity: machine.value, next, hasPoint, dataAsOf, dueAt, failures, machine };
}
