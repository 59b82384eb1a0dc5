import type { Rung } from '../model/runbook.js';
import { formatSize } from '../model/units.js';
import { convergesBelow, estimateMove, type MoveEstimate, transferMs, usualMs } from './estimate.js';

/** How a move of a VM is expected to go. */
export interface Forecast extends Omit<MoveEstimate, 'converges'> {
  /** The rung that it is expected to need. */
  readonly rung?: Rung;
  readonly why: string;
}

export interface Load {
  readonly memoryBytes: number;
  /** Bytes of disks that are copied. */
  readonly diskBytes: number;
  /** Undefined when it was not measured. */
  readonly dirtyBytesPerSecond?: number | undefined;
  readonly bytesPerSecond: number;
  /** Whether that is only what such links mostly carry. */
  readonly isAssumed: boolean;
  readonly maxDowntimeMs: number;
}

/** A guest is slowed down to a part of what it does: below a fifth it would rather be moved by the next rung. */
const throttledShare = 0.2;

/**
 * The first rung of the ladder that is expected to end, judged by what the VM writes and what the link carries for it. The
 * last one stands when none is.
 */
export function forecastLive(ladder: readonly Rung[], load: Load): Forecast {
  const { dirtyBytesPerSecond = 0, bytesPerSecond } = load;
  const ratio = dirtyBytesPerSecond / bytesPerSecond;
  const rung = ladder.find((one) => endsAt(one, ratio)) ?? ladder.at(-1) ?? 'live';
  const why = rung === ladder[0] ? firstWhy(load) : laterWhy(load);
  if (rung === 'restart') {
    return { ...forecastRestart(load), rung, why };
  }
  const written = rung === 'throttle' ? dirtyBytesPerSecond * throttledShare : dirtyBytesPerSecond;
  const isOnce = rung === 'post-copy' || rung === 'pause';
  const { durationMs, downtimeMs, bytes } = estimateMove({ ...load, dirtyBytesPerSecond: isOnce ? 0 : written });
  const lastBytes = rung === 'pause' ? Math.min(load.memoryBytes, ratio * load.memoryBytes) : 0;
  const lastMs = transferMs(lastBytes, bytesPerSecond);
  return { rung, why, durationMs: durationMs + lastMs, downtimeMs: downtimeMs + lastMs, bytes: bytes + lastBytes };
}

/** Shut down, carried, started: it is down all the while. */
export function forecastRestart({ diskBytes, bytesPerSecond }: Load): Omit<Forecast, 'why'> {
  const durationMs = usualMs.shutdown + transferMs(diskBytes, bytesPerSecond) + usualMs.start;
  return { rung: 'restart', durationMs, downtimeMs: durationMs, bytes: diskBytes };
}

/** It is off before and after. */
export function forecastCold({ diskBytes, bytesPerSecond }: Load): Forecast {
  const durationMs = usualMs.migrate + transferMs(diskBytes, bytesPerSecond);
  return { why: 'it is shut off', durationMs, downtimeMs: 0, bytes: diskBytes };
}

function endsAt(rung: Rung, ratio: number): boolean {
  switch (rung) {
    case 'live':
      return ratio < convergesBelow;
    case 'throttle':
      return ratio * throttledShare < convergesBelow;
    case 'post-copy':
    case 'pause':
    case 'restart':
      return true;
  }
}

function firstWhy(load: Load): string {
  return load.dirtyBytesPerSecond === undefined
    ? 'what it writes of its memory was not measured'
    : `writes ${perSecond(load.dirtyBytesPerSecond)} of memory, ${carriedText(load)}`;
}

function laterWhy(load: Load): string {
  return `writes ${perSecond(load.dirtyBytesPerSecond ?? 0)} of memory, too much for the rungs before: ${carriedText(load)}`;
}

function carriedText({ bytesPerSecond, isAssumed }: Load): string {
  return isAssumed
    ? `the link is taken to carry ${perSecond(bytesPerSecond)}`
    : `the link carries ${perSecond(bytesPerSecond)}`;
}

function perSecond(bytes: number): string {
  return `${formatSize(bytes)}/s`;
}
