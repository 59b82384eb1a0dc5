import type { Effect } from '../../src/hypervisors/simulated/audit.js';
import type { WorldState } from '../../src/hypervisors/simulated/world-state.js';
import type { Authority } from '../../src/model/authority.js';
import type { Entry } from '../../src/model/entry.js';
import { formatPlace } from '../../src/model/place.js';
import { renderText, reportOf } from '../../src/reports/index.js';
import { advance, newRunState, type RunState } from '../../src/state-machines/index.js';
import type { Opening } from './scene.js';

/** What is left when a run has ended, as lines that say the same in every run that came to the same end. */
export interface Facts {
  /** Each line counts, however often it stands here. */
  readonly state: readonly string[];
  /** What was changed on behalf of the run, a line for each time: `start db-1 south-1`. */
  readonly effects: readonly string[];
  /** What the world changed by itself meanwhile, such as by a periodic sync. */
  readonly byItself: readonly string[];
  /** Each time that a VM became live twice. */
  readonly doubles: readonly string[];
  /** What must never be in a journal: a gap, a step that succeeded twice. */
  readonly wrongs: readonly string[];
}

export interface Ending {
  readonly opening: Opening;
  readonly runId: string;
  readonly entries: readonly Entry[];
  /** The world at the end, as saved. */
  readonly world: string;
}

export function factsOf({ opening, runId, entries, world }: Ending): Facts {
  const before = stateOf(opening.world);
  const after = stateOf(world);
  const { state } = advance(newRunState(runId), entries);
  const { doubles, lostWrites } = after.audit;
  const effects = after.audit.effects.slice(before.audit.effects.length);
  return {
    state: [
      `result ${state.result}`,
      ...state.lanes.map(
        ({ lane, status, failure }) => `lane ${lane} ${status}${status === 'failed' ? `, ${failure?.code}` : ''}`,
      ),
      ...authorityOf(state, entries),
      ...placesOf(after),
      ...lostWrites.slice(before.audit.lostWrites.length).map(({ vm, host }) => `lost writes ${vm} ${host}`),
    ].toSorted(),
    effects: linesOf(effects.filter(({ by }) => by === 'call')),
    byItself: linesOf(effects.filter(({ by }) => by === 'world')),
    doubles: doubles
      .slice(before.audit.doubles.length)
      .map(({ name, hosts, from }) => `${name} is live on ${hosts.join(' and ')} at ${from}`),
    wrongs: journalWrongs(runId, entries),
  };
}

function stateOf(world: string): WorldState {
  return (JSON.parse(world) as { readonly state: WorldState }).state;
}

function linesOf(effects: readonly Effect[]): readonly string[] {
  return effects.map(({ kind, vm = '', host = '' }) => `${kind} ${vm} ${host}`).toSorted();
}

/**
 * Authority that was given for a move which a look found not begun is journalled as given back, and given again: two more
 * epochs, which are left out of account here.
 */
function authorityOf({ authority, deaths }: RunState, entries: readonly Entry[]): readonly string[] {
  const returns = movesOf(entries).filter(({ proof }) => proof.kind.startsWith('observed-'));
  return [
    ...authority.values().map((one) => {
      const epoch = one.epoch - 2 * returns.filter(({ vm }) => vm === one.vm).length;
      return `authority ${one.vm} ${placeOf(one)}, epoch ${epoch}`;
    }),
    ...Object.entries(deaths).map(([host, { kind }]) => `dead ${host}, ${kind}`),
  ];
}

function movesOf(entries: readonly Entry[]): readonly Authority[] {
  return entries.flatMap((entry) => (entry.type === 'authority.moved' ? [entry.authority] : []));
}

function placeOf(authority: Authority): string {
  switch (authority.state) {
    case 'at':
      return `at ${formatPlace(authority.place)}`;
    case 'moving':
      return `moving ${formatPlace(authority.from)} to ${formatPlace(authority.to)}`;
    case 'contested':
      return `contested by ${authority.places.map(formatPlace).join(' and ')}`;
  }
}

/** Where each VM is, live and defined, and what the run has left of overlays, pins and replicas. */
function placesOf({ hosts, overlays, copies }: WorldState): readonly string[] {
  return [
    ...Object.values(hosts).flatMap((host) => [
      `host ${host.name} ${host.isUp ? 'up' : 'down'}${host.isCordoned ? ', cordoned' : ''}`,
      ...Object.values(host.guests).map(
        ({ definition, state, isBlocked }) =>
          `guest ${host.name} ${definition.name} ${state}${isBlocked ? ', blocked' : ''} on ${definition.disks.map(({ path }) => path).join(' ')}`,
      ),
      ...Object.entries(host.files).map(([path, { of }]) => `file ${host.name} ${path} of ${of}`),
    ]),
    ...Object.values(overlays).map(({ host, vm, key, purpose }) => `overlay ${host} ${vm} ${key} ${purpose}`),
    ...Object.values(copies).map(
      ({ vm, host, source, isClosed, promoted }) =>
        `copy ${host} ${vm} of ${source}${isClosed ? ', closed' : ''}, promoted by ${Object.keys(promoted).join(' ')}`,
    ),
  ];
}

function journalWrongs(runId: string, entries: readonly Entry[]): readonly string[] {
  const successes = new Map<string, number>();
  for (const entry of entries) {
    if (entry.type === 'step.succeeded' || (entry.type === 'step.observed' && entry.observation.verdict === 'done')) {
      const step = `${entry.lane}/${entry.step}`;
      successes.set(step, (successes.get(step) ?? 0) + 1);
    }
  }
  const moves = movesOf(entries);
  const leaps = moves.filter(({ vm, epoch }, index) => {
    const before = moves.slice(0, index).findLast((move) => move.vm === vm);
    return before !== undefined && epoch !== before.epoch + 1;
  });
  const isWhole = entries.every(({ seq }, index) => seq === index + 1);
  const end = entries.findIndex(({ type }) => type === 'run.finished');
  const isLast =
    end >= 0 && entries.slice(end + 1).every(({ type }) => type === 'run.taken-up' || type.startsWith('notice.'));
  return [
    ...(isWhole ? [] : ['the journal has a gap']),
    ...leaps.map(({ vm, epoch }) => `epoch ${epoch} of ${vm} does not follow the one before`),
    ...(isLast ? [] : ['the journal goes on after the end']),
    ...[...successes].flatMap(([step, count]) => (count === 1 ? [] : [`${step} has succeeded ${count} times`])),
    ...(renderText(reportOf(runId, entries)).includes(runId) ? [] : ['the report does not name the run']),
  ];
}
