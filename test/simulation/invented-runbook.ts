import type { Mode } from '../../src/model/mode.js';
import {
  type ExtraAction,
  type ExtraStep,
  type Group,
  type Moment,
  notifyEvents,
  type ReadyCheck,
  type Runbook,
  type Rung,
} from '../../src/model/runbook.js';
import type { Chance } from './chance.js';
import { type Intent, isInside } from './intent.js';

/** A runbook for the VMs of `groups` groups, with every kind of rule and of extra step now and then. */
export function inventRunbook(chance: Chance, { intent, groups }: { intent: Intent; groups: number }): Runbook {
  const north = { site: 'north' };
  const inside = { from: { site: 'north', host: 'north-1' }, to: north };
  return {
    name: 'payroll',
    protect: isInside(intent) ? inside : { from: north, to: { site: 'south' } },
    objectives: { rpoMs: 60_000, rtoMs: 600_000 },
    groups: Array.from({ length: groups }, (_, index) => inventGroup(chance, index)),
    keepApart: chance.percent(5) ? [[{ glob: 'g0-*' }]] : [],
    keepTogether: chance.percent(5) ? [[{ glob: 'g0-*' }]] : [],
    limits: {
      perHost: chance.between(1, 3),
      perLink: chance.between(1, 4),
      ...(chance.percent(30) ? { perRun: chance.between(1, 4) } : {}),
      ...(chance.percent(20) ? { bytesPerSecond: chance.between(100, 1_000) * 1e6 } : {}),
    },
    steps: Array.from({ length: chance.percent(35) ? chance.between(1, 3) : 0 }, (_, index) =>
      inventStep(chance, { index, groups }),
    ),
    triggers: [],
    ...(chance.percent(30) ? { notify: { mail: true, on: notifyEvents } } : {}),
    guard: 'normal',
  };
}

const ladders: readonly [readonly Rung[], ...(readonly Rung[])[]] = [
  ['live', 'throttle', 'post-copy', 'pause', 'restart'],
  ['live', 'pause'],
  ['live', 'restart'],
  ['live'],
  ['live', 'post-copy'],
  ['pause', 'restart'],
  ['restart'],
];

function inventGroup(chance: Chance, index: number): Group {
  const earlier = Array.from({ length: index }, (_, other) => `g${other}`);
  const after = earlier.filter(() => chance.percent(25));
  return {
    name: `g${index}`,
    priority: chance.between(1, 5),
    after,
    vms: [{ glob: `g${index}-*` }],
    move: { ladder: chance.pick(ladders), maxDowntimeMs: chance.between(1, 10) * 100, deadlineMs: 600_000 },
    ready: chance.pick(readyChecks),
  };
}

const readyChecks: readonly [readonly ReadyCheck[], ...(readonly ReadyCheck[])[]] = [
  [],
  [{ probe: 'guest-agent', withinMs: 60_000 }],
  [{ probe: 'tcp', port: 22, withinMs: 40_000 }],
  [
    { probe: 'tcp', port: 22, withinMs: 40_000 },
    { probe: 'command', command: ['true'], withinMs: 20_000 },
  ],
];

/** Which command an extra step runs: each has its own, so that its effects can be told apart. */
export function commandOf(index: number): readonly string[] {
  return [`./step-${index}.sh`];
}

function inventStep(chance: Chance, { index, groups }: { index: number; groups: number }): ExtraStep {
  const group = `g${chance.between(0, groups - 1)}`;
  const moment: Moment = chance.pick([
    { at: 'before-move' },
    { at: 'after-move' },
    { at: 'before-group', group },
    { at: 'after-group', group },
  ]);
  const only: readonly Mode[] = ['failover', 'relocate', 'failback', 'evacuate', 'return'];
  return {
    moment,
    action: inventAction(chance, index),
    timeoutMs: chance.between(5, 120) * 1_000,
    onFailure: chance.pick(['stop', 'continue', 'pause']),
    ...(chance.percent(30) ? { only } : {}),
  };
}

function inventAction(chance: Chance, index: number): ExtraAction {
  switch (chance.pick(['run', 'approve', 'wait', 'notify'])) {
    case 'run': {
      const on = chance.pick(['controller', 'south-1']);
      return { uses: 'run', with: { on, command: commandOf(index), repeatable: chance.percent(50) } };
    }
    case 'approve': {
      const otherwise = chance.pick(['pause', 'continue', 'stop']);
      return { uses: 'approve', with: { from: [], withinMs: chance.between(10, 600) * 1_000, otherwise } };
    }
    case 'wait':
      return { uses: 'wait', with: { forMs: chance.between(0, 60) * 1_000 } };
    case 'notify':
      return { uses: 'notify', with: { message: 'it is under way' } };
  }
}
