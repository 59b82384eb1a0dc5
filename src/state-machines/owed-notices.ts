import type { Intent } from '../model/intent.js';
import type { FoldedRun } from './fold.js';

/** What a run tells people of. */
export type NoticeEvent = Extract<Intent, { readonly intent: 'notify' }>['event'];

/**
 * The notices that the run has asked for and whose outcome its journal does not have yet. When its engine ends, the next
 * one is asked for them again: one that was sent, and could not be written down any more, is sent twice, since that is
 * better than not at all.
 */
export function owedNotices({ machines }: FoldedRun): readonly NoticeEvent[] {
  return machines?.owed ?? [];
}

/** Without the first one of that event. */
export function withoutNotice(owed: readonly NoticeEvent[], event: string): readonly NoticeEvent[] {
  const index = owed.findIndex((one) => one === event);
  return index < 0 ? owed : owed.toSpliced(index, 1);
}
