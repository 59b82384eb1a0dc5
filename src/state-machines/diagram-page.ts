import type { Diagram } from './diagram.js';
import type { ActivityState } from './diagram-activities.js';
import { headerHeight, stageColumn } from './diagram-card.js';
import { bottom, framed, type Placed, paragraph, type Shape, stacked } from './diagram-shape.js';
import { authoritySigns } from './diagram-signs.js';

/** The whole picture: every box in its place, and the arrows between the stages as SVG paths. */
export interface Page {
  readonly shape: Shape;
  readonly arrows: readonly string[];
}

const margin = 28;
const columnWidth = 272;
const columnGap = 32;
const rowGap = 40;
const cardGap = 12;
/** More stages than this go on in further rows, so that a page stays readable. */
const columnsAtMost = 6;
const columnsAtLeast = 3;

/** Lays out a diagram: stages as columns in rows, below them what the signs mean. */
export function pageOf(diagram: Diagram): Page {
  const rowCount = Math.max(1, Math.ceil(diagram.stages.length / columnsAtMost));
  const perRow = Math.max(columnsAtLeast, Math.ceil(diagram.stages.length / rowCount));
  const width = perRow * columnWidth + (perRow - 1) * columnGap;
  const columns = diagram.stages.map((stage, index) => stageColumn(stage, index + 1));
  const rows = Array.from({ length: rowCount }, (_, row) => columns.slice(row * perRow, (row + 1) * perRow));
  const parts = [
    headingOf(diagram),
    ...rows.filter((row) => row.length > 0).map(rowOf),
    framed(legendParts(diagram, perRow), { role: 'band', pad: 0, gap: 12 }),
  ];
  const children = stacked(parts, { x: margin, y: margin, width, gap: rowGap });
  const height = Math.max(margin, ...children.map(bottom)) + margin;
  const headers = children.slice(1, -1).map((row) => row.children.flatMap((column) => column.children[0] ?? []));
  return {
    shape: { role: 'page', box: { x: 0, y: 0, width: width + 2 * margin, height }, lines: [], children },
    arrows: arrowsBetween(headers, width),
  };
}

function headingOf({ title, failureRule }: Diagram): Placed {
  return framed(
    [
      ...paragraph(title, { size: 18, role: 'strong', lines: 2 }),
      ...paragraph(failureRule, { size: 12, role: 'faint', lines: 2 }),
    ],
    { role: 'band', pad: 0, gap: 4 },
  );
}

/** Columns beside one another. */
function rowOf(columns: readonly Placed[]): Placed {
  return ({ x, y, width }) => {
    const children = columns.map((column, index) =>
      column({ x: x + index * (columnWidth + columnGap), y, width: columnWidth }),
    );
    return {
      role: 'band',
      box: { x, y, width, height: Math.max(y, ...children.map(bottom)) - y },
      lines: [],
      children,
    };
  };
}

/** From header to header; at the end of a row down through the gap and back to the left. */
function arrowsBetween(rows: readonly (readonly Shape[])[], width: number): readonly string[] {
  const middle = headerHeight / 2;
  const within = rows.flatMap((row) =>
    row.slice(1).map(({ box }) => `M${box.x - columnGap + 4} ${box.y + middle}H${box.x - 5}`),
  );
  const between = rows.slice(1).flatMap((row, index) => {
    const from = rows[index]?.at(-1)?.box;
    const to = row[0]?.box;
    const side = margin + width + 12;
    return from === undefined || to === undefined
      ? []
      : [
          `M${from.x + from.width + 4} ${from.y + middle}H${side}V${to.y - rowGap / 2}H${margin - 16}V${to.y + middle}H${to.x - 5}`,
        ];
  });
  return [...within, ...between];
}

function legendParts({ stages, activities }: Diagram, perRow: number): readonly Placed[] {
  const steps = stages.flatMap(({ groups }) => groups.flatMap((group) => [...group.steps, ...group.recovery]));
  const rules = [...new Set(steps.flatMap(({ authority }) => authority ?? []))].toSorted();
  return [
    ...(rules.length === 0 ? [] : paragraph('Authority', { size: 13, role: 'strong', lines: 1 })),
    ...rules.map(shieldNote),
    ...(activities.length === 0 ? [] : activityParts(activities, perRow)),
  ];
}

function activityParts(activities: Diagram['activities'], perRow: number): readonly Placed[] {
  return [
    ...paragraph('What every step does', { size: 13, role: 'strong', lines: 1 }),
    ...paragraph(
      '“→ held: fail” reads: goes to held when it fails. “done” goes on with the next step, “given up” to the recovery and to an end.',
      { size: 11, role: 'faint', lines: 2 },
    ),
    cardsIn(perRow, activities.map(activityCard)),
  ];
}

/** Cards in columns, each card where there is most room. */
function cardsIn(columnCount: number, cards: readonly Placed[]): Placed {
  return ({ x, y, width }) => {
    const edges = Array.from({ length: columnCount }, () => y);
    const children = cards.map((card) => {
      const column = edges.indexOf(Math.min(...edges));
      const shape = card({ x: x + column * (columnWidth + columnGap), y: edges[column] ?? y, width: columnWidth });
      edges[column] = bottom(shape) + cardGap;
      return shape;
    });
    return {
      role: 'band',
      box: { x, y, width, height: Math.max(y, ...children.map(bottom)) - y },
      lines: [],
      children,
    };
  };
}

function shieldNote(rule: keyof typeof authoritySigns): Placed {
  return ({ x, y, width }) => ({
    role: 'note',
    box: { x, y, width, height: 18 },
    lines: [{ text: `${rule}: ${authoritySigns[rule].says}`, x: x + 22, y: y + 13, size: 11, role: 'plain' }],
    children: [],
    shield: { rule, x: x + 2, y: y + 2 },
  });
}

/** An activity and every way out of it. */
function activityCard({ name, isInitial, ways }: ActivityState): Placed {
  return framed(
    [
      ...paragraph(`${name}${isInitial ? ' (a step begins here)' : ''}`, { size: 12, role: 'strong', lines: 1 }),
      ...ways.flatMap(({ to, events }) =>
        paragraph(`→ ${to}: ${events.join('; ')}`, { size: 10, role: 'plain', lines: 8 }),
      ),
    ],
    { role: 'activity', pad: 10, gap: 3 },
  );
}
