import type { Outcome } from './call.js';
import type { WorldFault } from './fault.js';

/** What is due in a world, as data: a saved world goes on with exactly these. */
export type WorldEvent =
  /** A call reaches whom it asks. */
  | { readonly event: 'call-arrives'; readonly call: number }
  /** Its answer reaches the caller. */
  | { readonly event: 'call-answered'; readonly call: number; readonly outcome: Outcome }
  /** The connection of a call is found dead. */
  | { readonly event: 'call-lost'; readonly call: number }
  /** The wish to abort a call reaches whom it asked. */
  | { readonly event: 'call-aborted'; readonly call: number }
  | { readonly event: 'guest-off'; readonly host: string; readonly id: string; readonly boot: number }
  | { readonly event: 'host-up'; readonly host: string; readonly boot: number }
  /** A transfer reaches its end, or what it has to say now; an older `revision` than its own means nothing. */
  | { readonly event: 'transfer-due'; readonly transfer: number; readonly revision: number }
  | { readonly event: 'transfer-stalled'; readonly transfer: number; readonly revision: number }
  | { readonly event: 'transfer-broken'; readonly transfer: number; readonly revision: number }
  | { readonly event: 'progress-due'; readonly call: number }
  | { readonly event: 'cycle-due'; readonly copy: string }
  | { readonly event: 'fault'; readonly fault: WorldFault };
