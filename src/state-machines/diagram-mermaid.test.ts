import { describe, expect, it } from '@jest/globals';
import { lane, plan, step } from '../../test/reports/journals.js';
import type { Plan } from '../model/plan.js';
import { toMermaid } from './diagram-mermaid.js';

const small = plan('drill', [
  {
    id: 'level-1',
    title: 'priority 1: "database"',
    isAlways: false,
    lanes: ['db-1', 'db-2'].map((vm) =>
      lane({ kind: 'vm', name: vm }, [
        step('check', 'see', { input: { about: 'replica' }, retry: { attempts: 3, backoffMs: 1_000 } }),
        step('start', `start ${vm}`, {
          timeoutMs: 120_000,
          authority: { rule: 'needs-at', vm, place: { site: 'south', host: 'south-1' } },
        }),
      ]),
    ),
  },
  {
    id: 'cleanup',
    title: 'remove the clones',
    isAlways: true,
    lanes: [
      lane({ kind: 'vm', name: 'db-1' }, [step('cleanup', 'remove', { onFailure: 'ask' })], {
        id: 'cleanup/db-1',
        after: ['vm/db-1'],
        recovery: [step('notify', 'tell')],
      }),
    ],
  },
]);

const hostile = '"];} --> [*]\nend note %% <script>alert(1)</script> ; #35; : {{x}} `y` \u202e\u0000\ud800';
const hostilePlan = plan('failover', [
  {
    id: 'x',
    title: hostile,
    isAlways: false,
    lanes: [
      lane({ kind: 'vm', name: hostile }, [step('start', hostile)], { after: [hostile] }),
      lane({ kind: 'run', name: hostile }, [step('run', hostile, { onFailure: 'continue' })], { id: hostile }),
    ],
  },
]);

describe('a plan as Mermaid', () => {
  it('draws stages, lanes of one shape together, failures, recovery and ends, and once what every step does', () => {
    expect(toMermaid(small).split('\n')).toEqual(golden.split('\n'));
  });

  it.each([
    ['a small plan', small],
    ['a plan with hostile names', hostilePlan],
    ['an empty plan', plan('relocate', [])],
    [
      'thirty stages',
      plan(
        'relocate',
        Array.from({ length: 30 }, () => small.stages)
          .flat()
          .slice(0, 30),
      ),
    ],
  ])(
    'names every state once, by letters, digits and lines only, and no state that it does not declare: %s',
    (_, one) => {
      const { declared, used } = idsOf(one);
      expect(new Set(declared).size).toBe(declared.length);
      expect([...declared, ...used].filter((id) => !/^[A-Za-z][A-Za-z0-9_]*$/.test(id))).toEqual([]);
      expect(used.filter((id) => !declared.includes(id))).toEqual([]);
    },
  );

  it('lets no name end a label, a line or a state', () => {
    const text = toMermaid(hostilePlan);
    expect(text.split('\n').filter((line) => !isKnown(line))).toEqual([]);
    expect(text.replaceAll(' --> ', ' ').replaceAll(' <<choice>>', ' ')).not.toMatch(/[<>]/);
  });

  it('shows six names of a shape and counts the others', () => {
    const lanes = Array.from({ length: 40 }, (_, index) =>
      lane({ kind: 'vm', name: `db-${index + 1}` }, [step('start', 'start')]),
    );
    const text = toMermaid(plan('drill', [{ id: 'x', title: 'all', isAlways: false, lanes }]));
    expect(text).toContain('state "db-1, db-2, db-3, db-4, db-5, db-6 … and 34 more · 40 VMs" as s1_g1 {');
    expect(text).not.toContain('s1_g2');
  });
});

