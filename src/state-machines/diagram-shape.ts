import type { AuthorityClause, StepKind } from '../model/plan.js';
import { textWidth, wrapped } from './diagram-text.js';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line of text; `x` is its beginning, or its end when `isEnd`, and `y` its baseline. */
export interface Line {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly role: 'strong' | 'plain' | 'faint' | 'ask';
  readonly isEnd?: boolean;
}

/** A box of the picture with what stands in it. Children lie within their parent and never on one another. */
export interface Shape {
  readonly role: 'page' | 'band' | 'column' | 'header' | 'always' | 'card' | 'step' | 'recovery' | 'activity' | 'note';
  readonly box: Box;
  readonly lines: readonly Line[];
  readonly children: readonly Shape[];
  readonly sign?: { readonly kind: StepKind; readonly x: number; readonly y: number };
  readonly shield?: { readonly rule: AuthorityClause['rule']; readonly x: number; readonly y: number };
  readonly tooltip?: string;
}

/** Makes something at a height of the page. */
export type Placed = (at: { readonly x: number; readonly y: number; readonly width: number }) => Shape;

export function bottom({ box }: Pick<Shape, 'box'>): number {
  return box.y + box.height;
}

/** Puts one below the other. */
export function stacked(
  parts: readonly Placed[],
  { x, y, width, gap }: { readonly x: number; readonly y: number; readonly width: number; readonly gap: number },
): readonly Shape[] {
  const shapes: Shape[] = [];
  for (const part of parts) {
    const last = shapes.at(-1);
    shapes.push(part({ x, y: last === undefined ? y : bottom(last) + gap, width }));
  }
  return shapes;
}

/** A box around parts that stand below one another. */
export function framed(
  parts: readonly Placed[],
  { role, pad, gap }: { readonly role: Shape['role']; readonly pad: number; readonly gap: number },
): Placed {
  return ({ x, y, width }) => {
    const children = stacked(parts, { x: x + pad, y: y + pad, width: width - 2 * pad, gap });
    const height = Math.max(y, ...children.map(bottom)) + pad - y;
    return { role, box: { x, y, width, height }, lines: [], children };
  };
}

/** Text in as many lines as it needs, at most `lines`; nothing at all when it is empty. */
export function paragraph(
  text: string,
  { size, role, lines }: { readonly size: number; readonly role: Line['role']; readonly lines: number },
): readonly Placed[] {
  if (text === '') {
    return [];
  }
  const lineHeight = Math.round(size * 1.4);
  return [
    ({ x, y, width }) => {
      const texts = wrapped(text, { width, size, isBold: role === 'strong', lines });
      return {
        role: 'note',
        box: { x, y, width, height: texts.length * lineHeight },
        lines: texts.map((line, index) => ({ text: line, x, y: y + index * lineHeight + size, size, role })),
        children: [],
      };
    },
  ];
}

/** Where a line of text lies. */
export function lineBox({ text, x, y, size, role, isEnd = false }: Line): Box {
  const width = textWidth(text, size, role === 'strong');
  return { x: isEnd ? x - width : x, y: y - size, width, height: size * 1.3 };
}
