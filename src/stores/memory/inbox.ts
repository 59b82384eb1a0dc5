import type { Inbox, InboxMessage } from '../inbox.js';

/** Operators' moves, kept as long as the process lives. */
export function createMemoryInbox(): Inbox {
  const messages = new Map<string, InboxMessage[]>();
  let lastId = 0;
  return {
    submit: async (runId, message) => {
      lastId += 1;
      messages.set(runId, [...(messages.get(runId) ?? []), { id: lastId, ...message }]);
    },
    pending: async (runId) => messages.get(runId) ?? [],
    remove: async (runId, id) => {
      messages.set(
        runId,
        (messages.get(runId) ?? []).filter((message) => message.id !== id),
      );
    },
  };
}
