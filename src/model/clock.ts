/** Time as the engine and the steps see it: the machine's, or a simulated world's. A port. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** Calls back once at or after `at` (ms since the epoch); the function returned forgets it, and may be called twice. */
  at(at: number, callback: () => void): () => void;
}

/** Resolves after `ms`, or rejects with the signal's reason as soon as it is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      forget();
      reject(signal?.reason as Error);
    };
    const forget = clock.at(clock.now() + ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
