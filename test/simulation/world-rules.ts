import { formatPlace, type Place } from '../../src/model/place.js';
import type { Plan } from '../../src/model/plan.js';
import type { LaneState, RunState } from '../../src/state-machines/index.js';
import type { RunRecord } from './journal-rules.js';
import { guestsOf, livePlaces, type Truth } from './truth.js';
import type { Rule } from './violation.js';

type Report = (rule: Rule, detail: string) => void;

/** The world before a run and after it. */
export interface Scenes {
  readonly before: Truth;
  readonly after: Truth;
}

/** What the world has to look like once a run has ended. */
export function checkWorld({ runId, entries, state }: RunRecord, scenes: Scenes, report: Report): void {
  const { plan } = state;
  if (plan === undefined) {
    return;
  }
  checkClones({ runId, entries, plan, state }, scenes.after, report);
  if (['relocate', 'failback', 'evacuate', 'return'].includes(plan.mode)) {
    checkMoved({ runId, entries, plan, state }, scenes, report);
    checkCarried({ runId, entries, plan, state }, scenes, report);
  }
}

interface EndedRun extends RunRecord {
  readonly plan: Plan;
}

function checkClones({ runId, plan, state }: EndedRun, { state: world }: Truth, report: Report): void {
  for (const { host, guest } of guestsOf(world)) {
    const { cloneOf, name, networks } = guest.definition;
    const drill = world.estate.sites[host.site]?.networks['drill'];
    if (cloneOf !== undefined && networks.some((network) => network !== drill)) {
      report('clone-is-isolated', `${runId}: ${name} on ${host.name} is attached to ${networks.join()}`);
    }
  }
  const cleanups = plan.stages.flatMap(({ lanes }) => lanes).flatMap(({ steps }) => steps);
  const own = new Set(cleanups.flatMap(({ kind, input }) => (kind === 'cleanup' ? [input['vm']] : [])));
  const left = [
    ...guestsOf(world).flatMap(({ guest }) => (own.has(guest.definition.name) ? [guest.definition.name] : [])),
    ...Object.values(world.overlays).flatMap(({ key }) => (key.startsWith(`${runId}/`) ? [key] : [])),
  ];
  const isClean = plan.mode === 'drill' && laneStates(state, 'cleanup/').every(isWhole);
  if (isClean && left.length > 0) {
    report('drill-leaves-nothing', `${runId}: ${left.join()}`);
  }
}

/** A lane that has succeeded, with no step passed over. */
function isWhole({ status, passedOver }: LaneState): boolean {
  return status === 'succeeded' && passedOver.length === 0;
}

function laneStates({ lanes }: RunState, prefix: string): readonly LaneState[] {
  return lanes.filter(({ lane }) => lane.startsWith(prefix));
}

/** Hosts that have died, or died and come back, since the run began. */
function shaken({ before, after }: Scenes): ReadonlySet<string> {
  const names = Object.keys(after.state.hosts).filter(
    (name) => after.state.hosts[name]?.boot !== before.state.hosts[name]?.boot,
  );
  return new Set(names);
}

function checkMoved({ runId, entries, plan, state }: EndedRun, scenes: Scenes, report: Report): void {
  const was = livePlaces(scenes.before);
  const is = livePlaces(scenes.after);
  const lost = shaken(scenes);
  for (const { vm, target } of plan.estimates.vms) {
    const [lane] = laneStates(state, `vm/${vm}`).filter((each) => each.lane === `vm/${vm}`);
    const authority = state.authority.get(vm);
    const source = was.get(vm)?.[0];
    if (lane === undefined || source === undefined || lost.has(source.host) || lost.has(target.host)) {
      continue;
    }
    const places = is.get(vm) ?? [];
    const where = places.map(formatPlace).join() || 'nowhere';
    if (lane.status === 'succeeded') {
      const isThere = places.length === 1 && places[0]?.host === target.host;
      const isAllowed = authority?.state === 'at' && authority.place.host === target.host;
      if (isWhole(lane) && !(isThere && isAllowed)) {
        report('moved-vm-lives', `${runId}: ${vm} was to be on ${target.host} and is live ${where}`);
      }
    } else if (places.length === 0 && !isToldOf({ runId, entries, plan, state }, lane, source)) {
      report('vm-not-left-stopped', `${runId}: ${vm} ran on ${source.host} and is live nowhere; ${lane.status}`);
    }
  }
}

/** A VM that was to be carried, and of which nothing else is to be said, is shut off where it was to go, and nowhere else. */
function checkCarried({ runId, plan, state }: EndedRun, { after }: Scenes, report: Report): void {
  for (const lane of plan.stages.flatMap(({ lanes }) => lanes)) {
    const move = lane.steps.find(({ kind, input }) => kind === 'migrate' && input['state'] === 'shut-off');
    const [view] = state.lanes.filter((each) => each.lane === lane.id);
    if (move === undefined || view === undefined || !isWhole(view)) {
      continue;
    }
    const { host: target } = move.input['to'] as { readonly host?: string };
    const known = guestsOf(after.state).filter(({ guest }) => guest.definition.id === move.input['id']);
    if (known.length !== 1 || known[0]?.host.name !== target || known[0]?.guest.state !== 'shut-off') {
      const where = known.map(({ host, guest }) => `${guest.state} on ${host.name}`).join() || 'nowhere';
      report('carried-vm-stays-off', `${runId}: ${lane.subject.name} was to be on ${target} and is ${where}`);
    }
  }
}

/**
 * Whether the journal says that the VM does not run where it was: its authority is no longer there, what was to bring it
 * back failed, or an operator gave the lane up.
 */
function isToldOf({ entries, plan, state }: EndedRun, { lane, passedOver }: LaneState, source: Place): boolean {
  const planned = plan.stages.flatMap(({ lanes }) => lanes).find(({ id }) => id === lane);
  const recovery = new Set(planned?.recovery.map(({ id }) => id));
  const authority = state.authority.get(planned?.subject.name ?? '');
  const isStillThere = authority?.state === 'at' && authority.place.host === source.host;
  return (
    !isStillThere ||
    passedOver.length > 0 ||
    entries.some(
      (entry) =>
        (entry.type === 'step.failed' && entry.lane === lane && recovery.has(entry.step)) ||
        (entry.type === 'operator.moved' && entry.move.move === 'abandon'),
    )
  );
}
