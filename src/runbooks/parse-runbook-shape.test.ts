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
  ['no groups', 'groups: ‸[]', 'wrong-count', '`groups` must not be empty'],
  [
    'a group without VMs',
    'groups: [‸{ name: a }]',
    'missing-key',
    '`vms` is missing in `groups[0]`',
    'For example `vms: ["db-1","db-*",{"tag":"tier=db"}]`.',
  ],
  [
    'a misspelt key, once',
    'groups: [{ name: a, ‸vm: [b] }]',
    'unknown-key',
    'Unknown key "vm" in `groups[0]`',
    'did you mean `vms`?',
  ],
  [
    'an unknown key',
    `groups: [{ name: a, vms: [b], ‸colour: red }]`,
    'unknown-key',
    'Unknown key "colour" in `groups[0]`',
    'Known keys are name, priority, after, vms, replicate, move, ready.',
  ],
  ['a priority out of range', group('priority: ‸9'), 'wrong-value', '`groups[0].priority` must be at most 5'],
  [
    'a priority in words',
    group('priority: ‸high'),
    'wrong-type',
    '`groups[0].priority` must be a whole number, but is "high"',
  ],
  ['an empty value', group('‸ready: '), 'wrong-type', '`groups[0].ready` must be a list, but is empty'],
  [
    'a number as VM',
    'groups: [{ name: a, vms: [‸5] }]',
    'wrong-type',
    '`groups[0].vms[0]` must be a text or a mapping, but is 5',
  ],
  [
    'a tag without value',
    'groups: [{ name: a, vms: [{ tag: ‸db }] }]',
    'wrong-value',
    '`groups[0].vms[0].tag` cannot be "db"',
    'Write a tag as key=value, such as tier=db.',
  ],
  [
    'an unknown method',
    group('replicate: { method: ‸miror }'),
    'wrong-value',
    '`groups[0].replicate.method` must be one of mirror, block-sync, but is "miror"',
    'did you mean `mirror`?',
  ],
  [
    'a key of the other method',
    group('replicate: { method: mirror, ‸every: 5m }'),
    'unknown-key',
    'Unknown key "every" in `groups[0].replicate`',
  ],
  [
    'no method',
    group('replicate: ‸{ every: 5m }'),
    'missing-key',
    '`method` is missing in `groups[0].replicate`',
    'Write `method:` with one of mirror, block-sync.',
  ],
  [
    'an interval without unit',
    group('replicate: { method: block-sync, every: ‸5 }'),
    'wrong-type',
    '`groups[0].replicate.every` must be a text, but is 5',
  ],
  [
    'an interval of nothing',
    group('replicate: { method: block-sync, every: ‸0s }'),
    'wrong-value',
    '`groups[0].replicate.every` cannot be "0s"',
  ],
  [
    'an unknown rung',
    group('move: { ladder: [‸liv] }'),
    'wrong-value',
    '`groups[0].move.ladder[0]` must be one of live, throttle, post-copy, pause, restart, but is "liv"',
    'did you mean `live`?',
  ],
  [
    'a misspelt probe key',
    group('ready: [{ ‸prob: tcp, port: 1 }]'),
    'unknown-key',
    'Unknown key "prob" in `groups[0].ready[0]`',
    'did you mean `probe`?',
  ],
  [
    'a probe without port',
    group('ready: [‸{ probe: tcp }]'),
    'missing-key',
    '`port` is missing in `groups[0].ready[0]`',
    'For example `port: 5432`.',
  ],
  [
    'a port that is none',
    group('ready: [{ probe: tcp, port: ‸70000 }]'),
    'wrong-value',
    '`groups[0].ready[0].port` must be at most 65535',
  ],
  [
    'an unknown moment',
    step('at: ‸before-lunch, uses: wait, with: { for: 1s }'),
    'wrong-value',
    '`steps[0].at` cannot be "before-lunch"',
    'Write before-move, after-move, before-group/NAME or after-group/NAME.',
  ],
  [
    'an unknown action',
    step('at: after-move, uses: ‸rum, with: {}'),
    'wrong-value',
    '`steps[0].uses` must be one of run, approve, wait, notify, but is "rum"',
    'did you mean `run`?',
  ],
  [
    'the keys of another action',
    step('at: after-move, uses: run, with: { on: controller, command: [x], ‸for: 5m }'),
    'unknown-key',
    'Unknown key "for" in `steps[0].with`',
  ],
  [
    'a command as a text',
    step('at: after-move, uses: run, with: { on: controller, command: ‸./x }'),
    'wrong-type',
    '`steps[0].with.command` must be a list, but is "./x"',
  ],
  [
    'an unknown mode',
    step('at: after-move, uses: wait, with: { for: 1s }, only: [‸fail-over]'),
    'wrong-value',
    '`steps[0].only[0]` must be one of evacuate, relocate, failover, failback, drill, reverse, balance, but is "fail-over"',
    'did you mean `failover`?',
  ],
  [
    'a trigger without a condition',
    trigger('name: t, when: ‸{}, for: 1s, start: drill'),
    'wrong-count',
    '`triggers[0].when` must not be empty',
  ],
  [
    'a trigger with two conditions',
    trigger(
      'name: t, when: ‸{ all: [{ probe: libvirt, site: north }], any: [{ probe: libvirt, site: north }] }, for: 1s, start: drill',
    ),
    'wrong-count',
    '`triggers[0].when` must have only 1 of its keys',
  ],
  [
    'a libvirt probe of nothing',
    trigger('name: t, when: { all: [‸{ probe: libvirt }] }, for: 1s, start: drill'),
    'wrong-count',
    '`triggers[0].when.all[0]` must have at least 2 keys',
  ],
  [
    'an unknown event',
    'groups: [{ name: a, vms: [b] }]\nnotify: { on: [‸fail] }',
    'wrong-value',
    '`notify.on[0]` must be one of started, waiting, failed, finished, rpo-missed, but is "fail"',
  ],
  [
    'an unknown guard',
    'groups: [{ name: a, vms: [b] }]\nguard: ‸stict',
    'wrong-value',
    '`guard` must be one of normal, strict, but is "stict"',
    'did you mean `strict`?',
  ],
];

describe('the shape of a runbook is refused for', () => {
  it.each(rows)('%s', (...[, rest, code, message, hint]) => {
    const marked = `${head}${rest}\n`;
    const before = marked.slice(0, marked.indexOf('‸')).split('\n');
    const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
    const advice = hint === undefined ? {} : { hint };
    const parsed = parseRunbook(marked.replace('‸', ''), 'runbook.yaml', estate);
    const expected = { file: 'runbook.yaml', ...place, code, message, ...advice };
    expect(parsed.ok || parsed.problems).toEqual([expect.objectContaining(expected)]);
  });
});
