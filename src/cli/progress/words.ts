import type { LaneState, RunState } from '../../state-machines/run-state.js';
import type { Style } from '../style.js';
import { isHeld } from './view.js';

/** How a lane is shown: a sign, a word and a colour that say the same. */
export interface LaneWord {
  readonly sign: string;
  readonly word: string;
  readonly tone: 'good' | 'bad' | 'warn' | 'accent' | 'dim';
}

export function laneWord(
  lane: Pick<LaneState, 'status' | 'activity' | 'offers'>,
  { phase }: Pick<RunState, 'phase'>,
): LaneWord {
  const { status, activity } = lane;
  if (isHeld(lane)) {
    return { sign: '?', word: 'operator', tone: 'warn' };
  }
  switch (status) {
    case 'waiting':
      return { sign: '·', word: phase === 'finished' ? 'not begun' : 'waiting', tone: 'dim' };
    case 'succeeded':
      return { sign: '✔', word: 'done', tone: 'good' };
    case 'failed':
      return { sign: '✗', word: 'failed', tone: 'bad' };
    case 'blocked':
      return { sign: '■', word: 'blocked', tone: 'bad' };
    case 'cancelled':
      return { sign: '■', word: 'cancelled', tone: 'warn' };
    case 'active':
      return activityWord(activity, { sign: '▸', word: 'running', tone: 'accent' });
    case 'recovering':
      return activityWord(activity, { sign: '↶', word: 'undoing', tone: 'warn' });
  }
}

function activityWord(activity: LaneState['activity'], running: LaneWord): LaneWord {
  switch (activity) {
    case 'due':
      return { sign: '·', word: 'queued', tone: 'dim' };
    case 'backoff':
      return { sign: '↻', word: 'retrying', tone: 'warn' };
    case 'unknown':
    case 'blind':
      return { sign: '◌', word: 'looking', tone: 'warn' };
    case 'stopping':
      return { sign: '▪', word: 'stopping', tone: 'warn' };
    case 'running':
    case 'held':
    case 'idle':
      return running;
  }
}

export function paint(style: Style, tone: LaneWord['tone'], text: string): string {
  return style[tone](text);
}

/** `12:00:03Z` */
export function timeOfDay(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`;
}

/** `2027-01-31 12:00:03Z` */
export function dayAndTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
