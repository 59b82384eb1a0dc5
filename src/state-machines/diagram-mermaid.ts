import type { Plan } from '../model/plan.js';
import { type DiagramStep, diagramOf, type LaneGroup } from './diagram.js';
import type { ActivityState } from './diagram-activities.js';

/** The machines of a plan as the text of a Mermaid `stateDiagram-v2`. The same plan gives the same text. */
export function toMermaid(plan: Plan): string {
  const { title, failureRule, stages, activities } = diagramOf(plan);
  const idOf = (stage: number | undefined): string => (stage === undefined ? 'finished' : `s${stage + 1}`);
  return [
    'stateDiagram-v2',
    'direction LR',
    state('planned', `planned · ${title}`),
    ...stages.flatMap(({ title: heading, isAlways, groups }, index) =>
      composite(
        idOf(index),
        `${index + 1}. ${heading}${isAlways ? ' (runs always)' : ''}`,
        groups.flatMap((group, number) => laneLines(group, `${idOf(index)}_g${number + 1}`)),
      ),
    ),
    state('finished', 'finished'),
    '[*] --> planned',
    `planned --> ${idOf(stages.length === 0 ? undefined : 0)}`,
    'planned --> finished : cancelled',
    ...stages.flatMap(({ next, nextWhenStopped }, index) => [
      `${idOf(index)} --> ${idOf(next)}`,
      ...(nextWhenStopped === next ? [] : [`${idOf(index)} --> ${idOf(nextWhenStopped)} : stopped or cancelled`]),
    ]),
    'finished --> [*]',
    'note right of planned',
    `  ${escaped(failureRule)}`,
    'end note',
    ...(activities.length === 0 ? [] : composite('step', 'What every step does', activityLines(activities))),
    '',
  ].join('\n');
}

function laneLines(group: LaneGroup, id: string): readonly string[] {
  const { steps, recovery, ends } = group;
  const idOf = (name: string): string => `${id}_${name.replaceAll('-', '_')}`;
  const after = (index: number, all: readonly DiagramStep[], end: string): string => {
    const next = all[index + 1]?.name;
    return next === undefined ? end : idOf(next);
  };
  const first = steps[0] === undefined ? idOf('succeeded') : idOf(steps[0].name);
  const undone = recovery[0] === undefined ? idOf('ended') : idOf(recovery[0].name);
  const heading = [group.names, group.count, group.stopsRun ? 'its failure stops the run' : ''];
  return composite(id, heading.filter(Boolean).join(' · '), [
    `[*] --> ${first}`,
    ...steps.flatMap((step, index) =>
      stepLines(step, { id: idOf(step.name), next: after(index, steps, idOf('succeeded')), giveUp: idOf('giving-up') }),
    ),
    state(idOf('giving-up'), 'failed or cancelled'),
    `${idOf('giving-up')} --> ${undone}`,
    ...(recovery.length === 0 ? [] : [`${idOf('giving-up')} --> ${idOf('ended')} : nothing had begun`]),
    ...recovery.flatMap((step, index) =>
      stepLines(step, { id: idOf(step.name), next: after(index, recovery, idOf('ended')), giveUp: idOf('ended') }),
    ),
    `state ${idOf('ended')} <<choice>>`,
    ...ends.flatMap((end) => [state(idOf(end), end), `${idOf(end)} --> [*]`]),
    ...ends.flatMap((end) => wayTo(end, { group, ended: idOf('ended'), to: idOf(end) })),
  ]);
}

/** How a lane comes to its ends other than by the last step's success. */
function wayTo(
  end: string,
  { group, ended, to }: { readonly group: LaneGroup; readonly ended: string; readonly to: string },
): readonly string[] {
  switch (end) {
    case 'failed':
    case 'cancelled':
      return [`${ended} --> ${to} : ${end}`];
    case 'blocked':
      return [`[*] --> ${to} : did not succeed, ${escaped(group.waitsFor)}`];
    default:
      return [];
  }
}

function stepLines(
  step: DiagramStep,
  { id, next, giveUp }: { readonly id: string; readonly next: string; readonly giveUp: string },
): readonly string[] {
  const targets = { again: id, onward: next, 'give-up': giveUp };
  const authority = step.authority === undefined ? [] : [`authority ${step.authority}`];
  const lines = [
    state(id, [`${step.label} (${step.limits})`, ...authority].join(' · ')),
    `${id} --> ${next}`,
    ...(step.whenFailed === 'fail' ? [`${id} --> ${giveUp} : failed`] : []),
    ...(step.whenFailed === 'continue' ? [`${id} --> ${next} : failed, noted`] : []),
  ];
  return step.whenFailed !== 'ask'
    ? lines
    : [
        ...lines,
        state(`${id}_held`, `waits for an operator (${step.moves.map(({ move }) => move).join(', ')})`),
        `${id} --> ${id}_held : failed`,
        ...step.moves.map(({ move, leads }) => `${id}_held --> ${targets[leads]} : ${move}`),
      ];
}

function activityLines(activities: readonly ActivityState[]): readonly string[] {
  const idOf = (name: string): string => `step_${name.replaceAll(' ', '_')}`;
  const targets = activities.flatMap((activity) => activity.ways.map(({ to }) => to));
  const names = [...new Set([...activities.map(({ name }) => name), ...targets])];
  const ends = names.filter((name) => activities.every((activity) => activity.name !== name));
  return [
    ...names.map((name) => state(idOf(name), name)),
    ...activities.flatMap(({ name, isInitial, ways }) => [
      ...(isInitial ? [`[*] --> ${idOf(name)}`] : []),
      ...ways.map(({ to, events }) => `${idOf(name)} --> ${idOf(to)} : ${events.map(escaped).join(' / ')}`),
    ]),
    ...ends.map((name) => `${idOf(name)} --> [*]`),
  ];
}

function composite(id: string, label: string, lines: readonly string[]): readonly string[] {
  return [`state "${escaped(label)}" as ${id} {`, ...lines.map((line) => `  ${line}`), '}'];
}

function state(id: string, label: string): string {
  return `state "${escaped(label)}" as ${id}`;
}

/** Everything that could mean something to Mermaid or to HTML becomes a character reference as Mermaid writes them. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '�')
    .replaceAll(/[^\p{L}\p{N}\p{M} ,.()/×…·–-]/gu, (character) => `#${character.codePointAt(0)};`);
}