function idsOf(one: Plan): { readonly declared: readonly string[]; readonly used: readonly string[] } {
  const text = toMermaid(one);
  const declared = [...text.matchAll(/^ *state (?:"[^"]*" as )?(\S+)/gm)].map(([, id]) => id ?? '');
  const used = [...text.matchAll(/^ *(\S+) --> (\S+)/gm)].flatMap(([, from = '', to = '']) => [from, to]);
  return { declared, used: used.filter((id) => id !== '[*]') };
}

/** The only kinds of line that the text is made of. */
function isKnown(line: string): boolean {
  const id = '(?:[A-Za-z][A-Za-z0-9_]*|\\[\\*\\])';
  return [
    /^(stateDiagram-v2|direction LR|note right of planned|end note| *\}|)$/,
    /^ *state "[^"]*" as [A-Za-z][A-Za-z0-9_]*( \{)?$/,
    /^ *state [A-Za-z][A-Za-z0-9_]* <<choice>>$/,
    new RegExp(`^ *${id} --> ${id}( : [^:;"{}<>]*(?:#\\d+;[^:;"{}<>]*)*)?$`),
    /^ {2}A lane that fails [a-z ,#;0-9]+\.$/,
  ].some((pattern) => pattern.test(line));
}

const golden = `stateDiagram-v2
direction LR
state "planned · payroll, drill" as planned
state "1. priority 1#58; #34;database#34;" as s1 {
  state "db-1, db-2 · 2 VMs" as s1_g1 {
    [*] --> s1_g1_1_check
    state "check replica (3×, 1m)" as s1_g1_1_check
    s1_g1_1_check --> s1_g1_2_start
    s1_g1_1_check --> s1_g1_giving_up : failed
    state "start (2m) · authority needs-at" as s1_g1_2_start
    s1_g1_2_start --> s1_g1_succeeded
    s1_g1_2_start --> s1_g1_giving_up : failed
    state "failed or cancelled" as s1_g1_giving_up
    s1_g1_giving_up --> s1_g1_ended
    state s1_g1_ended <<choice>>
    state "succeeded" as s1_g1_succeeded
    s1_g1_succeeded --> [*]
    state "failed" as s1_g1_failed
    s1_g1_failed --> [*]
    state "cancelled" as s1_g1_cancelled
    s1_g1_cancelled --> [*]
    s1_g1_ended --> s1_g1_failed : failed
    s1_g1_ended --> s1_g1_cancelled : cancelled
  }
}
state "2. remove the clones (runs always)" as s2 {
  state "db-1" as s2_g1 {
    [*] --> s2_g1_1_cleanup
    state "cleanup (1m)" as s2_g1_1_cleanup
    s2_g1_1_cleanup --> s2_g1_succeeded
    state "waits for an operator (retry, skip, abandon)" as s2_g1_1_cleanup_held
    s2_g1_1_cleanup --> s2_g1_1_cleanup_held : failed
    s2_g1_1_cleanup_held --> s2_g1_1_cleanup : retry
    s2_g1_1_cleanup_held --> s2_g1_succeeded : skip
    s2_g1_1_cleanup_held --> s2_g1_giving_up : abandon
    state "failed or cancelled" as s2_g1_giving_up
    s2_g1_giving_up --> s2_g1_recovery_1_notify
    s2_g1_giving_up --> s2_g1_ended : nothing had begun
    state "notify (1m)" as s2_g1_recovery_1_notify
    s2_g1_recovery_1_notify --> s2_g1_ended
    state "waits for an operator (retry, skip, abandon)" as s2_g1_recovery_1_notify_held
    s2_g1_recovery_1_notify --> s2_g1_recovery_1_notify_held : failed
    s2_g1_recovery_1_notify_held --> s2_g1_recovery_1_notify : retry
    s2_g1_recovery_1_notify_held --> s2_g1_ended : skip
    s2_g1_recovery_1_notify_held --> s2_g1_ended : abandon
    state s2_g1_ended <<choice>>
    state "succeeded" as s2_g1_succeeded
    s2_g1_succeeded --> [*]
    state "failed" as s2_g1_failed
    s2_g1_failed --> [*]
    state "blocked" as s2_g1_blocked
    s2_g1_blocked --> [*]
    state "cancelled" as s2_g1_cancelled
    s2_g1_cancelled --> [*]
    s2_g1_ended --> s2_g1_failed : failed
    [*] --> s2_g1_blocked : did not succeed, vm/db-1
    s2_g1_ended --> s2_g1_cancelled : cancelled
  }
}
state "finished" as finished
[*] --> planned
planned --> s1
planned --> finished : cancelled
s1 --> s2
s2 --> finished
finished --> [*]
note right of planned
  A lane that fails does not stop the others, but lanes that wait for it are blocked.
end note
state "What every step does" as step {
  state "due" as step_due
  state "running" as step_running
  state "stopping" as step_stopping
  state "unknown" as step_unknown
  state "blind" as step_blind
  state "backoff" as step_backoff
  state "held" as step_held
  state "given up" as step_given_up
  state "done" as step_done
  [*] --> step_due
  step_due --> step_running : start
  step_due --> step_unknown : take up (attached)
  step_due --> step_given_up : cancel
  step_running --> step_done : succeed
  step_running --> step_unknown : fail (unknown) / take up
  step_running --> step_given_up : fail (cancelled) / fail, where failure ends the lane
  step_running --> step_backoff : fail (may retry)
  step_running --> step_held : fail, where failure asks
  step_running --> step_stopping : time / cancel
  step_stopping --> step_given_up : succeed (cancelled) / fail (cancelled) / fail, where failure ends the lane
  step_stopping --> step_done : succeed
  step_stopping --> step_unknown : fail (unknown) / take up
  step_stopping --> step_backoff : fail (may retry)
  step_stopping --> step_held : fail, where failure asks
  step_unknown --> step_given_up : observe (done but cancelled) / observe (not started and cancelled) / observe (not started), where failure ends the lane
  step_unknown --> step_done : observe (done)
  step_unknown --> step_due : observe (under way) / observe (may start again)
  step_unknown --> step_held : observe (not started), where failure asks / observe / fail (blind too long)
  step_unknown --> step_blind : fail
  step_unknown --> step_unknown : take up
  step_blind --> step_unknown : time / retry / take up
  step_blind --> step_given_up : abandon
  step_backoff --> step_due : time / retry
  step_backoff --> step_given_up : abandon / cancel
  step_held --> step_due : retry (contradictory)
  step_held --> step_unknown : retry
  step_held --> step_done : skip
  step_held --> step_given_up : abandon / cancel
  step_given_up --> [*]
  step_done --> [*]
}
`;
