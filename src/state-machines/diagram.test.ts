import { describe, expect, it } from '@jest/globals';
import { lane, plan, step } from '../../test/reports/journals.js';
import type { Lane, Stage } from '../model/plan.js';
import { diagramOf } from './diagram.js';

const vm = (name: string) => ({ kind: 'vm', name }) as const;

describe('the diagram of a plan', () => {
  it('leads each failure where the machine of the lane leads it', () => {
    const steps = (['fail', 'continue', 'ask'] as const).map((onFailure) => step('start', onFailure, { onFailure }));
    const [group] = groupsOf([lane(vm('db-1'), steps, { recovery: steps })]);
    expect(group?.steps.map(({ whenFailed }) => whenFailed)).toEqual(['fail', 'continue', 'ask']);
    expect(group?.recovery.map(({ whenFailed }) => whenFailed)).toEqual(['ask', 'ask', 'ask']);
  });

  it('offers at each step the moves that its machine takes', () => {
    const [group] = groupsOf([
      lane({ kind: 'host', name: 'north-1' }, [
        step('fence', 'fence', { onFailure: 'ask', isSkippable: false }),
        step('approve', 'approve', { onFailure: 'ask' }),
        step('start', 'start', { onFailure: 'ask' }),
      ]),
    ]);
    expect(group?.steps.map(({ moves }) => moves.map(({ move, leads }) => `${move} ${leads}`))).toEqual([
      ['retry again', 'abandon give-up', 'attest onward'],
      ['retry again', 'skip onward', 'approve onward', 'reject give-up', 'abandon give-up'],
      ['retry again', 'skip onward', 'abandon give-up'],
    ]);
  });

  it('draws lanes of one shape once and says in what they differ', () => {
    const start = (name: string, attempts: number, timeoutMs: number, probe: string) =>
      lane(vm(name), [
        step('ready', `wait for ${name}`, {
          retry: { attempts, backoffMs: 1 },
          timeoutMs,
          input: { check: { probe } },
        }),
      ]);
    const [alike, ...others] = groupsOf([start('a', 2, 60_000, 'tcp'), start('b', 3, 150_000, 'http')]);
    expect(others).toEqual([]);
    expect(alike).toMatchObject({ names: 'a, b', count: '2 VMs', ends: ['succeeded', 'failed', 'cancelled'] });
    expect(alike?.steps[0]).toMatchObject({
      label: 'ready',
      limits: '2–3×, 1m–2m 30s',
      tooltip: 'wait for a (and 1 more like it)',
    });
  });

  it('says what a step is about, and of an author’s own step its title', () => {
    const [group, own] = groupsOf([
      lane(vm('a'), [
        step('check', 'see', { input: { about: 'replica' } }),
        step('overlay', 'undo', { action: 'undo' }),
      ]),
      lane({ kind: 'run', name: 'payroll' }, [step('run', 'switch the names')], { id: 'run/1', stopsRun: true }),
    ]);
    expect(group?.steps.map(({ label }) => label)).toEqual(['check replica', 'undo overlay']);
    expect(own).toMatchObject({ names: 'run/1', stopsRun: true, steps: [{ label: 'switch the names' }] });
  });

  it('leads a run that stops to the next stage that runs always', () => {
    const { stages } = diagramOf(plan('drill', [stage('a'), stage('b'), stage('c', true), stage('d')]));
    expect(stages.map(({ next, nextWhenStopped }) => [next, nextWhenStopped])).toEqual([
      [1, 2],
      [2, 2],
      [3, undefined],
      [undefined, undefined],
    ]);
  });

  it('says once what the failure of a lane does to the run', () => {
    const rules = (['stop', 'continue'] as const).map((onLaneFailure) => plan('drill', [], { onLaneFailure }));
    expect(rules.map((one) => diagramOf(one).failureRule)).toEqual([
      'A lane that fails stops the run, and only stages that run always are left.',
      'A lane that fails does not stop the others, but lanes that wait for it are blocked.',
    ]);
  });

  it('tells which kinds of step, and which rules for a failure, an activity’s way out is of', () => {
    const steps = [step('fence', 'f', { onFailure: 'ask', isSkippable: false }), step('start', 's'), step('sync', 's')];
    const { activities } = diagramOf(plan('drill', [stage('a', false, [lane(vm('a'), steps)])]));
    const waysOf = (name: string) =>
      activities
        .filter((activity) => activity.name === name)
        .flatMap(({ ways }) => ways.flatMap(({ to, events }) => events.map((event) => `${to}: ${event}`)));
    expect(activities.map(({ name }) => name)).toEqual([
      'due',
      'running',
      'stopping',
      'unknown',
      'blind',
      'backoff',
      'held',
    ]);
    expect(waysOf('held')).toEqual([
      'due: retry (contradictory)',
      'unknown: retry',
      'given up: abandon',
      'given up: cancel',
      'done: attest, of fence only',
      'done: skip, not of fence',
    ]);
    expect(waysOf('running')).toEqual(
      expect.arrayContaining(['held: fail, where failure asks', 'given up: fail, where failure ends the lane']),
    );
  });
});

function groupsOf(lanes: readonly Lane[]) {
  return diagramOf(plan('drill', [stage('a', false, lanes)])).stages.flatMap(({ groups }) => groups);
}

function stage(id: string, isAlways = false, lanes: readonly Lane[] = []): Stage {
  return { id, title: id, isAlways, lanes };
}
