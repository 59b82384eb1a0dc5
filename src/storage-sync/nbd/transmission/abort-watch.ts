import type { Pending } from './pending.js';

/** Tells of requests whose signal fires, with one listener for each signal, however many requests share it. */
export class AbortWatch {
  readonly #watched = new Map<AbortSignal, { readonly pending: Set<Pending>; readonly listener: () => void }>();

  constructor(private readonly onAbort: (pending: Pending) => void) {}

  add(pending: Pending): void {
    const { signal } = pending;
    if (signal === undefined) return;
    const known = this.#watched.get(signal);
    if (known !== undefined) {
      known.pending.add(pending);
      return;
    }
    const watched = new Set([pending]);
    const listener = (): void => {
      this.#watched.delete(signal);
      for (const each of watched) this.onAbort(each);
    };
    this.#watched.set(signal, { pending: watched, listener });
    signal.addEventListener('abort', listener, { once: true });
  }

  remove(pending: Pending): void {
    const { signal } = pending;
    const known = signal === undefined ? undefined : this.#watched.get(signal);
    if (signal === undefined || known === undefined) return;
    known.pending.delete(pending);
    if (known.pending.size > 0) return;
    this.#watched.delete(signal);
    signal.removeEventListener('abort', known.listener);
  }
}
