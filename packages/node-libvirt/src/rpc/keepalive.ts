/**
 * Keepalive (libvirt.org/internals/rpc.html, "Keepalive"): a ping when the other side has been silent for an interval,
 * and the end of the connection when `count` pings in a row bring nothing back. By default that is 30 to 35 seconds after
 * the host's last word.
 */
export interface KeepaliveOptions {
  /** Milliseconds of silence before a ping. Default 5000. */
  readonly intervalMs: number;
  /** Pings without any sign of life before the connection is given up. Default 5. */
  readonly count: number;
}

/** The clock of one connection's pings. */
export class Keepalive {
  #timer: NodeJS.Timeout | null = null;
  #unanswered = 0;
  #heard = false;

  constructor(
    private readonly options: KeepaliveOptions,
    private readonly ping: () => void,
    private readonly lost: (silentMs: number) => void,
    /** True while we are not reading, so that silence proves nothing. */
    private readonly isDeaf: () => boolean,
  ) {}

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), this.options.intervalMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Anything at all has arrived. */
  heard(): void {
    this.#heard = true;
    this.#unanswered = 0;
  }

  #tick(): void {
    if (this.#heard) {
      this.#heard = false;
      return;
    }
    if (this.isDeaf()) {
      // The server still needs a sign of life from us, or it gives us up.
      this.ping();
      return;
    }
    if (this.#unanswered >= this.options.count) {
      this.stop();
      this.lost(this.options.intervalMs * (this.options.count + 1));
      return;
    }
    this.#unanswered++;
    this.ping();
  }
}
