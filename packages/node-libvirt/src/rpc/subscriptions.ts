/** Who listens to which events of one connection. */
import { type EventName, type EventSource, type EventType, events } from '../protocol/events.js';
import { handshake } from '../protocol/procedures.js';
import type { Domain, Network, Secret, StoragePool } from '../protocol/types.js';
import { int } from '../wire/xdr.js';
import type { CallOptions } from './calls.js';
import { decodeWhole, type RpcConnection } from './connection.js';

/** One live subscription. */
export interface Subscription {
  /** Ends it; no event is delivered after this has been called. Safe to call more than once. Rejects as a call does. */
  unsubscribe(options?: CallOptions): Promise<void>;
}

/** Whose events: of one object, or of all when left out. */
export type EventSubject = Domain | Network | StoragePool | Secret;

const registration = {
  domain: {
    subject: 'dom',
    register: 'connectDomainEventCallbackRegisterAny',
    deregister: 'connectDomainEventCallbackDeregisterAny',
  },
  network: {
    subject: 'net',
    register: 'connectNetworkEventRegisterAny',
    deregister: 'connectNetworkEventDeregisterAny',
  },
  storagePool: {
    subject: 'pool',
    register: 'connectStoragePoolEventRegisterAny',
    deregister: 'connectStoragePoolEventDeregisterAny',
  },
  secret: {
    subject: 'secret',
    register: 'connectSecretEventRegisterAny',
    deregister: 'connectSecretEventDeregisterAny',
  },
} as const satisfies Record<EventSource, unknown>;

type Listener = (event: never) => void;

/** The subscriptions to one kind of event. Callback ids are counted per kind of object. */
interface Audience {
  readonly listeners: Map<number, Listener>;
  /** Registrations that the host has not answered yet. */
  registering: number;
  /** Events that overtook the answer to their registration, which a busy host lets happen. */
  early: Array<{ readonly callbackID: number; readonly event: never }>;
}

/** Events kept while a registration is under way; more than a host can have sent by then. */
const EARLY_MAX = 1000;

/** Matches events to listeners by the callback id that the host gave at registration. */
export class Subscriptions {
  readonly #audiences = new Map<number, Audience>();

  constructor(private readonly connection: RpcConnection) {
    for (const type of Object.values<EventType>(events)) {
      const audience: Audience = { listeners: new Map(), registering: 0, early: [] };
      this.#audiences.set(type.procedure, audience);
      connection.onEvent(type.procedure, (payload) => {
        const { callbackID, event } = decodeWhole(payload, (reader) => ({
          callbackID: int.decode(reader),
          event: type.payload.decode(reader) as never,
        }));
        const listener = audience.listeners.get(callbackID);
        if (listener !== undefined) listener(event);
        // Otherwise it came too early for its subscription, or it crossed with our unsubscribing.
        else if (audience.registering > 0 && audience.early.length < EARLY_MAX)
          audience.early.push({ callbackID, event });
      });
    }
  }

  async subscribe(
    name: EventName,
    listener: Listener,
    subject: EventSubject | null,
    options: CallOptions,
  ): Promise<Subscription> {
    const type: EventType = events[name];
    const words = registration[type.source];
    const audience = this.#audiences.get(type.procedure) as Audience;
    audience.registering++;
    try {
      const callbackID = await this.connection.callThen(
        words.register,
        handshake[words.register],
        { eventID: type.id, [words.subject]: subject },
        options,
        (value) => admit(audience, value as number, listener),
      );
      return {
        unsubscribe: async (unsubscribeOptions = {}) => {
          if (!audience.listeners.delete(callbackID)) return;
          await this.connection.call(words.deregister, handshake[words.deregister], { callbackID }, unsubscribeOptions);
        },
      };
    } finally {
      if (--audience.registering === 0) audience.early = [];
    }
  }
}

/** Enters a listener and hands it what came early. */
function admit(audience: Audience, callbackID: number, listener: Listener): number {
  audience.listeners.set(callbackID, listener);
  for (const { event } of audience.early.filter((early) => early.callbackID === callbackID)) listener(event);
  audience.early = audience.early.filter((early) => early.callbackID !== callbackID);
  return callbackID;
}
