/** Who listens to which events of one connection. */
import { type EventName, type EventSource, type EventType, events } from '../protocol/events.js';
import { handshake } from '../protocol/procedures.js';
import type { Domain, Network, Secret, StoragePool } from '../protocol/types.js';
import { int } from '../wire/xdr.js';
import type { CallOptions } from './calls.js';
import { decodeWhole, type RpcConnection } from './connection.js';

/** One live subscription. */
export interface Subscription {
  /** Ends it; no event is delivered after this has been called. Safe to call more than once. */
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

export class Subscriptions {
  /** By event message and callback id: ids are counted per kind of object. */
  readonly #listeners = new Map<number, Map<number, Listener>>();

  constructor(private readonly connection: RpcConnection) {
    for (const type of Object.values<EventType>(events)) {
      this.#listeners.set(type.procedure, new Map());
      connection.onEvent(type.procedure, (payload) => {
        const { callbackID, event } = decodeWhole(payload, (reader) => ({
          callbackID: int.decode(reader),
          event: type.payload.decode(reader),
        }));
        // An event may cross with our unsubscribing.
        this.#listeners.get(type.procedure)?.get(callbackID)?.(event as never);
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
    const ofType = this.#listeners.get(type.procedure) as Map<number, Listener>;
    const callbackID = await this.connection.callThen(
      words.register,
      handshake[words.register],
      { eventID: type.id, [words.subject]: subject },
      options,
      (value) => {
        ofType.set(value as number, listener);
        return value as number;
      },
    );
    return {
      unsubscribe: async (unsubscribeOptions = {}) => {
        if (!ofType.delete(callbackID)) return;
        await this.connection.call(words.deregister, handshake[words.deregister], { callbackID }, unsubscribeOptions);
      },
    };
  }
}
