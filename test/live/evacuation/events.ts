/** What libvirt itself tells of moves, while somebody moves guests between hosts. */
import {
  connect,
  DomainEventResumedDetailType,
  DomainEventStartedDetailType,
  DomainEventStoppedDetailType,
  DomainEventType,
  type LibvirtConnection,
} from 'node-libvirt';
import { uriOf } from '../lab.js';

/** `arriving` the target waits for its memory · `arrived` it runs at the target · `left` the source has let it go. */
export interface MoveEvent {
  readonly guest: string;
  readonly host: string;
  readonly what: 'arriving' | 'arrived' | 'left';
}

export interface Recorder extends AsyncDisposable {
  /** In the order in which they came. */
  readonly events: readonly MoveEvent[];
  /** Resolves once an event is there for which this is true. */
  until(isIt: (event: MoveEvent) => boolean): Promise<void>;
}

/** Listens to these hosts until it is disposed of. */
export async function recordMoves(hosts: readonly string[]): Promise<Recorder> {
  const events: MoveEvent[] = [];
  const waiting = new Set<() => void>();
  const connections: LibvirtConnection[] = [];
  for (const host of hosts) {
    const connection = await connect(uriOf.tcp(host));
    connections.push(connection);
    await connection.subscribe('domain.lifecycle', ({ dom, event, detail }) => {
      const what = meaningOf(event, detail);
      if (what === undefined) return;
      events.push({ guest: dom.name, host, what });
      for (const look of waiting) look();
    });
  }
  return {
    events,
    until: (isIt) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!events.some(isIt)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

function meaningOf(event: number, detail: number): MoveEvent['what'] | undefined {
  if (event === DomainEventType.STARTED && detail === DomainEventStartedDetailType.MIGRATED) return 'arriving';
  if (event === DomainEventType.RESUMED && detail === DomainEventResumedDetailType.MIGRATED) return 'arrived';
  if (event === DomainEventType.STOPPED && detail === DomainEventStoppedDetailType.MIGRATED) return 'left';
  return undefined;
}

/** The most moves that were under way at once at each host, from arriving at the target to leaving the source. */
export function mostAtOnce(events: readonly MoveEvent[], source: string): Readonly<Record<string, number>> {
  const targetOf = new Map(events.flatMap(({ guest, host, what }) => (what === 'arriving' ? [[guest, host]] : [])));
  const now: Record<string, number> = {};
  const most: Record<string, number> = {};
  for (const { guest, what } of events) {
    if (what === 'arrived') continue;
    for (const host of [source, targetOf.get(guest) as string]) {
      now[host] = (now[host] ?? 0) + (what === 'arriving' ? 1 : -1);
      most[host] = Math.max(most[host] ?? 0, now[host]);
    }
  }
  return most;
}
