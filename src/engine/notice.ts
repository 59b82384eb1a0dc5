import type { Notice } from '../notifiers/notifier.js';
import type { NoticeEvent, RunState } from '../state-machines/index.js';

/** What people are told of an event of a run: short, with what to do next. */
export function noticeOf(state: RunState, event: NoticeEvent): Notice {
  const { runId, plan } = state;
  const runbook = plan?.runbook ?? '';
  const waiting = state.lanes.filter(({ activity }) => activity === 'held');
  const failed = state.lanes.filter(({ status }) => status === 'failed');
  const lines = [
    `Run ${runId} of runbook ${runbook} (${plan?.mode ?? ''}): ${event}${state.result === undefined ? '' : `, ${state.result}`}.`,
    ...waiting.map(({ lane, waitsFor }) => `Waiting: ${lane}: ${waitsFor ?? 'an operator'}`),
    ...failed.map(({ lane, failure }) => `Failed: ${lane}: ${failure?.message ?? ''}`),
    `lifeboat report ${runId}`,
  ];
  return { runId, runbook, event, subject: `[${runbook}] ${plan?.mode ?? 'run'} ${event}`, text: lines.join('\n') };
}
