import { describe, expect, it } from '@jest/globals';
import {
  digests,
  estate,
  group,
  host,
  inventory,
  lostHost,
  remembered,
  replica,
  request,
  runbook,
} from '../../test/properties/builders.js';
import { lane, plan, step } from '../../test/reports/journals.js';
import type { Plan } from '../model/plan.js';
import { plan as decide } from '../runbooks/plan.js';
import { diagramOf } from './diagram.js';
import { pageOf } from './diagram-page.js';
import { type Box, lineBox, type Shape } from './diagram-shape.js';
import { toSvg } from './diagram-svg.js';

const hostile = '</text><script>alert("1")</script> & \'x\' ]]> \u202e\u0000\ud800';
const longWord = 'W'.repeat(300);

const cases: readonly (readonly [string, Plan])[] = [
  ['a failover of twelve VMs', failover()],
  ['an empty plan', plan('relocate', [])],
  ['a single step', plan('relocate', [stageOf('one', 1)])],
  [
    'thirty stages of up to twelve steps',
    plan(
      'drill',
      Array.from({ length: 30 }, (_, n) => stageOf(`n${n}`, 3 + (n % 10))),
    ),
  ],
  ['hostile names', plan('drill', [stageOf(hostile, 3)])],
  ['names without a space', plan('drill', [stageOf(longWord, 3)])],
];

describe('a plan as SVG', () => {
  it.each(cases)('is well-formed and has no scripts: %s', (_, one) => {
    const svg = toSvg(one);
    expect(unbalanced(svg)).toEqual([]);
    expect(svg).not.toMatch(/<script|on\w+=|href=|<foreignObject/);
    expect(svg.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
    expect(svg.replaceAll(/&(?:amp|lt|gt|quot);/g, '')).not.toContain('&');
  });

  it.each(cases)('lays every box within its own and none over another: %s', (_, one) => {
    expect(faults(pageOf(diagramOf(one)).shape)).toEqual([]);
  });

  it.each(cases)('keeps every text within its box: %s', (_, one) => {
    expect(overflowing(pageOf(diagramOf(one)).shape)).toEqual([]);
  });

  it('says its title, its stages and its steps to those who cannot see it', () => {
    const svg = toSvg(failover());
    expect(svg).toContain('<title id="lifeboat-title">payroll, failover</title>');
    expect(/<desc[^>]*>(.*)<\/desc>/.exec(svg)?.[1]).toContain(
      'Stage 2, priority 1: database. db-1, db-2, db-3: check replica, place, promote, overlay promoted, define, start.',
    );
  });

  it('marks the steps that authority depends on and explains the marks', () => {
    const svg = toSvg(failover());
    expect([...svg.matchAll(/class="letter"[^>]*>(.)</g)].map(([, letter]) => letter).join('')).toBe('TNTNTNNT');
    expect(svg).toContain('takes: takes the authority, on a proof that the other copy is dead or stopped');
  });

  it('draws an arrow from each stage to the next', () => {
    const stages = Array.from({ length: 30 }, (_, n) => stageOf(`n${n}`, 1));
    expect(pageOf(diagramOf(plan('drill', stages))).arrows).toHaveLength(29);
  });
});

/** Twelve VMs in three priorities whose site is lost. */
function failover(): Plan {
  const names = ['db', 'app', 'web'].flatMap((tier, index) =>
    Array.from({ length: index + 3 }, (_, number) => `${tier}-${number + 1}`),
  );
  const made = decide({
    runbook: runbook([
      group('database', 'db-*', { priority: 1 }),
      group('application', 'app-*', { priority: 2, after: ['database'] }),
      group('web', 'web-*', { priority: 3 }),
    ]),
    estate: estate('north-1', 'south-1'),
    inventory: inventory({
      hosts: [lostHost('north-1'), host('south-1')],
      vms: names.map((name) => remembered(name, 'north-1')),
      replicas: names.map((name) => replica(name, 'south-1')),
    }),
    request: request('failover'),
    digests,
  });
  if (!('stages' in made)) {
    throw new Error(`no plan: ${made.map(({ code }) => code).join(', ')}`);
  }
  return made;
}

/** Two shapes of lanes in one stage, with all that a lane may have. */
function stageOf(name: string, stepCount: number): Plan['stages'][number] {
  const steps = Array.from({ length: stepCount }, (_, index) =>
    step('migrate', name, {
      retry: { attempts: 3, backoffMs: 1 },
      timeoutMs: 5_430_000,
      onFailure: (['fail', 'ask', 'continue'] as const)[index % 3] ?? 'fail',
      authority: { rule: 'moves', vm: name, from: { site: 'north', host: 'n' }, to: { site: 'south', host: 's' } },
    }),
  );
  return {
    id: name,
    title: name,
    isAlways: false,
    lanes: [
      ...Array.from({ length: 9 }, () => lane({ kind: 'vm', name }, steps, { after: [name], recovery: steps })),
      lane({ kind: 'run', name }, [step('run', name)], { stopsRun: true }),
    ],
  };
}

/** Tags that are not closed, or closed without having been opened. */
function unbalanced(svg: string): readonly string[] {
  const open: string[] = [];
  for (const [, closing, name = '', rest = ''] of svg.matchAll(/<(\/?)([A-Za-z]+)([^<>]*)>/g)) {
    if (closing === '/') {
      const last = open.pop();
      if (last !== name) {
        return [`${last ?? 'nothing'} closed by ${name}`];
      }
    } else if (!rest.endsWith('/')) {
      open.push(name);
    }
  }
  return open;
}

function faults(shape: Shape): readonly string[] {
  const { children, box } = shape;
  return [
    ...children.filter((child) => !isWithin(child.box, box)).map((child) => `${child.role} leaves ${shape.role}`),
    ...children.flatMap((one, index) =>
      children
        .slice(index + 1)
        .flatMap((other) => (areApart(one.box, other.box) ? [] : `${one.role} lies on ${other.role}`)),
    ),
    ...children.flatMap(faults),
  ];
}

function overflowing({ box, lines, children }: Shape): readonly string[] {
  return [
    ...lines.filter((line) => !isWithin(lineBox(line), box)).map(({ text }) => text),
    ...children.flatMap(overflowing),
  ];
}

function isWithin(inner: Box, outer: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width + 0.01 &&
    inner.y + inner.height <= outer.y + outer.height + 0.01
  );
}

function areApart(one: Box, other: Box): boolean {
  return (
    one.x + one.width <= other.x ||
    other.x + other.width <= one.x ||
    one.y + one.height <= other.y ||
    other.y + other.height <= one.y
  );
}
