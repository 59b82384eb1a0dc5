import type { Plan } from '../model/plan.js';
import { type Diagram, diagramOf } from './diagram.js';
import { pageOf } from './diagram-page.js';
import type { Line, Shape } from './diagram-shape.js';
import { authoritySigns, kindSigns, shieldPath } from './diagram-signs.js';
import { svgStyle } from './diagram-style.js';

/** The machines of a plan as one SVG document without scripts, in light or dark as the reader has it. */
export function toSvg(plan: Plan): string {
  const diagram = diagramOf(plan);
  const { shape, arrows } = pageOf(diagram);
  const { width, height } = shape.box;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="lifeboat" role="img" aria-labelledby="lifeboat-title lifeboat-desc" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title id="lifeboat-title">${escaped(diagram.title)}</title>`,
    `<desc id="lifeboat-desc">${escaped(inWords(diagram))}</desc>`,
    `<style>${svgStyle}</style>`,
    '<defs><marker id="lifeboat-tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="tip" d="M1 1L7 4L1 7z"/></marker></defs>',
    ...drawn(shape),
    ...arrows.map((path) => `<path class="arrow" d="${path}" marker-end="url(#lifeboat-tip)"/>`),
    '</svg>',
    '',
  ].join('\n');
}

function drawn({ role, box, lines, children, sign, shield, tooltip }: Shape): readonly string[] {
  const size = `x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}"`;
  return [
    '<g>',
    ...(tooltip === undefined ? [] : [`<title>${escaped(tooltip)}</title>`]),
    ...(role in corners ? [`<rect class="${role}" ${size} rx="${corners[role]}"/>`] : []),
    ...(sign === undefined
      ? []
      : [`<path class="sign" transform="translate(${sign.x} ${sign.y})" d="${kindSigns[sign.kind]}"/>`]),
    ...(shield === undefined
      ? []
      : [
          `<g transform="translate(${shield.x} ${shield.y})"><path class="shield" d="${shieldPath}"/><text class="letter" x="7" y="10" text-anchor="middle">${authoritySigns[shield.rule].letter}</text></g>`,
        ]),
    ...lines.map(drawnLine),
    ...children.flatMap(drawn),
    '</g>',
  ];
}

/** Radii of the roles that have a box of their own. */
const corners: Partial<Record<Shape['role'], number>> = {
  page: 0,
  header: 8,
  always: 8,
  card: 8,
  step: 13,
  recovery: 8,
  activity: 8,
};

function drawnLine({ text, x, y, size, role, isEnd = false }: Line): string {
  return `<text class="${role}" x="${x}" y="${y}" font-size="${size}"${isEnd ? ' text-anchor="end"' : ''}>${escaped(text)}</text>`;
}

/** What the picture shows, for those who have it read to them. */
function inWords({ failureRule, stages }: Diagram): string {
  const texts = stages.map(({ title, isAlways, groups }, index) => {
    const lanes = groups.map(
      ({ names, steps, recovery }) =>
        `${names}: ${steps.map(({ label }) => label).join(', ')}${recovery.length === 0 ? '' : `; recovery: ${recovery.map(({ label }) => label).join(', ')}`}`,
    );
    return `Stage ${index + 1}${isAlways ? ', runs always' : ''}, ${title}. ${lanes.join('. ')}.`;
  });
  return [failureRule, ...texts].join(' ');
}

/** Text that may stand in an element: marks of XML as entities, and a sign in place of what XML or an eye cannot take. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Cn}]/gu, '�')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
