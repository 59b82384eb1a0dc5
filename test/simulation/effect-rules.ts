import type { Effect } from '../../src/hypervisors/simulated/audit.js';
import type { JsonObject } from '../../src/model/json.js';
import { formatPlace, type Place } from '../../src/model/place.js';
import type { Step } from '../../src/model/plan.js';
import type { RunRecord } from './journal-rules.js';
import type { Rule } from './violation.js';

type Report = (rule: Rule, detail: string) => void;

/** What the observer of the world saw being changed, held against the journals of all runs. */
export function checkEffects(runs: readonly RunRecord[], effects: readonly Effect[], report: Report): void {
  const asked = effects.filter(({ by }) => by === 'call');
  checkCounts(runs, asked, report);
  checkStarts(runs, asked, report);
  checkDrills(runs, asked, report);
}

/** Each kind of effect, by what it changes, may happen as often as steps that do it were begun. */
function checkCounts(runs: readonly RunRecord[], effects: readonly Effect[], report: Report): void {
  const allowed = new Map<string, number>();
  for (const { entries } of runs) {
    const plan = entries.find((entry) => entry.type === 'run.planned')?.plan;
    const steps = new Map<string, Step>();
    for (const lane of plan?.stages.flatMap(({ lanes }) => lanes) ?? []) {
      for (const step of [...lane.steps, ...lane.recovery]) {
        steps.set(`${lane.id}/${step.id}`, step);
      }
    }
    const commands = new Set<string>();
    for (const entry of entries) {
      const step = entry.type === 'step.started' ? steps.get(`${entry.lane}/${entry.step}`) : undefined;
      for (const [name, times] of step === undefined ? [] : effectsOf(step)) {
        allowed.set(name, (allowed.get(name) ?? 0) + times);
        if (step?.kind === 'run' && step.input['repeatable'] === false) {
          commands.add(name);
        }
      }
    }
    checkCommands({ commands, runs, effects }, report);
  }
  const seen = new Map<string, number>();
  for (const effect of effects) {
    const name = nameOf(effect);
    if (name !== undefined) {
      seen.set(name, (seen.get(name) ?? 0) + 1);
    }
  }
  for (const [name, count] of seen) {
    if (count > (allowed.get(name) ?? 0)) {
      report('effect-once', `${name} happened ${count} times, and was begun ${allowed.get(name) ?? 0} times`);
    }
  }
}

/** What may not be repeated happens once, and once more for each time that an operator wanted it. */
function checkCommands(
  about: {
    readonly commands: ReadonlySet<string>;
    readonly runs: readonly RunRecord[];
    readonly effects: readonly Effect[];
  },
  report: Report,
): void {
  const retries = about.runs
    .flatMap(({ entries }) => entries)
    .filter((entry) => entry.type === 'operator.moved' && entry.move.move === 'retry').length;
  for (const name of about.commands) {
    const count = about.effects.filter((effect) => nameOf(effect) === name).length;
    if (count > about.runs.length + retries) {
      report('effect-once', `${name} happened ${count} times`);
    }
  }
}

function nameOf({ kind, host, vm, detail }: Effect): string | undefined {
  switch (kind) {
    case 'start':
    case 'define':
    case 'promote':
    case 'migrate-begin':
    case 'carry':
    case 'merge':
    case 'reverse':
      return `${kind} ${vm ?? ''} ${host ?? ''}`;
    case 'cordon':
      return `${kind} ${host ?? ''}`;
    case 'command':
      return `${kind} ${detail ?? ''}`;
    default:
      return undefined;
  }
}

