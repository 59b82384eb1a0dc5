import type { ReadyCheck } from '../model/runbook.js';

/** Asks once whether something answers. A port. Never rejects except by its signal: not answering is an answer. */
export interface Prober {
  /** Asks a VM on the host where it runs. */
  vm(
    target: { readonly host: string; readonly id: string; readonly name: string },
    check: ReadyCheck,
    signal: AbortSignal,
  ): Promise<ProbeAnswer>;
}

export interface ProbeAnswer {
  readonly isHealthy: boolean;
  /** One sentence: what was asked and what came back. */
  readonly detail: string;
}
