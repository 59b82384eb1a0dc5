/** What `connect` gives: every call of the table as a method, events, streams, and the connection's own life. */

import { DomainMigrateFlags } from './constants/migration.js';
import { BadArgument, type ConnectionLost } from './errors.js';
import type { EventName, EventOf } from './protocol/events.js';
import { type ArgumentsOf, type Procedure, type ResultOf, type StreamOf } from './protocol/procedure.js';
import { handshake, procedures } from './protocol/procedures.js';
import type { Domain, TypedParameter } from './protocol/types.js';
import type { CallOptions } from './rpc/calls.js';
import type { RpcConnection } from './rpc/connection.js';
import type { DownloadStream, UploadStream } from './rpc/stream.js';
import { type EventSubject, type Subscription, Subscriptions } from './rpc/subscriptions.js';

type Table = typeof procedures;

/** The stream that comes with a call, by the direction of its data. */
type StreamFor<S> = S extends 'download'
  ? DownloadStream
  : S extends 'upload'
    ? UploadStream
    : DownloadStream & UploadStream;
type Answer<P> =
  StreamOf<P> extends 'none' ? ResultOf<P> : { readonly result: ResultOf<P>; readonly stream: StreamFor<StreamOf<P>> };

/** A call: its arguments by name, its options, a promise of what libvirt returns. */
export type Call<P> =
  Partial<ArgumentsOf<P>> extends ArgumentsOf<P>
    ? (args?: ArgumentsOf<P>, options?: CallOptions) => Promise<Answer<P>>
    : (args: ArgumentsOf<P>, options?: CallOptions) => Promise<Answer<P>>;

/** Every call of the table under its name. */
export type Calls = { readonly [K in keyof Table]: Call<Table[K]> };

/** An open connection to one libvirt daemon. */
export type Libvirt = LibvirtConnection & Calls;

/** What `domainMigrateToURI3` takes. */
export interface MigrateToUri {
  /** The domain at the source host, to which this connection leads. */
  readonly dom: Domain;
  /** How the source host reaches the target's daemon, such as `qemu+tls://target/system`. */
  readonly dconnuri: string;
  /** Names are in `MigrateParameter`; per-disk lists repeat `MigrateParameter.MIGRATE_DISKS`. */
  readonly params?: readonly TypedParameter[];
  /** Bits of `DomainMigrateFlags`; `PEER2PEER` must be among them. */
  readonly flags: number;
}

/** What a connection has besides the calls. `connect` makes it; it is never constructed by its users. */
export class LibvirtConnection {
  readonly #rpc: RpcConnection;
  readonly #subscriptions: Subscriptions;

  constructor(
    rpc: RpcConnection,
    /** The URI as it was given to `connect`. */
    readonly uri: string,
    /** libvirt's version at the other side: major * 1,000,000 + minor * 1,000 + release. */
    readonly version: number,
  ) {
    this.#rpc = rpc;
    this.#subscriptions = new Subscriptions(rpc);
  }

  /** Resolves when the connection has ended: with the reason, or with `null` when `close` ended it. It never rejects. */
  get closed(): Promise<ConnectionLost | null> {
    return this.#rpc.closed;
  }

  /** Calls sent and not answered, and calls that wait to be sent. */
  get load(): { readonly inFlight: number; readonly queued: number } {
    return this.#rpc.load;
  }

  /**
   * Delivers events to `listener` until the subscription or the connection ends. Events come in the order in which the
   * host sent them; none are kept for a connection that was lost, so look at the host's state after connecting again.
   * Rejects as a call does; what `listener` throws is caught by nobody and ends the process.
   * @param subject the one domain, network, pool or secret to listen to; all of them when left out
   */
  subscribe<N extends EventName>(
    name: N,
    listener: (event: EventOf<N>) => void,
    options: { readonly subject?: EventSubject } = {},
  ): Promise<Subscription> {
    return this.#subscriptions.subscribe(name, listener, options.subject ?? null);
  }

  /**
   * Asks the source host to migrate the domain by itself (peer to peer) and waits for the end; it has no deadline
   * unless one is given. It goes on when this connection is lost: then ask both hosts. Only peer-to-peer is offered,
   * since in every other kind a lost client can leave the domain paused on both sides: without `PEER2PEER` it rejects
   * with `BadArgument` and sends nothing.
   */
  async domainMigrateToURI3(
    { dom, dconnuri, params = [], flags }: MigrateToUri,
    options: CallOptions = {},
  ): Promise<void> {
    if ((flags & DomainMigrateFlags.PEER2PEER) === 0) {
      throw new BadArgument(
        'domainMigrateToURI3: only peer-to-peer migration is offered: add DomainMigrateFlags.PEER2PEER to the flags',
      );
    }
    const args = { dom, dconnuri, params, flags };
    await this.#rpc.call('domainMigrateToURI3', procedures.domainMigratePerform3Params, args, options);
  }

  /**
   * Ends the connection, after telling the daemon when no call is open. Calls still open, and calls made later, end as
   * `ConnectionLost`; what the host began for them it goes on doing. Safe to call more than once; it never rejects.
   */
  async close(): Promise<void> {
    if (this.load.inFlight + this.load.queued === 0) {
      // A daemon that is not told frees the connection all the same, so its answer is not waited for long.
      await this.#rpc.call('connectClose', handshake.connectClose, {}, { deadlineMs: 1000 }).catch(() => undefined);
    }
    this.#rpc.close();
    await this.closed;
  }

  /** Lets `await using` close the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  static {
    for (const [name, procedure] of Object.entries<Procedure>(procedures)) {
      Object.defineProperty(LibvirtConnection.prototype, name, {
        value(this: LibvirtConnection, args: unknown = {}, options: CallOptions = {}) {
          return procedure.stream === 'none'
            ? this.#rpc.call(name, procedure, args, options)
            : this.#rpc.callWithStream(name, procedure, args, options);
        },
      });
    }
  }
}
