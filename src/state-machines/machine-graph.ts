import type { AnyMachineSnapshot, AnyStateMachine, AnyTransitionDefinition, EventObject, StateValue } from 'xstate';
import { getNextTransitions, transition } from 'xstate';

/** A machine walked from one of its states by every event, as far as it goes. */
export interface MachineGraph {
  /** By key; a key stands for all states that no later event can tell apart. */
  readonly states: ReadonlyMap<string, AnyMachineSnapshot>;
  readonly edges: readonly { readonly from: string; readonly event: string; readonly to: string }[];
  /** Ids of the machine's states, and of its transitions, that were never reached. */
  readonly unreachedStates: readonly string[];
  readonly untakenTransitions: readonly string[];
}

export interface WalkOptions {
  readonly machine: AnyStateMachine;
  readonly start: AnyMachineSnapshot;
  /** Every event that may happen in a state. */
  readonly eventsIn: (state: AnyMachineSnapshot) => readonly EventObject[];
  /** What of a state decides its future. */
  readonly keyOf: (state: AnyMachineSnapshot) => string;
  /** A bound on the walk; it throws beyond it. */
  readonly limit: number;
}

/** Walks every path of a machine breadth first. */
export function walkMachine({ machine, start, eventsIn, keyOf, limit }: WalkOptions): MachineGraph {
  const states = new Map([[keyOf(start), start]]);
  const edges: MachineGraph['edges'][number][] = [];
  const takenTransitions = new Set<AnyTransitionDefinition>();
  const queue = [start];
  for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
    for (const event of eventsIn(state)) {
      const enabled = machine.getTransitionData(state as never, event);
      enabled.forEach((definition) => takenTransitions.add(definition));
      if (enabled.length === 0) {
        continue;
      }
      const [next] = transition(machine, state, event);
      const key = keyOf(next);
      edges.push({ from: keyOf(state), event: event.type, to: key });
      if (!states.has(key)) {
        states.set(key, next);
        queue.push(next);
        if (states.size > limit) {
          throw new Error(`machine ${machine.id} has more than ${limit} states that can be told apart`);
        }
      }
    }
  }
  const reached = new Set([...states.values()].flatMap((state) => idsOf(machine.id, state.value)));
  const all = new Set([...states.values()].flatMap(getNextTransitions));
  return {
    states,
    edges,
    unreachedStates: stateIds(machine.root).filter((id) => !reached.has(id) && !isPassedThrough(machine, id)),
    untakenTransitions: [...all].filter((one) => !takenTransitions.has(one)).map(transitionName),
  };
}

function stateIds(state: AnyStateMachine['root']): readonly string[] {
  return Object.values(state.states).flatMap((child) => [child.id, ...stateIds(child)]);
}

function idsOf(parent: string, value: StateValue): readonly string[] {
  return typeof value === 'string'
    ? [`${parent}.${value}`]
    : Object.entries(value).flatMap(([name, inner]) => [
        `${parent}.${name}`,
        ...(inner === undefined ? [] : idsOf(`${parent}.${name}`, inner)),
      ]);
}

/** States with a way out that is always taken are never stood in. */
function isPassedThrough(machine: AnyStateMachine, id: string): boolean {
  const always = machine.getStateNodeById(id).always;
  return always !== undefined && always.length > 0;
}

function transitionName({ source, eventType, guard }: AnyTransitionDefinition): string {
  const name = typeof guard === 'string' ? ` [${guard}]` : guard === undefined ? '' : ' [guard]';
  return `${source.id} ${eventType}${name}`;
}

/** The states from which none of the wanted ones can be reached; empty when every state has a way there. */
export function deadEnds(
  graph: Pick<MachineGraph, 'states' | 'edges'>,
  isWanted: (key: string) => boolean,
): readonly string[] {
  const before = new Map<string, string[]>();
  for (const { from, to } of graph.edges) {
    before.set(to, [...(before.get(to) ?? []), from]);
  }
  const good = new Set([...graph.states.keys()].filter(isWanted));
  const queue = [...good];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    for (const from of before.get(key) ?? []) {
      if (!good.has(from)) {
        good.add(from);
        queue.push(from);
      }
    }
  }
  return [...graph.states.keys()].filter((key) => !good.has(key));
}
