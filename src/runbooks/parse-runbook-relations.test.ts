import { describe, expect, it } from '@jest/globals';
import type { Estate } from '../model/estate.js';
import { parseEstate } from './parse-estate.js';
import { parseRunbook } from './parse-runbook.js';

function sampleEstate(): Estate {
  const parsed = parseEstate(
    `version: 1
sites:
  north: { hosts: { north-1: { uri: "qemu+ssh://north-1/system" }, north-2: { uri: "qemu+ssh://north-2/system" } } }
  south: { hosts: { south-1: { uri: "qemu+ssh://south-1/system" } } }
`,
    'lifeboat.yaml',
  );
  if (!parsed.ok) {
    throw new Error('the estate of these tests is not valid');
  }
  return parsed.value;
}

const estate = sampleEstate();
const head = 'version: 1\nname: x\nprotect: { from: north, to: south }\n';
const step = (text: string) => `groups: [{ name: a, vms: [b] }]\nsteps: [{ ${text} }]`;
const trigger = (text: string) => `groups: [{ name: a, vms: [b] }]\ntriggers: [{ ${text} }]`;
const group = (text: string) => `groups: [{ name: a, vms: [b], ${text} }]`;

/** The mark ‸ stands where the problem must be found. */
const rows: readonly (readonly [name: string, rest: string, code: string, message: string, hint?: string])[] = [
  [
    'a selector twice',
    'groups: [{ name: a, vms: ["w-*"] }, { name: b, vms: [‸"w-*"] }]',
    'duplicate-selector',
    '"w-*" stands here a second time',
  ],
  [
    'two groups of one name',
    'groups: [{ name: a, vms: [b] }, { name: ‸a, vms: [c] }]',
    'duplicate-name',
    'There are two groups called "a"',
  ],
  [
    'an unknown group in after',
    group('after: [‸c]'),
    'unknown-name',
    'There is no group "c" in the runbook',
    'did you mean `a`?',
  ],
  ['a group after itself', group('after: [‸a]'), 'after-itself', 'The group "a" waits for itself'],
  [
    'a circle',
    'groups:\n  - { name: a, vms: [x], after: [‸b] }\n  - { name: b, vms: [y], after: [a] }',
    'after-cycle',
    'Groups wait for each other: a → b → a',
  ],
  [
    'a circle over priorities',
    'groups:\n  - { name: a, priority: 1, vms: [x], after: [‸c] }\n  - { name: b, priority: 3, vms: [y], after: [a] }\n  - { name: c, priority: 5, vms: [z], after: [b] }',
    'after-cycle',
    'Groups wait for each other: a → c → b → a',
  ],
  ['a page that is none', group('ready: [{ probe: http, url: ‸web-1 }]'), 'bad-uri', '"web-1" is no address of a page'],
  [
    'a moment of an unknown group',
    step('at: ‸after-group/b, uses: wait, with: { for: 1s }'),
    'unknown-name',
    'There is no group "b" in the runbook',
  ],
  [
    'a command on an unknown host',
    step('at: after-move, uses: run, with: { on: ‸north-3, command: [x] }'),
    'unknown-name',
    'There is no host "north-3" in the estate',
    'did you mean `north-1`?',
  ],
  [
    'a probe of an unknown host',
    trigger('name: t, when: { all: [{ probe: libvirt, host: ‸nort-1 }] }, for: 1s, start: drill'),
    'unknown-name',
    'There is no host "nort-1" in the estate',
    'did you mean `north-1`?',
  ],
  [
    'a key twice',
    'groups: [{ name: a, vms: [b] }]\nguard: normal\n‸guard: strict',
    'duplicate-key',
    'The key "guard" stands twice in the same mapping',
  ],
  [
    'a reserved key',
    'groups: [{ name: a, vms: [b], ‸__proto__: { priority: 1 } }]',
    'reserved-key',
    '`__proto__` cannot be a key or a name',
  ],
];

const protections: typeof rows = [
  [
    'an unknown site',
    'from: ‸nroth, to: south',
    'unknown-name',
    'There is no site "nroth" in the estate',
    'did you mean `north`?',
  ],
  [
    'a host as a site',
    'from: ‸north-1, to: south',
    'unknown-name',
    'There is no site "north-1" in the estate',
    'For the host write { host: north-1 }.',
  ],
  [
    'an unknown host',
    'from: { host: ‸north-9 }, to: south',
    'unknown-name',
    'There is no host "north-9" in the estate',
    'did you mean `north-1`?',
  ],
  ['a site to itself', 'from: north, to: ‸north', 'same-place', 'The VMs would go from "north" to where they are'],
  ['a name of every object', 'from: ‸toString, to: south', 'unknown-name', 'There is no site "toString" in the estate'],
];

const all = [
  ...rows.map(([name, rest, ...expected]) => [name, `${head}${rest}\n`, ...expected] as const),
  ...protections.map(
    ([name, text, ...expected]) =>
      [name, `version: 1\nname: x\nprotect: { ${text} }\ngroups: [{ name: a, vms: [b] }]\n`, ...expected] as const,
  ),
];

describe('the names of a runbook are refused for', () => {
  it.each(all)('%s', (...[, marked, code, message, hint]) => {
    const before = marked.slice(0, marked.indexOf('‸')).split('\n');
    const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
    const advice = hint === undefined ? {} : { hint };
    const parsed = parseRunbook(marked.replace('‸', ''), 'runbook.yaml', estate);
    const expected = { file: 'runbook.yaml', ...place, code, message, ...advice };
    expect(parsed.ok || parsed.problems).toEqual([expect.objectContaining(expected)]);
  });
});
