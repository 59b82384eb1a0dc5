import { connect, type Libvirt, NodeLibvirtError } from 'node-libvirt';
import { type Estate, type Host as EstateHost, hostsOf } from '../../model/estate.js';
import { FailureError } from '../../model/failure.js';

/** An open connection to a host's daemon. */
export type Host = Libvirt;

/**
 * What a connection is for, so that nothing waits behind what takes long: `query` makes short calls, mostly looks, `work` those
 * that may take hours, `stop` aborts and destroys and is always free.
 */
export type Purpose = 'query' | 'work' | 'stop';

/** A host that says nothing for this long is given up: two pings without an answer, and the one that finds it silent. */
const keepalive = { intervalMs: 3_000, count: 2 };
const connectWithinMs = 10_000;
/** Looks at many VMs go out together and cost one round trip; the daemon works on five of them at a time. */
const looksInFlight = 128;
/** A connection has five places, and a migration holds one of them to its end: one stays free for short calls. */
const longCallsEach = 4;

/** Connections to the hosts of an estate, by purpose, opened when they are first needed and again after a loss. */
export class Connections {
  readonly #hosts: Readonly<Record<string, EstateHost>>;
  readonly #open = new Map<string, Promise<Host>[]>();
  #isClosed = false;

  constructor({ estate }: { readonly estate: Estate }) {
    this.#hosts = hostsOf(estate);
  }

  /**
   * An open connection to the host; callers share it and never close it. Rejects with `host-not-found` when the estate has
   * no such host, with `host-unreachable` (transient) when it cannot be connected.
   */
  async to(host: string, purpose: Purpose, signal: AbortSignal): Promise<Host> {
    const { uri } = this.host(host);
    if (signal.aborted || this.#isClosed) {
      throw notAsked(host, signal.reason);
    }
    const key = `${host} ${purpose}`;
    const made = this.#open.get(key) ?? [];
    this.#open.set(key, made);
    for (const each of made) {
      const open = await each;
      if (purpose !== 'work' || open.load.inFlight + open.load.queued < longCallsEach) {
        return open;
      }
    }
    const opening = this.#connect(host, uri, purpose);
    made.push(opening);
    const forget = (): void => {
      const index = made.indexOf(opening);
      if (index >= 0) {
        void made.splice(index, 1);
      }
    };
    opening.then((open) => void open.closed.then(forget), forget);
    return await opening;
  }

  /** The host as the estate has it. */
  host(name: string): EstateHost {
    const host = this.#hosts[name];
    if (host === undefined) {
      throw new FailureError({
        code: 'host-not-found',
        kind: 'permanent',
        message: `the estate has no host ${name}`,
        hint: `it has ${Object.keys(this.#hosts).join(', ')}`,
      });
    }
    return host;
  }

  /** Ends every connection. What hosts have begun they go on doing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#open.values()].flat();
    await Promise.all(
      all.map(async (opening) => {
        const open = await opening.catch(() => undefined);
        await open?.close();
      }),
    );
  }

  async #connect(host: string, uri: string, purpose: Purpose): Promise<Host> {
    try {
      return await connect(uri, {
        keepalive,
        deadlineMs: connectWithinMs,
        ...(purpose === 'query' ? { maxInFlight: looksInFlight } : {}),
      });
    } catch (error) {
      if (error instanceof NodeLibvirtError) {
        throw new FailureError(
          {
            code: 'host-unreachable',
            kind: 'transient',
            message: `Host ${host} cannot be reached`,
            hint: 'see that the host is up, that libvirt answers there, and that `uri` in the estate is right',
            cause: error.message,
          },
          { cause: error },
        );
      }
      throw error;
    }
  }
}

/** The caller gave up before anything was asked. */
export function notAsked(host: string, reason: unknown): FailureError {
  return new FailureError({
    code: 'not-asked',
    kind: 'precondition',
    message: `Host ${host} was not asked, since the call was given up before`,
    ...(reason instanceof Error ? { cause: reason.message } : {}),
  });
}
