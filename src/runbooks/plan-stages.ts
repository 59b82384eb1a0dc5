import type { Lane, Stage, Step } from '../model/plan.js';
import type { ExtraAction, ExtraStep, Group, Moment } from '../model/runbook.js';
import type { Level } from './order.js';
import type { Scene } from './plan-scene.js';
import { step } from './plan-step.js';

/** From so many lanes on, a group is waited for through one lane of its own, so that plans grow with their VMs and not with their pairs. */
const gateFrom = 32;

export interface StageParts {
  readonly levels: readonly Level[];
  /** Lanes of each group that is not empty. */
  readonly lanes: ReadonlyMap<string, readonly Lane[]>;
  /** Before the first level, such as proofs of death. */
  readonly before: readonly Stage[];
  /** After the last one, such as the clean-up of a drill. */
  readonly after: readonly Stage[];
}

/** The stages of a run: a level after the other, and the author's own steps at their moments. */
export function stagesOf(scene: Scene, parts: StageParts): readonly Stage[] {
  const groups = new Map(scene.runbook.groups.map((group) => [group.name, group]));
  const gated = gatedGroups(scene.runbook.groups, parts.lanes);
  const extras = extrasOf(scene);
  const at = (moment: Moment['at'], names: readonly string[] = []): Stage[] =>
    extras.flatMap(({ moment: own, stage }) =>
      own.at === moment && (!('group' in own) || names.includes(own.group)) ? [stage] : [],
    );
  const levels = parts.levels.flatMap((level, index) => {
    const names = level.groups.filter((name) => parts.lanes.has(name));
    const lanes = names.flatMap((name) => {
      const after = idsAwaited(groups.get(name), parts.lanes, gated);
      const own = parts.lanes.get(name) ?? [];
      return after.length === 0 ? own : own.map((lane) => ({ ...lane, after: [...lane.after, ...after] }));
    });
    const stage: Stage = {
      id: `level-${index + 1}`,
      title: `priority ${level.priority}: ${names.join(', ')}`,
      isAlways: false,
      lanes: [...lanes.filter((lane) => !isCarried(lane)), ...lanes.filter(isCarried)],
    };
    const gates = names.filter((name) => gated.has(name)).map((name) => gateOf(name, parts.lanes.get(name) ?? []));
    return names.length === 0 ? [] : [...at('before-group', names), stage, ...gates, ...at('after-group', names)];
  });
  return levels.length === 0
    ? [...parts.before, ...parts.after]
    : [...parts.before, ...at('before-move'), ...levels, ...at('after-move'), ...parts.after];
}

/** Nobody waits for a VM that is shut off: within its level it goes last. */
function isCarried({ steps }: Lane): boolean {
  return steps.some(({ kind, input }) => kind === 'migrate' && input['state'] === 'shut-off');
}

function gatedGroups(groups: readonly Group[], lanes: StageParts['lanes']): ReadonlySet<string> {
  const awaited = groups.filter(({ name }) => lanes.has(name)).flatMap(({ after }) => after);
  return new Set(awaited.filter((name) => (lanes.get(name)?.length ?? 0) >= gateFrom));
}

/** One list for all lanes of the group. */
function idsAwaited(
  group: Group | undefined,
  lanes: StageParts['lanes'],
  gated: ReadonlySet<string>,
): readonly string[] {
  return (group?.after ?? []).flatMap((name) =>
    gated.has(name) ? [`group/${name}`] : (lanes.get(name) ?? []).map(({ id }) => id),
  );
}

/** Succeeds as soon as the whole group has, and is blocked when it has not. */
function gateOf(name: string, lanes: readonly Lane[]): Stage {
  const title = `all of ${name} has succeeded`;
  return {
    id: `gate-${name}`,
    title,
    isAlways: false,
    lanes: [
      {
        id: `group/${name}`,
        subject: { kind: 'run', name },
        title,
        after: lanes.map(({ id }) => id),
        steps: [step('wait', { title, input: { forMs: 0 } })],
        recovery: [],
      },
    ],
  };
}

/** The author's own steps that take part in this mode. Reversing moves nothing, so that they must name it. */
function extrasOf({ runbook, mode }: Scene): { readonly moment: Moment; readonly stage: Stage }[] {
  return runbook.steps.flatMap((extra, index) => {
    const takesPart = extra.only === undefined ? mode !== 'reverse' : extra.only.includes(mode);
    return takesPart ? [{ moment: extra.moment, stage: extraStage(runbook.name, extra, index + 1) }] : [];
  });
}

function extraStage(runbook: string, extra: ExtraStep, number: number): Stage {
  const title = titleOf(extra.action);
  const lane: Lane = {
    id: `run/${number}`,
    subject: { kind: 'run', name: runbook },
    title,
    after: [],
    steps: [extraStep(extra, title)],
    recovery: [],
    ...(extra.onFailure === 'stop' ? { stopsRun: true } : {}),
  };
  return { id: `extra-${number}`, title: `${momentText(extra.moment)}: ${title}`, isAlways: false, lanes: [lane] };
}

const onFailures = { stop: 'fail', continue: 'continue', pause: 'ask' } as const;

function extraStep({ action, timeoutMs, onFailure }: ExtraStep, title: string): Step {
  const common = { title, onFailure: onFailures[onFailure], timeoutMs } as const;
  switch (action.uses) {
    case 'run':
      return step('run', { ...common, input: action.with, ...(action.with.repeatable ? {} : { attempts: 1 }) });
    case 'approve':
      return step('approve', {
        ...common,
        input: action.with,
        attempts: 1,
        timeoutMs: Math.max(timeoutMs, action.with.withinMs),
      });
    case 'wait': {
      const { forMs } = action.with;
      return step('wait', {
        ...common,
        input: action.with,
        timeoutMs: Math.max(timeoutMs, forMs + 60_000),
        estimateMs: forMs,
      });
    }
    case 'notify':
      return step('notify', { ...common, input: action.with });
    default:
      return action satisfies never;
  }
}

function titleOf(action: ExtraAction): string {
  switch (action.uses) {
    case 'run':
      return `run ${action.with.command.join(' ')} on ${action.with.on}`;
    case 'approve':
      return action.with.from.length === 0
        ? 'wait for approval'
        : `wait for approval by ${action.with.from.join(' or ')}`;
    case 'wait':
      return `wait ${Math.round(action.with.forMs / 1_000)} s`;
    case 'notify':
      return `tell: ${action.with.message}`;
    default:
      return action satisfies never;
  }
}

function momentText(moment: Moment): string {
  return 'group' in moment ? `${moment.at.replace('-group', '')} ${moment.group}` : moment.at.replace('-', ' the ');
}
