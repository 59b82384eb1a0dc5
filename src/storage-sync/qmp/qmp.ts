import type { Duplex } from 'node:stream';
import { LineReader } from './line-reader.js';
import { type Message, parseMessage, type QmpEvent } from './message.js';
import { QmpError } from './qmp-error.js';

/** The longest line that is taken. A daemon with some hundred layers describes them in about one MiB. */
const lineBytes = 16 * 2 ** 20;
const defaultDeadlineMs = 30_000;
/** Events that nobody has waited for yet; older ones are dropped. */
const keptEvents = 256;

export interface QmpOptions {
  /** How long the greeting and each answer may take, ms; default 30 s. */
  readonly deadlineMs?: number;
}

/**
 * A client of the QEMU Machine Protocol over any stream. Commands may be sent while others are under way. Whatever ends
 * the connection settles every call that waits; after that each call is refused as `lost`. It may be closed twice.
 */
export interface Qmp extends AsyncDisposable {
  /** QEMU's version, as greeted. */
  readonly version: string;
  /** The answer's `return`. Rejects with a `QmpError`. */
  execute(command: string, parameters: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown>;
  /** The next event that fits, also one that came before; each event is handed out once. Has no deadline of its own. */
  event(fits: (event: QmpEvent) => boolean, signal: AbortSignal): Promise<QmpEvent>;
  /** Resolves when the far side has ended the connection, or it was closed here. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Waits for the greeting and agrees on capabilities. The stream belongs to the client from then on, also when this fails. */
export async function openQmp(stream: Duplex, signal: AbortSignal, options: QmpOptions = {}): Promise<Qmp> {
  const client = new Client(stream, options.deadlineMs ?? defaultDeadlineMs);
  try {
    await client.greeted(signal);
    await client.execute('qmp_capabilities', {}, signal);
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: QmpError) => void;
}

interface Listener extends Waiting {
  readonly fits: (event: QmpEvent) => boolean;
}

/** The key of the wait for the greeting; commands count from 1. */
const greetingId = 0;

class Client implements Qmp {
  version = 'unknown';
  readonly closed: Promise<void>;
  readonly #stream: Duplex;
  readonly #deadlineMs: number;
  readonly #reader = new LineReader(lineBytes);
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<Listener>();
  #events: QmpEvent[] = [];
  #ended: QmpError | undefined;
  #lastId = greetingId;

  constructor(stream: Duplex, deadlineMs: number) {
    this.#stream = stream;
    this.#deadlineMs = deadlineMs;
    this.closed = new Promise((resolve) => stream.once('close', resolve));
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('error', (error) => this.#end(new QmpError('lost', 'the connection failed', { cause: error })));
    stream.on('end', () => this.#end(new QmpError('lost', 'the far side ended the connection')));
    stream.on('close', () => this.#end(new QmpError('lost', 'the connection was closed')));
  }

  async greeted(signal: AbortSignal): Promise<void> {
    if (this.version === 'unknown') {
      await this.#answer(greetingId, 'the greeting', signal);
    }
  }

  async execute(command: string, parameters: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown> {
    if (signal.aborted) {
      throw new QmpError('aborted', `${command} was not sent`);
    }
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = this.#answer(id, command, signal);
    this.#stream.write(`${JSON.stringify({ execute: command, arguments: parameters, id })}\n`);
    return await answer;
  }

  async event(fits: (event: QmpEvent) => boolean, signal: AbortSignal): Promise<QmpEvent> {
    const known = this.#events.find(fits);
    if (known !== undefined) {
      this.#events = this.#events.filter((event) => event !== known);
      return known;
    }
    return (await this.#wait('an event', signal, (waiting) => {
      const listener = { ...waiting, fits };
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    })) as QmpEvent;
  }

  async close(): Promise<void> {
    this.#stream.destroy();
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #answer(id: number, what: string, signal: AbortSignal): Promise<unknown> {
    return await this.#wait(what, signal, (waiting) => {
      this.#waiting.set(id, waiting);
      const deadline = setTimeout(() => {
        this.#end(new QmpError('silent', `${what} was not answered within ${this.#deadlineMs} ms`));
      }, this.#deadlineMs);
      return () => {
        clearTimeout(deadline);
        this.#waiting.delete(id);
      };
    });
  }

  /** A promise that an answer, the end of the connection or the signal settles; `register` returns what takes it back. */
  #wait(what: string, signal: AbortSignal, register: (waiting: Waiting) => () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined || signal.aborted) {
        reject(this.#ended ?? new QmpError('aborted', `${what} is not waited for`));
        return;
      }
      const abort = (): void => {
        settle();
        reject(new QmpError('aborted', `the wait for ${what} was given up`));
      };
      const unregister = register({
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      const settle = (): void => {
        signal.removeEventListener('abort', abort);
        unregister();
      };
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  #take(chunk: Buffer): void {
    if (this.#ended !== undefined) {
      return;
    }
    try {
      for (const line of this.#reader.push(chunk)) {
        const message = parseMessage(line);
        if (message === undefined) {
          throw new RangeError(`it sent ${JSON.stringify(line.slice(0, 80))}`);
        }
        this.#handle(message);
      }
    } catch (error) {
      this.#end(new QmpError('malformed', 'the far side does not speak QMP', { cause: error }));
    }
  }

  #handle(message: Message): void {
    switch (message.kind) {
      case 'greeting':
        this.version = message.version;
        this.#waiting.get(greetingId)?.resolve(undefined);
        return;
      case 'answer':
        // An answer to a command that was given up has nobody left to read it.
        this.#waiting.get(message.id)?.resolve(message.value);
        return;
      case 'error': {
        const { errorClass, reason } = message;
        const error = new QmpError('refused', reason, { errorClass });
        if (message.id === undefined) {
          this.#end(new QmpError('malformed', `the far side could not read a command: ${reason}`));
        } else {
          this.#waiting.get(message.id)?.reject(error);
        }
        return;
      }
      case 'event': {
        const listener = [...this.#listeners].find(({ fits }) => fits(message.event));
        if (listener === undefined) {
          this.#events = [...this.#events, message.event].slice(-keptEvents);
        } else {
          listener.resolve(message.event);
        }
        return;
      }
      default:
        message satisfies never;
    }
  }

  #end(error: QmpError): void {
    if (this.#ended !== undefined) {
      return;
    }
    this.#ended = error;
    for (const waiting of [...this.#waiting.values(), ...this.#listeners]) {
      waiting.reject(error);
    }
    this.#stream.destroy();
  }
}
