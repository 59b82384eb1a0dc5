/** The calls of one connection: at most so many in flight, a bounded queue behind them, each with its own end. */
import {
  BadArgument,
  CallAborted,
  ConnectionLost,
  DeadlinePassed,
  type NodeLibvirtError,
  QueueFull,
} from '../errors.js';
import { type Procedure, programs } from '../protocol/procedure.js';
import { encodeFrame, MessageStatus, MessageType } from '../wire/frame.js';

/** How one call is given up. Neither stops what the host already began: libvirt cannot take a call back. */
export interface CallOptions {
  /** Milliseconds, queueing included, until the call is given up with `DeadlinePassed`; 0 for never. Default: the connection's, and never for long calls such as a migration. */
  readonly deadlineMs?: number | undefined;
  /** Gives the call up, which then rejects with `CallAborted`. It does nothing to a stream that the call has opened. */
  readonly signal?: AbortSignal | undefined;
}

/** The bounds of one connection's calls. */
export interface CallLimits {
  /** Calls under way at once. libvirt's default `max_client_requests` is 5; more would only queue at the host. */
  readonly maxInFlight: number;
  /** Calls that may wait behind them. */
  readonly maxQueued: number;
  /** Milliseconds; 0 for never. */
  readonly deadlineMs: number;
}

/** A call whose answer has not come. */
export interface PendingCall {
  readonly name: string;
  readonly procedure: Procedure;
  readonly serial: number;
  /** Called once with the decoded result, or once with an error. */
  readonly succeed: (value: unknown) => void;
  readonly fail: (error: NodeLibvirtError) => void;
}

interface Slot extends PendingCall {
  frame: Buffer | null;
  /** The caller has been answered already (deadline, abort); the slot waits for the host's answer all the same. */
  abandoned: boolean;
  timer: NodeJS.Timeout | null;
  release: () => void;
}

/** Sends calls in the order of `submit` and matches replies by serial. A call that was given up holds its place until the host answers. */
export class CallTable {
  #nextSerial = 1;
  readonly #inFlight = new Map<number, Slot>();
  #queue: Slot[] = [];
  #ended: ((sent: boolean, name: string) => ConnectionLost) | null = null;

  constructor(
    private readonly limits: CallLimits,
    private readonly uri: string,
    private readonly send: (frame: Buffer) => void,
  ) {}

  /** Calls sent and not answered, and calls that wait to be sent. */
  get load(): { inFlight: number; queued: number } {
    return { inFlight: this.#inFlight.size, queued: this.#queue.length };
  }

  /** Sends the call or queues it. `onSent` is told the serial as soon as it is known, before anything is sent. */
  submit(
    name: string,
    procedure: Procedure,
    args: unknown,
    options: CallOptions,
    settle: {
      succeed: (value: unknown) => void;
      fail: (error: NodeLibvirtError) => void;
      onSerial?: (serial: number) => void;
    },
  ): void {
    if (this.#ended !== null) return settle.fail(this.#ended(false, name));
    if (options.signal?.aborted)
      return settle.fail(new CallAborted(`${name} was aborted before it was sent to "${this.uri}"`));
    if (this.#inFlight.size >= this.limits.maxInFlight && this.#queue.length >= this.limits.maxQueued) {
      return settle.fail(
        new QueueFull(
          `${name} was not sent to "${this.uri}": ${this.#queue.length} calls wait already; send fewer at once or use another connection`,
        ),
      );
    }
    const serial = this.#takeSerial();
    let frame: Buffer;
    try {
      frame = encodeCall(procedure, serial, args);
    } catch (cause) {
      return settle.fail(new BadArgument(`${name}: ${(cause as Error).message}`, { cause }));
    }
    settle.onSerial?.(serial);
    const slot: Slot = {
      name,
      procedure,
      serial,
      frame,
      abandoned: false,
      timer: null,
      succeed: settle.succeed,
      fail: settle.fail,
      release: () => undefined,
    };
    this.#watch(slot, options);
    if (this.#inFlight.size < this.limits.maxInFlight) this.#dispatch(slot);
    else this.#queue.push(slot);
  }

  /** The call that a reply belongs to, taken out of the table; `undefined` when there is none, which breaks the protocol. */
  take(serial: number): (PendingCall & { readonly abandoned: boolean }) | undefined {
    const slot = this.#inFlight.get(serial);
    if (slot === undefined) return undefined;
    this.#inFlight.delete(serial);
    slot.release();
    const next = this.#queue.shift();
    if (next !== undefined) this.#dispatch(next);
    return slot;
  }

  /** Ends every call, and every later one, with what `lost` makes of it. */
  end(lost: (sent: boolean, name: string) => ConnectionLost): void {
    this.#ended = lost;
    const slots: Array<[Slot, boolean]> = [];
    for (const slot of this.#inFlight.values()) slots.push([slot, true]);
    for (const slot of this.#queue) slots.push([slot, false]);
    this.#inFlight.clear();
    this.#queue = [];
    for (const [slot, sent] of slots) {
      slot.release();
      if (!slot.abandoned) slot.fail(lost(sent, slot.name));
    }
  }

  #takeSerial(): number {
    const serial = this.#nextSerial;
    this.#nextSerial = serial === 0xffffffff ? 1 : serial + 1;
    return serial;
  }

  #dispatch(slot: Slot): void {
    const frame = slot.frame as Buffer;
    slot.frame = null;
    this.#inFlight.set(slot.serial, slot);
    this.send(frame);
  }

  #watch(slot: Slot, options: CallOptions): void {
    const deadlineMs = options.deadlineMs ?? (slot.procedure.long ? 0 : this.limits.deadlineMs);
    const giveUp = (make: (message: string, sent: boolean) => NodeLibvirtError, what: string): void => {
      const sent = this.#inFlight.has(slot.serial);
      slot.release();
      if (!sent) this.#queue = this.#queue.filter((other) => other !== slot);
      slot.abandoned = true;
      const outcome = sent ? 'it may have happened: ask the host before doing it again' : 'it was never sent';
      slot.fail(make(`${slot.name} at "${this.uri}" ${what}; ${outcome}`, sent));
    };
    const onAbort = (): void =>
      giveUp(
        (message, sent) => new CallAborted(message, { mayHaveHappened: sent, cause: options.signal?.reason }),
        'was aborted',
      );
    if (deadlineMs > 0) {
      slot.timer = setTimeout(
        () =>
          giveUp(
            (message, sent) => new DeadlinePassed(message, { mayHaveHappened: sent }),
            `had no answer within ${deadlineMs} ms`,
          ),
        deadlineMs,
      );
    }
    options.signal?.addEventListener('abort', onAbort, { once: true });
    slot.release = () => {
      if (slot.timer !== null) clearTimeout(slot.timer);
      options.signal?.removeEventListener('abort', onAbort);
    };
  }
}

function encodeCall(procedure: Procedure, serial: number, args: unknown): Buffer {
  const { number, version } = programs[procedure.program];
  return encodeFrame(
    { program: number, version, procedure: procedure.number, type: MessageType.CALL, serial, status: MessageStatus.OK },
    (writer) => procedure.args.encode(writer, args as never),
  );
}
