import type { Mode } from '../model/mode.js';
import { counted } from './derived-findings.js';
import type { LaneReport, RunReport, VmOutcome } from './run-report.js';

type Judged = Pick<RunReport, 'mode' | 'standing' | 'vms' | 'stages' | 'moves' | 'skipped'>;

/** The run in one sentence. It claims only what entries show, and names what failed before what was done. */
export function verdictOf(judged: Judged): string {
  const { standing } = judged;
  const done = doneText(judged);
  switch (standing.result) {
    case 'succeeded':
      return `${upper(done)}.`;
    case 'with-errors':
      return `${upper(done)}.`;
    case 'failed':
      return `The run failed${reason(judged)}; ${done}.`;
    case 'cancelled': {
      const cancel = judged.moves.findLast(({ move }) => move === 'cancel');
      return `The run was cancelled${cancel === undefined ? '' : ` by ${cancel.by}`}; ${done}.`;
    }
    case 'open':
      return openText(judged, done);
  }
}

function openText({ standing }: Judged, done: string): string {
  const activity = standing.result === 'open' ? standing.activity : 'running';
  const waitsFor = standing.result === 'open' ? standing.waitsFor : undefined;
  switch (activity) {
    case 'requested':
      return 'The run was requested; no plan is in the journal.';
    case 'planned':
      return 'The run is planned and has not started.';
    case 'running':
      return `The run is open; ${done} so far.`;
    case 'waiting':
      return `The run waits for an operator${waitsFor === undefined ? '' : ` (${waitsFor})`}; ${done} so far.`;
    case 'paused':
      return `The run is paused by an operator; ${done} so far.`;
    case 'interrupted':
      return `The run was interrupted and no engine has it; ${done} so far.`;
  }
}

const doneWords: Readonly<Record<Mode, string>> = {
  failover: 'recovered',
  drill: 'recovered as isolated clones',
  relocate: 'moved',
  failback: 'moved back',
  evacuate: 'moved',
  balance: 'moved',
  return: 'moved back',
  reverse: 'reversed',
};

function doneText(judged: Judged): string {
  const { vms, mode, skipped } = judged;
  const done = vms.filter(({ outcome }) => isDone(outcome));
  const unchecked = done.filter(({ readyBy }) => readyBy === 'running').length;
  const parts = [
    vms.length === 0
      ? 'no VM was part of the plan'
      : `${done.length} of ${counted(vms.length, 'VM')} ${vms.length === 1 ? 'was' : 'were'} ${doneWords[mode ?? 'relocate']}`,
    ...(unchecked === 0 ? [] : [`${unchecked} without a ready check`]),
    ...(['failed', 'unproven', 'blocked', 'cancelled'] as const).flatMap((outcome) => {
      const count = vms.filter((vm) => vm.outcome === outcome).length;
      return count === 0 ? [] : [`${count} ${outcome}`];
    }),
    ...(skipped.length === 0 ? [] : [`${skipped.length} left alone`]),
    ...hostsEmpty(judged),
  ];
  return parts.join(', ');
}

/** Whether a VM is where the run was to bring it. */
export function isDone(outcome: VmOutcome): boolean {
  return outcome === 'recovered' || outcome === 'moved' || outcome === 'reversed';
}

function hostsEmpty({ mode, stages }: Judged): readonly string[] {
  if (mode !== 'evacuate') {
    return [];
  }
  return lanesOf(stages)
    .filter(({ subject, steps }) => subject.kind === 'host' && steps.at(-1)?.kind === 'check')
    .map(({ subject, outcome }) => `${subject.name} ${outcome === 'succeeded' ? 'was' : 'was not'} observed empty`);
}

function reason({ stages }: Judged): string {
  const because = lanesOf(stages).find(({ outcome }) => outcome === 'failed')?.because;
  return because === undefined ? '' : ` (${because})`;
}

function lanesOf(stages: RunReport['stages']): readonly LaneReport[] {
  return stages.flatMap(({ lanes }) => lanes);
}

function upper(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