/** What a step may change each time that it is begun, by the names above, and how often. */
function effectsOf(step: Step): readonly (readonly [name: string, times: number])[] {
  const input = step.input as JsonObject & {
    readonly vm?: string;
    readonly host?: string;
    readonly at?: Place;
    readonly from?: Place;
    readonly to?: Place;
    readonly state?: string;
    readonly ladder?: readonly string[];
    readonly command?: readonly string[];
    readonly definition?: { readonly name: string };
  };
  const on = input.at?.host ?? input.host ?? '';
  const vm = input.vm ?? input.definition?.name ?? '';
  switch (step.kind) {
    case 'start':
    case 'define':
    case 'promote':
      return step.action === 'run' ? [[`${step.kind} ${vm} ${on}`, 1]] : [];
    case 'shutdown':
      return step.action === 'undo' ? [[`start ${vm} ${on}`, 1]] : [];
    case 'migrate': {
      const [from, to] = [input.from?.host ?? '', input.to?.host ?? ''];
      const restarts = input.ladder?.includes('restart') === true;
      if (step.action === 'undo') {
        return [from, to].map((host) => [`start ${vm} ${host}`, 1]);
      }
      return [
        [`migrate-begin ${vm} ${to}`, 1],
        ...(restarts || input.state === 'shut-off' ? [[`carry ${vm} ${to}`, 1] as const] : []),
        ...(restarts ? [[`start ${vm} ${to}`, 1] as const] : []),
      ];
    }
    case 'reverse':
      return [[`reverse ${vm} ${input.to?.host ?? ''}`, 1]];
    case 'cleanup':
      return [[`merge ${vm} ${on}`, 1]];
    case 'cordon':
      return [[`cordon ${on}`, 1]];
    case 'run':
      return [[`command ${(input.command ?? []).join(' ')}`, 1]];
    default:
      return [];
  }
}

/**
 * No VM is started where its authority is not at that moment; a clone has none, and is told by its name. While a VM moves,
 * only the move itself may start it, at one of the two, which no ladder but one with a restart lets it.
 */
function checkStarts(runs: readonly RunRecord[], effects: readonly Effect[], report: Report): void {
  const restarted = restartedVms(runs);
  for (const { kind, vm = '', host = '', at } of effects) {
    if (kind !== 'start' || vm.startsWith('drill-')) {
      continue;
    }
    const places = authorityAt(runs, vm, at);
    const isMoved = places.length === 2 && restarted.has(vm);
    if (!places.some((place) => place.host === host) || !(places.length === 1 || isMoved)) {
      report(
        'starts-where-allowed',
        `${vm} was started on ${host} at ${at}, allowed: ${places.map(formatPlace).join()}`,
      );
    }
  }
}

/** VMs that a plan may restart elsewhere. */
function restartedVms(runs: readonly RunRecord[]): ReadonlySet<unknown> {
  const steps = runs
    .flatMap(({ state }) => state.plan?.stages ?? [])
    .flatMap(({ lanes }) => lanes.flatMap((lane) => lane.steps));
  return new Set(
    steps.flatMap(({ kind, input }) =>
      kind === 'migrate' && (input['ladder'] as readonly string[]).includes('restart') ? [input['vm']] : [],
    ),
  );
}

/** Where the journals say that the VM may run: what its plan found, and then every move up to that moment. */
function authorityAt(runs: readonly RunRecord[], vm: string, at: number): readonly Place[] {
  let places: readonly Place[] = [];
  for (const { entries } of runs) {
    for (const entry of entries) {
      const found =
        entry.type === 'run.planned'
          ? entry.plan.authority.find((authority) => authority.vm === vm)
          : entry.type === 'authority.moved' && entry.authority.vm === vm
            ? entry.authority
            : undefined;
      if (entry.at <= at && found !== undefined) {
        places =
          found.state === 'at' ? [found.place] : found.state === 'moving' ? [found.from, found.to] : found.places;
      }
    }
  }
  return places;
}

/** While a drill is under way, whatever is asked for is about its clones. */
function checkDrills(runs: readonly RunRecord[], effects: readonly Effect[], report: Report): void {
  const kinds: readonly Effect['kind'][] = [
    'start',
    'stop',
    'define',
    'undefine',
    'migrate-begin',
    'carry',
    'promote',
    'reverse',
  ];
  for (const { runId, entries, state } of runs) {
    const [from, to] = [entries[0]?.at ?? 0, entries.at(-1)?.at ?? 0];
    const foreign = effects.filter(
      ({ at, kind, vm = '' }) => at >= from && at <= to && kinds.includes(kind) && !vm.startsWith('drill-'),
    );
    if (state.plan?.mode === 'drill' && foreign.length > 0) {
      report(
        'drill-touches-nothing',
        `${runId}: ${foreign.map(({ kind, vm, host }) => [kind, vm, host].join(' ')).join()}`,
      );
    }
  }
}
