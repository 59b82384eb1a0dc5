import type { JsonObject } from '../../model/json.js';
import { formatPlace, type Place } from '../../model/place.js';
import type { Lane, Step } from '../../model/plan.js';
import type { VmAt } from '../../model/step-input.js';
import type { RunState } from '../../state-machines/index.js';

/**
 * As much of the world as the safety rules speak of: where one VM is live, which hosts are dead, which effects are
 * there. Immutable; what a proof walks through.
 */
export interface ImaginedWorld {
  /** Places where the VM itself is live, sorted. More than one is what must never be. */
  readonly live: readonly string[];
  readonly dead: readonly string[];
  /** Steps whose effect is there, as `LANE/STEP`, sorted. */
  readonly done: readonly string[];
  /** Where a move by a restart has left the VM, shut off. */
  readonly resting?: Place;
}

/** The world before the run: the VM is live at its source, even in a failover, where nobody can know better. */
export function worldBefore(lane: Lane): ImaginedWorld {
  const source = lane.steps.map(sourceOf).find((place) => place !== undefined);
  const isShutOff = lane.steps.some(({ kind, input }) => kind === 'check' && input['state'] === 'shut-off');
  return { live: source === undefined || isShutOff ? [] : [formatPlace(source)], dead: [], done: [] };
}

/** Where a step takes the VM from. */
function sourceOf({ authority, kind, input }: Step): Place | undefined {
  if (authority?.rule === 'takes' || authority?.rule === 'moves') {
    return authority.from;
  }
  return kind === 'shutdown' ? (input as Partial<VmAt>).at : undefined;
}

/** The world after the step has had its effect. */
export function withEffect(world: ImaginedWorld, lane: Lane, step: Step): ImaginedWorld {
  const done = sorted([...world.done, nameOf(lane, step)]);
  const input = step.input as JsonObject & Partial<VmAt> & { readonly host?: string };
  switch (step.kind) {
    case 'start':
      return isClone(lane) || input.at === undefined ? { ...world, done } : started({ ...world, done }, input.at);
    case 'shutdown':
      if (input.at === undefined) {
        return world;
      }
      return step.action === 'undo'
        ? started({ ...without(world, lane, step) }, input.at)
        : { ...world, done, live: world.live.filter((place) => place !== formatPlace(input.at as Place)) };
    case 'migrate':
      return step.action === 'undo' ? runningAgain(without(world, lane, step)) : moved(world, done, step);
    case 'fence':
      return input.host === undefined ? world : died({ ...world, done }, input.host);
    default:
      return step.action === 'undo' ? without(world, lane, step) : { ...world, done };
  }
}

/** Where a move may leave the VM shut off when its ladder ends in a restart, by what a look then says of it. */
export function halves(
  world: ImaginedWorld,
  { kind, action, input }: Step,
): readonly (readonly [string, ImaginedWorld])[] {
  const { from, to, ladder } = input as Move;
  if (
    kind !== 'migrate' ||
    action === 'undo' ||
    from === undefined ||
    to === undefined ||
    ladder?.includes('restart') !== true
  ) {
    return [];
  }
  const isCarried = world.resting !== undefined && isSame(world.resting, to);
  if (world.resting === undefined && !world.live.includes(formatPlace(from))) {
    return [];
  }
  const live = world.live.filter((place) => place !== formatPlace(from));
  return [
    ...(isCarried ? [] : [['stopped-at-source', { ...world, live, resting: from }] as const]),
    ['stopped-at-target', { ...world, live, resting: to }] as const,
  ];
}

/** What a look says of a move that has not had its effect. */
export function standingOf({ resting }: ImaginedWorld, { input }: Step): string {
  if (resting === undefined) {
    return 'at-source';
  }
  const { to } = input as Move;
  return to !== undefined && isSame(resting, to) ? 'stopped-at-target' : 'stopped-at-source';
}

type Move = JsonObject & {
  readonly from?: Place;
  readonly to?: Place;
  readonly state?: string;
  readonly ladder?: readonly string[];
};

function moved(world: ImaginedWorld, done: readonly string[], { input }: Step): ImaginedWorld {
  const { from, to, state } = input as Move;
  if (state === 'shut-off') {
    return { ...world, done };
  }
  if (from === undefined || to === undefined) {
    return world;
  }
  const { resting, ...rest } = world;
  return resting !== undefined || world.live.includes(formatPlace(from))
    ? started({ ...rest, done, live: world.live.filter((place) => place !== formatPlace(from)) }, to)
    : world;
}

function runningAgain({ resting, ...world }: ImaginedWorld): ImaginedWorld {
  return resting === undefined ? world : started(world, resting);
}

function isSame(one: Place, other: Place): boolean {
  return formatPlace(one) === formatPlace(other);
}

/** Whether the effect of a step is there: what a truthful look says. */
export function hasEffect(world: ImaginedWorld, lane: Lane, step: Step): boolean {
  return world.done.includes(nameOf(lane, step));
}

/** Forgets the effects of steps that are over and that nothing takes back: no later look asks for them. */
export function relevantWorld(world: ImaginedWorld, { plan, lanes }: RunState): ImaginedWorld {
  const all = (plan?.stages ?? []).flatMap((stage) => stage.lanes);
  const asked = new Set(
    all.flatMap((lane, index) => {
      const view = lanes[index];
      const isOver = view?.finishedAt !== undefined;
      const undone = lane.recovery.map(({ undoes }) => undoes);
      return [...lane.steps, ...lane.recovery]
        .filter(
          ({ id }, place) =>
            !isOver && (undone.includes(id) || view?.isRecovering === true || place >= (view?.step ?? 0)),
        )
        .map((step) => nameOf(lane, step));
    }),
  );
  return { ...world, done: world.done.filter((name) => asked.has(name)) };
}

/** The world once a host is certainly dead. */
export function died(world: ImaginedWorld, host: string): ImaginedWorld {
  return {
    ...world,
    dead: sorted([...world.dead, host]),
    live: world.live.filter((place) => !place.endsWith(`/${host}`)),
  };
}

function started(world: ImaginedWorld, at: Place): ImaginedWorld {
  return world.dead.includes(at.host) ? world : { ...world, live: sorted([...world.live, formatPlace(at)]) };
}

function without(world: ImaginedWorld, lane: Lane, step: Step): ImaginedWorld {
  const undone = `${lane.id}/${step.undoes ?? step.id}`;
  return { ...world, done: sorted([...world.done.filter((name) => name !== undone), nameOf(lane, step)]) };
}

function isClone(lane: Lane): boolean {
  return lane.steps.some(({ kind, input }) => {
    const { definition } = input as { readonly definition?: JsonObject };
    return kind === 'define' && definition?.['cloneOf'] !== undefined;
  });
}

function nameOf(lane: Lane, step: Step): string {
  return `${lane.id}/${step.id}`;
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}
