/**
 * Who listens to which events of one connection.
 *
 * libvirtd takes one registration for each kind of event and subject per connection, and refuses a second. So listeners
 * to the same share one registration, which lives from the first of them to the last.
 */
import { type EventName, type EventSource, type EventType, events } from '../protocol/events.js';
import { handshake } from '../protocol/procedures.js';
import type { Domain, Network, Secret, StoragePool } from '../protocol/types.js';
import { int } from '../wire/codec.js';
import { decodeWhole, type RpcConnection } from './connection.js';

/** One live subscription. */
export interface Subscription {
  /** Ends it; no event is delivered after this has been called. Safe to call more than once. */
  unsubscribe(): Promise<void>;
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

/** What libvirt knows of: one kind of event of one subject. */
interface Registration {
  readonly listeners: Set<Listener>;
  /** The id that events of it carry. */
  readonly callbackID: Promise<number>;
}

/** The registrations for one kind of event. Callback ids are counted per kind of object. */
interface Audience {
  readonly type: EventType;
  /** By the subject's UUID, or '' for all. */
  readonly bySubject: Map<string, Registration>;
  readonly byCallbackID: Map<number, Registration>;
  /** The end of the last registration of a subject, which the next one must wait for. */
  readonly ending: Map<string, Promise<void>>;
  /** Registrations that the host has not answered yet. */
  registering: number;
  /** Events that overtook the answer to their registration, which a busy host lets happen. */
  early: Array<{ readonly callbackID: number; readonly event: never }>;
}

/** Events kept while a registration is under way; more than a host can have sent by then. */
const EARLY_MAX = 1000;

export class Subscriptions {
  readonly #audiences = new Map<number, Audience>();

  constructor(private readonly connection: RpcConnection) {
    for (const type of Object.values<EventType>(events)) {
      const audience: Audience = {
        type,
        bySubject: new Map(),
        byCallbackID: new Map(),
        ending: new Map(),
        registering: 0,
        early: [],
      };
      this.#audiences.set(type.procedure, audience);
      connection.onEvent(type.procedure, (payload) => {
        const { callbackID, event } = decodeWhole(payload, (reader) => ({
          callbackID: int.decode(reader),
          event: type.payload.decode(reader) as never,
        }));
        const known = audience.byCallbackID.get(callbackID);
        if (known !== undefined) deliver(known, event);
        // Otherwise it came too early for its registration, or it crossed with our ending it.
        else if (audience.registering > 0 && audience.early.length < EARLY_MAX)
          audience.early.push({ callbackID, event });
      });
    }
  }

  async subscribe(name: EventName, listener: Listener, subject: EventSubject | null): Promise<Subscription> {
    const audience = this.#audiences.get(events[name].procedure) as Audience;
    const key = subject?.uuid ?? '';
    while (audience.ending.has(key)) await audience.ending.get(key);
    let shared = audience.bySubject.get(key);
    if (shared === undefined) {
      shared = this.#register(audience, subject);
      audience.bySubject.set(key, shared);
    }
    const mine: Listener = (event) => listener(event);
    shared.listeners.add(mine);
    try {
      await shared.callbackID;
    } catch (error) {
      if (audience.bySubject.get(key) === shared) audience.bySubject.delete(key);
      throw error;
    }
    const registered = shared;
    return {
      unsubscribe: async () => {
        if (!registered.listeners.delete(mine) || registered.listeners.size > 0) return;
        const end = this.#deregister(audience, key, registered);
        // The next registration only waits for this end; whether it went well is told to whoever asked for it.
        const waited = end.catch(() => undefined);
        audience.ending.set(key, waited);
        await end.finally(() => audience.ending.delete(key));
      },
    };
  }

  #register(audience: Audience, subject: EventSubject | null): Registration {
    const words = registration[audience.type.source];
    const listeners = new Set<Listener>();
    audience.registering++;
    const callbackID = this.connection
      .callThen(
        words.register,
        handshake[words.register],
        { eventID: audience.type.id, [words.subject]: subject },
        {},
        // At once, before any later message is looked at: the events may stand right behind the answer.
        (value) => {
          admit(audience, value as number, registered);
          return value as number;
        },
      )
      .finally(() => {
        if (--audience.registering === 0) audience.early = [];
      });
    const registered: Registration = { listeners, callbackID };
    return registered;
  }

  async #deregister(audience: Audience, key: string, registered: Registration): Promise<void> {
    const callbackID = await registered.callbackID;
    audience.bySubject.delete(key);
    audience.byCallbackID.delete(callbackID);
    const { deregister } = registration[audience.type.source];
    await this.connection.call(deregister, handshake[deregister], { callbackID }, {});
  }
}

/** Enters a registration under its id and hands it what came early. */
function admit(audience: Audience, callbackID: number, registered: Registration): void {
  audience.byCallbackID.set(callbackID, registered);
  for (const early of audience.early) if (early.callbackID === callbackID) deliver(registered, early.event);
  audience.early = audience.early.filter((early) => early.callbackID !== callbackID);
}

/** Gives an event to every listener. One that throws does not keep it from the others, nor the connection from going on. */
function deliver({ listeners }: Registration, event: never): void {
  for (const listener of listeners) {
    try {
      listener(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
