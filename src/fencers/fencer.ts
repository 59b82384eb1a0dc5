import type { FenceDevice } from '../model/estate.js';

/**
 * Makes a host certainly dead. A port.
 *
 * Rejects with a `FailureError`: `fence-failed` (transient), `fence-unreachable` (transient),
 * `fence-agent-missing` (permanent).
 */
export interface Fencer {
  /** Asks for power off. Its success is no proof: `status` is. May be called again. */
  off(host: string, device: FenceDevice, signal: AbortSignal): Promise<void>;
  /** What the power device says now. */
  status(host: string, device: FenceDevice, signal: AbortSignal): Promise<'on' | 'off' | 'unknown'>;
}
