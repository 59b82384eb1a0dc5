import type { Event } from './event.js';
import type { Theatre } from './theatre.js';

/**
 * Lets a fault strike that the world allows now. A host comes back only when nobody has seen its power off: whoever
 * switches a host on that was proven dead breaks a promise that Lifeboat relies on.
 */
export async function strike(
  theatre: Theatre,
  event: Extract<Event, { readonly event: 'fault' | 'call-fault' }>,
): Promise<void> {
  const { world, struck } = theatre;
  if (event.event === 'call-fault') {
    const { onCall, ...rest } = event.scripted;
    const made = theatre.truth().state.callCounts[`${onCall.port}.${onCall.method}`] ?? 0;
    world.script({ onCall: { ...onCall, nth: made + onCall.nth }, ...rest });
    struck.push(`on call: ${rest.fault.kind}`);
    return;
  }
  const { fault } = event;
  if (fault.kind === 'host-dies' && theatre.truth().state.hosts[fault.host]?.isUp === false) {
    return;
  }
  if (fault.kind === 'host-returns' && !(await mayReturn(theatre, fault.host))) {
    return;
  }
  struck.push(fault.kind === 'fence' ? `fence ${fault.behaviour}` : fault.kind);
  world.strike(fault);
}

/** Whether a host may be switched on now. */
export async function mayReturn(theatre: Theatre, host: string): Promise<boolean> {
  const proven = await theatre.store.journal.select(['death.proven']);
  const isProven = proven.some(({ entry }) => entry.type === 'death.proven' && entry.host === host);
  const { isUp, hasPower } = theatre.truth().state.hosts[host] ?? { isUp: true, hasPower: true };
  return !isUp && !(theatre.mode === 'failover' && (isProven || !hasPower));
}
