/** How far a transfer is and how fast it goes, from samples of the last ten seconds. Plain data. */
export interface TransferMeter {
  readonly totalBytes: number;
  /** Oldest first, one at least. */
  readonly samples: readonly { readonly at: number; readonly bytes: number }[];
}

/** What is told of a transfer: `TransferProgress` without what only migrations have. */
export interface MeterReading {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  /** Expected time left, ms; absent while nothing moves. */
  readonly leftMs?: number;
}

const windowMs = 10_000;

export function startMeter(totalBytes: number, doneBytes: number, at: number): TransferMeter {
  return { totalBytes, samples: [{ at, bytes: doneBytes }] };
}

/** A sample joins; those that are older than the window go, but for the newest of them. */
export function sample({ totalBytes, samples }: TransferMeter, bytes: number, at: number): TransferMeter {
  const first = Math.max(
    0,
    samples.findLastIndex((one) => one.at <= at - windowMs),
  );
  return { totalBytes, samples: [...samples.slice(first), { at, bytes }] };
}

export function readMeter({ totalBytes, samples }: TransferMeter): MeterReading {
  const [first, last] = [samples[0], samples.at(-1)];
  const doneBytes = last?.bytes ?? 0;
  const ms = (last?.at ?? 0) - (first?.at ?? 0);
  const bytesPerSecond = ms <= 0 ? 0 : Math.round(((doneBytes - (first?.bytes ?? 0)) * 1_000) / ms);
  return {
    doneBytes,
    totalBytes,
    bytesPerSecond,
    ...(bytesPerSecond > 0 ? { leftMs: Math.round(((totalBytes - doneBytes) * 1_000) / bytesPerSecond) } : {}),
  };
}
