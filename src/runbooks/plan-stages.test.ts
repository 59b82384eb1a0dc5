import { describe, expect, it } from '@jest/globals';
import {
  estate,
  group,
  host,
  inventory,
  madePlan,
  replica,
  request,
  runbook,
  vm,
} from '../../test/properties/builders.js';
import type { Mode } from '../model/mode.js';
import type { ExtraStep, Group, Moment } from '../model/runbook.js';

function staged(
  groups: readonly Group[],
  about: { names: readonly string[]; steps?: readonly ExtraStep[]; mode?: Mode },
) {
  return madePlan({
    runbook: runbook(groups, { steps: about.steps ?? [] }),
    estate: estate('north-1', 'south-1'),
    request: request(about.mode ?? 'relocate'),
    inventory: inventory({
      hosts: [host('north-1'), host('south-1')],
      vms: about.names.map((name) => vm(name, 'north-1')),
      replicas: about.names.map((name) => replica(name, 'south-1')),
    }),
  }).stages;
}

function tell(message: string, moment: Moment, facts: Partial<ExtraStep> = {}): ExtraStep {
  return { moment, action: { uses: 'notify', with: { message } }, timeoutMs: 5_000, onFailure: 'stop', ...facts };
}

const two = [group('db', 'db-1', { priority: 1 }), group('web', 'web-1', { priority: 2, after: ['db'] })];
const names = ['db-1', 'web-1'];

describe('the stages of a plan', () => {
  it('are one a level, with the groups in their titles', () => {
    expect(
      staged([...two, group('cache', 'cache-1', { priority: 1 })], { names: [...names, 'cache-1'] }),
    ).toMatchObject([
      { id: 'level-1', title: 'priority 1: db, cache' },
      { id: 'level-2', title: 'priority 2: web' },
    ]);
  });

  it('let VMs wait for those of the groups that theirs waits for', () => {
    const [, web] = staged(two, { names });
    expect(web?.lanes[0]?.after).toEqual(['vm/db-1']);
  });

  it('let VMs wait for a large group through one lane that waits for all of it', () => {
    const many = Array.from({ length: 40 }, (_, index) => `db-${index + 1}`);
    const stages = staged([group('db', 'db-*'), group('web', 'web-1', { after: ['db'] })], {
      names: [...many, 'web-1'],
    });
    expect(stages.map(({ id }) => id)).toEqual(['level-1', 'gate-db', 'level-2']);
    expect(stages[1]?.lanes[0]).toMatchObject({ id: 'group/db', title: 'all of db has succeeded' });
    expect(stages[1]?.lanes[0]?.after).toHaveLength(40);
    expect(stages[2]?.lanes[0]?.after).toEqual(['group/db']);
  });

  it('have the extra steps at their moments', () => {
    const steps = [
      tell('last', { at: 'after-move' }),
      tell('web done', { at: 'after-group', group: 'web' }),
      tell('db next', { at: 'before-group', group: 'db' }),
      tell('first', { at: 'before-move' }),
    ];
    expect(staged(two, { names, steps }).map(({ id, title }) => `${id} ${title}`)).toEqual([
      'extra-4 before the move: tell: first',
      'extra-3 before db: tell: db next',
      'level-1 priority 1: db',
      'level-2 priority 2: web',
      'extra-2 after web: tell: web done',
      'extra-1 after the move: tell: last',
    ]);
  });

  it('leave out the extra steps of other modes and of groups that have nothing to do', () => {
    const steps = [
      tell('not now', { at: 'after-move' }, { only: ['failover'] }),
      tell('nobody there', { at: 'after-group', group: 'web' }),
    ];
    const groups = [group('db', 'db-1'), group('web', 'web-*')];
    expect(staged(groups, { names: ['db-1'], steps }).map(({ id }) => id)).toEqual(['level-1']);
  });

  it('say what becomes of the run when an extra step fails', () => {
    const steps = (['stop', 'continue', 'pause'] as const).map((onFailure) =>
      tell(onFailure, { at: 'before-move' }, { onFailure }),
    );
    const lanes = staged(two, { names, steps })
      .slice(0, 3)
      .map((stage) => stage.lanes[0]);
    expect(lanes.map((lane) => [lane?.id, lane?.stopsRun ?? false, lane?.steps[0]?.onFailure])).toEqual([
      ['run/1', true, 'fail'],
      ['run/2', false, 'continue'],
      ['run/3', false, 'ask'],
    ]);
  });

  it('run a command once only, unless its author says that it may be repeated', () => {
    const steps = [false, true].map(
      (repeatable): ExtraStep => ({
        ...tell('', { at: 'before-move' }),
        action: { uses: 'run', with: { on: 'controller', command: ['./freeze.sh'], repeatable } },
      }),
    );
    const found = staged(two, { names, steps })
      .slice(0, 2)
      .map((stage) => stage.lanes[0]?.steps[0]?.retry.attempts);
    expect(found).toEqual([1, 3]);
  });

  it('give an approval and a wait the time that they are about', () => {
    const steps: ExtraStep[] = [
      { ...tell('', { at: 'before-move' }), action: { uses: 'wait', with: { forMs: 600_000 } } },
      {
        ...tell('', { at: 'before-move' }),
        action: { uses: 'approve', with: { from: ['dba'], withinMs: 900_000, otherwise: 'pause' } },
      },
    ];
    const found = staged(two, { names, steps })
      .slice(0, 2)
      .map((stage) => stage.lanes[0]?.steps[0]);
    expect(found.map((step) => [step?.title, step?.timeoutMs])).toEqual([
      ['wait 600 s', 660_000],
      ['wait for approval by dba', 900_000],
    ]);
  });
});
