import type { StepKind } from '../model/plan.js';

/**
 * How long things take, for plans. Bytes over a link take bytes ÷ rate. A live move takes (memory ÷ rate) ÷ (1 − dirty
 * rate ÷ rate), since what is dirtied meanwhile is sent again; it ends by itself only while the VM dirties less than the
 * rate. All else is what such steps usually take.
 */

/** Payload of a 1 Gbit/s link, taken where the estate gives no rate. */
export const defaultBytesPerSecond = 117_000_000;
/** Setting up a move and its processes on both sides. */
const moveSetupMs = 500;
/** Device state and the switch itself, with nothing left to send. */
const switchMs = 50;
/** A VM that dirties more than this part of the rate is taken for one that does not converge. */
export const convergesBelow = 0.9;

/** Time of a step that moves nothing, in ms. */
export const usualMs: Readonly<Record<StepKind, number>> = {
  approve: 0,
  check: 500,
  cleanup: 3_000,
  cordon: 500,
  define: 500,
  fence: 10_000,
  migrate: moveSetupMs,
  notify: 500,
  overlay: 500,
  place: 500,
  promote: 3_000,
  ready: 15_000,
  reverse: 5_000,
  run: 5_000,
  shutdown: 20_000,
  start: 3_000,
  sync: 3_000,
  wait: 0,
};

export interface MoveEstimate {
  readonly durationMs: number;
  readonly downtimeMs: number;
  readonly bytes: number;
  /** Whether it can end without slowing the VM down or moving it first and its memory later. */
  readonly converges: boolean;
}

export function transferMs(bytes: number, bytesPerSecond: number): number {
  return Math.ceil((bytes / bytesPerSecond) * 1_000);
}

/** A live move of memory and `diskBytes`. The pause grows with what is dirtied, up to the one allowed. */
export function estimateMove(move: {
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly dirtyBytesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly maxDowntimeMs: number;
}): MoveEstimate {
  const { memoryBytes, diskBytes, dirtyBytesPerSecond, bytesPerSecond, maxDowntimeMs } = move;
  const ratio = dirtyBytesPerSecond / bytesPerSecond;
  const converges = ratio < convergesBelow;
  const bytes = Math.ceil((memoryBytes + diskBytes) / (1 - Math.min(ratio, convergesBelow)));
  return {
    durationMs: moveSetupMs + transferMs(bytes, bytesPerSecond),
    downtimeMs: Math.round(Math.min(maxDowntimeMs, switchMs + maxDowntimeMs * Math.min(1, ratio))),
    bytes,
    converges,
  };
}
