import { describe, expect, it } from '@jest/globals';
import type { Estate } from '../model/estate.js';
import { parseEstate } from './parse-estate.js';
import { parseRunbook } from './parse-runbook.js';

const estate = sampleEstate();

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

const whole = `version: 1
name: payroll
protect: { from: north, to: south }
objectives: { rpo: 30s, rto: 10m }
groups:
  - name: database
    priority: 1
    vms: [db-1, "db-*", { tag: "tier=db" }]
    replicate: { method: mirror }
    ready: [ { probe: guest-agent, within: 60s }, { probe: tcp, port: 5432, within: 60s } ]
  - name: web
    after: [database]
    vms: ["web-*"]
    replicate: { method: block-sync, every: 5m, keep: 12, quiesce: true }
    move: { ladder: [live, restart], max-downtime: 800ms }
    ready: [ { probe: http, url: "http://web-1:8080/" }, { probe: command, command: [./check.sh] } ]
keep-apart: [ ["db-*"] ]
keep-together: [ [web-1, { tag: "a=b" }] ]
limits: { per-host: 3, per-run: 20, bandwidth: 800Mbit }
steps:
  - { at: before-move, uses: run, with: { on: controller, command: [./freeze-batch.sh] }, timeout: 2m }
  - { at: after-group/database, uses: approve, with: { from: [dba], within: 15m, otherwise: stop }, on-failure: pause }
  - { at: before-group/web, uses: approve }
  - { at: before-group/web, uses: wait, with: { for: 30s } }
  - { at: after-move, uses: notify, with: { message: done }, only: [relocate, failover] }
triggers:
  - name: north-lost
    when: { all: [ { probe: libvirt, site: north }, { probe: tcp, host: gw-north, port: 22 } ] }
    for: 15s
    start: failover
    arm: auto
  - { name: north-1-ill, when: { any: [ { probe: libvirt, host: north-1 } ] }, for: 1m, start: evacuate }
notify: { on: [failed] }
guard: strict
`;

function read(text: string) {
  const parsed = parseRunbook(text, 'runbook.yaml', estate);
  return parsed.ok ? parsed.value : parsed.problems;
}

describe('a runbook', () => {
  it('becomes numbers and names, with every default filled in', () => {
    const withinMs = 60_000;
    expect(read(whole)).toEqual({
      name: 'payroll',
      protect: { from: { site: 'north' }, to: { site: 'south' } },
      objectives: { rpoMs: 30_000, rtoMs: 600_000 },
      groups: [
        {
          name: 'database',
          priority: 1,
          after: [],
          vms: [{ name: 'db-1' }, { glob: 'db-*' }, { tag: 'tier=db' }],
          replicate: { method: 'mirror', keep: 12, stallMs: 5_000 },
          move: {
            ladder: ['live', 'throttle', 'post-copy', 'pause', 'restart'],
            maxDowntimeMs: 500,
            deadlineMs: 600_000,
          },
          ready: [
            { probe: 'guest-agent', withinMs },
            { probe: 'tcp', port: 5432, withinMs },
          ],
        },
        {
          name: 'web',
          priority: 3,
          after: ['database'],
          vms: [{ glob: 'web-*' }],
          replicate: { method: 'block-sync', everyMs: 300_000, keep: 12, quiesce: true },
          move: { ladder: ['live', 'restart'], maxDowntimeMs: 800, deadlineMs: 600_000 },
          ready: [
            { probe: 'http', url: 'http://web-1:8080/', status: 200, withinMs },
            { probe: 'command', command: ['./check.sh'], withinMs },
          ],
        },
      ],
      keepApart: [[{ glob: 'db-*' }]],
      keepTogether: [[{ name: 'web-1' }, { tag: 'a=b' }]],
      limits: { perHost: 3, perLink: 4, perRun: 20, bytesPerSecond: 100_000_000 },
      steps: [
        {
          moment: { at: 'before-move' },
          action: { uses: 'run', with: { on: 'controller', command: ['./freeze-batch.sh'], repeatable: false } },
          timeoutMs: 120_000,
          onFailure: 'stop',
        },
        {
          moment: { at: 'after-group', group: 'database' },
          action: { uses: 'approve', with: { from: ['dba'], withinMs: 900_000, otherwise: 'stop' } },
          timeoutMs: 1_200_000,
          onFailure: 'pause',
        },
        {
          moment: { at: 'before-group', group: 'web' },
          action: { uses: 'approve', with: { from: [], withinMs: 900_000, otherwise: 'pause' } },
          timeoutMs: 1_200_000,
          onFailure: 'stop',
        },
        {
          moment: { at: 'before-group', group: 'web' },
          action: { uses: 'wait', with: { forMs: 30_000 } },
          timeoutMs: 330_000,
          onFailure: 'stop',
        },
        {
          moment: { at: 'after-move' },
          action: { uses: 'notify', with: { message: 'done' } },
          timeoutMs: 300_000,
          onFailure: 'stop',
          only: ['relocate', 'failover'],
        },
      ],
      triggers: [
        {
          name: 'north-lost',
          when: {
            all: [
              { probe: 'libvirt', site: 'north' },
              { probe: 'tcp', host: 'gw-north', port: 22 },
            ],
          },
          forMs: 15_000,
          start: 'failover',
          arm: 'auto',
        },
        {
          name: 'north-1-ill',
          when: { any: [{ probe: 'libvirt', host: 'north-1' }] },
          forMs: 60_000,
          start: 'evacuate',
          arm: 'ask',
        },
      ],
      notify: { mail: true, on: ['failed'] },
      guard: 'strict',
    });
  });

  it('may empty one host into the rest of its site', () => {
    const text =
      'version: 1\nname: x\nprotect: { from: { host: north-1 }, to: north }\ngroups: [{ name: a, vms: ["*"] }]';
    expect(read(text)).toMatchObject({
      protect: { from: { site: 'north', host: 'north-1' }, to: { site: 'north' } },
      limits: { perHost: 2, perLink: 4 },
      objectives: {},
      guard: 'normal',
    });
  });

  it('tells where each value stands', () => {
    const parsed = parseRunbook(whole, 'runbook.yaml', estate);
    const locate = parsed.ok ? parsed.locate : () => undefined;
    expect(locate('/groups/1/move/ladder/1')).toMatchObject({ line: 15, column: 28 });
    expect(locate('/steps/0/with/command')).toMatchObject({ line: 21 });
    expect(locate('/groups/7')).toBeUndefined();
  });

  it('reports all mistakes of a file together, in the order of the file', () => {
    const text = whole
      .replace('rpo: 30s', 'rpo: 30')
      .replace('priority: 1', 'prioritie: 1')
      .replace('after: [database]', 'after: [databse]')
      .replace('probe: http', 'probe: htp')
      .replace('site: north }', 'site: nort }');
    const problems = read(text);
    expect(Array.isArray(problems) && problems.map(({ line, code, hint }) => [line, code, hint])).toEqual([
      [4, 'wrong-type', 'Write a duration above zero with its unit, such as 500ms, 30s, 5m or 1h30m.'],
      [7, 'unknown-key', 'did you mean `priority`?'],
      [12, 'unknown-name', 'did you mean `database`?'],
      [16, 'wrong-value', 'did you mean `http`?'],
      [28, 'unknown-name', 'did you mean `north`?'],
    ]);
  });
});
