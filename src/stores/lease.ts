/**
 * Who may act on which VMs. A port. A lease is held over a set of names all or nothing, has an end, and must be renewed
 * before it; its token grows with every acquisition, so that a writer who lost it can be refused.
 */
export interface LeaseKeeper {
  /** Takes the lease for a run, or says which run and holder has one of the names. The same run's own lapsed or dead lease is taken over. */
  acquire(request: LeaseRequest): Promise<Lease | LeaseHeld>;
  /** Moves the end; false when the lease was taken over meanwhile. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>;
  /** May be called twice. */
  release(lease: Lease): Promise<void>;
  /** The lease of a run that has not lapsed, if somebody holds it. */
  holderOf(runId: string): Promise<LeaseHeld | undefined>;
}

export interface LeaseRequest {
  readonly runId: string;
  /** `vm/NAME` or `host/NAME`. */
  readonly names: readonly string[];
  /** Which process asks: host name, process id and start time. A holder that is known to be dead on this machine lapses at once. */
  readonly holder: string;
  readonly ttlMs: number;
}

export interface Lease {
  readonly runId: string;
  readonly names: readonly string[];
  readonly token: number;
}

export interface LeaseHeld {
  readonly heldBy: {
    readonly runId: string;
    readonly holder: string;
    readonly name: string;
    readonly since: number;
    readonly until: number;
  };
}
