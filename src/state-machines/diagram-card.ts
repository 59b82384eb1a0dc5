import type { DiagramStage, DiagramStep, LaneGroup } from './diagram.js';
import { bottom, framed, type Placed, paragraph, stacked } from './diagram-shape.js';
import { textWidth } from './diagram-text.js';

/** Every header has room for two lines of title, so that the cards of all stages begin at the same height. */
export const headerHeight = 66;

/** A stage as a column: its header, then a card for each group of lanes. */
export function stageColumn(stage: DiagramStage, number: number): Placed {
  return ({ x, y, width }) => {
    const children = stacked([stageHeader(stage, number), ...stage.groups.map(groupCard)], { x, y, width, gap: 12 });
    const height = Math.max(...children.map(bottom)) - y;
    return { role: 'column', box: { x, y, width, height }, lines: [], children };
  };
}

function stageHeader({ title, isAlways }: DiagramStage, number: number): Placed {
  const parts = [
    ...paragraph(`Stage ${number}${isAlways ? ' · runs always' : ''}`, { size: 10, role: 'faint', lines: 1 }),
    ...paragraph(title, { size: 13, role: 'strong', lines: 2 }),
  ];
  return (at) => {
    const frame = framed(parts, { role: isAlways ? 'always' : 'header', pad: 8, gap: 0 })(at);
    return { ...frame, box: { ...frame.box, height: headerHeight }, tooltip: title };
  };
}

function groupCard(group: LaneGroup): Placed {
  const after = group.waitsFor === '' ? '' : `after ${group.waitsFor}`;
  return framed(
    [
      ...paragraph(group.names, { size: 12, role: 'strong', lines: 4 }),
      ...paragraph([group.count, after].filter(Boolean).join(' · '), { size: 10, role: 'faint', lines: 2 }),
      ...group.steps.map((step) => stepPill(step)),
      ...(group.recovery.length === 0 ? [] : [recoveryPart(group)]),
      ...paragraph(failureText(group), { size: 10, role: 'faint', lines: 3 }),
      ...paragraph(`ends: ${group.ends.join(', ')}`, { size: 10, role: 'faint', lines: 2 }),
    ],
    { role: 'card', pad: 10, gap: 4 },
  );
}

function recoveryPart({ recovery }: LaneGroup): Placed {
  return framed(
    [...paragraph('recovery', { size: 10, role: 'faint', lines: 1 }), ...recovery.map((step) => stepPill(step))],
    { role: 'recovery', pad: 6, gap: 4 },
  );
}

/** What the failure of a step leads to when nothing else is written on it. */
function failureText({ steps, recovery, stopsRun }: LaneGroup): string {
  const cause = steps.some(({ whenFailed }) => whenFailed === 'fail') ? 'failure' : 'abandoned or cancelled';
  const path = [cause, ...(recovery.length === 0 ? [] : ['recovery']), cause === 'failure' ? 'failed' : 'its end'];
  return [...path, ...(stopsRun ? ['the run stops'] : [])].join(' → ');
}

const signRoom = 28;
const shieldRoom = 19;

function stepPill(step: DiagramStep): Placed {
  const limitsRoom = textWidth(step.limits, 10);
  return ({ x, y, width }) => {
    const right = x + width - 10 - (step.authority === undefined ? 0 : shieldRoom);
    const room = { x: x + signRoom, gap: 0 };
    const label = paragraph(step.label, { size: 12, role: 'plain', lines: 2 });
    const labels = stacked(label, { ...room, y: y + 5, width: right - limitsRoom - 8 - room.x });
    const under = Math.max(y + 22, ...labels.map(bottom));
    const asks = stacked(askText(step), { ...room, y: under, width: width - signRoom - 8 });
    const children = [...labels, ...asks];
    return {
      role: 'step',
      box: { x, y, width, height: Math.max(y + 22, ...children.map(bottom)) + 4 - y },
      lines: [{ text: step.limits, x: right, y: y + 17, size: 10, role: 'faint', isEnd: true }],
      children,
      sign: { kind: step.kind, x: x + 9, y: y + 7 },
      ...(step.authority === undefined ? {} : { shield: { rule: step.authority, x: right + 5, y: y + 6 } }),
      tooltip: step.tooltip,
    };
  };
}

function askText({ whenFailed, moves }: DiagramStep): readonly Placed[] {
  switch (whenFailed) {
    case 'fail':
      return [];
    case 'continue':
      return paragraph('fails → noted, next step', { size: 10, role: 'ask', lines: 2 });
    case 'ask':
      return paragraph(`fails → asks: ${moves.map(({ move }) => move).join(', ')}`, {
        size: 10,
        role: 'ask',
        lines: 3,
      });
  }
}
