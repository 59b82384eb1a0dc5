import type { Estate } from '../model/estate.js';
import type { Runbook } from '../model/runbook.js';
import type { Ports } from '../steps/step-type.js';
import type { Inbox } from '../stores/inbox.js';
import type { FoldCache, Journal } from '../stores/journal.js';
import type { LeaseKeeper } from '../stores/lease.js';

/** What main.ts constructs for the commands, which know ports only. */
export interface Drivers {
  /** Opens the journal of an estate and its real hosts, without connecting any. */
  openHosts(options: HostsOptions): Promise<World>;
  /** Opens the simulated world of a folder, makes it from the estate and the runbook when there is none, without letting time pass. */
  openSimulation(options: SimulationOptions): Promise<World>;
}

export interface HostsOptions {
  readonly estate: Estate;
  /** Where the estate's file is: a relative path of its store starts there. */
  readonly folder: string;
}

export interface SimulationOptions {
  readonly estate: Estate;
  /** The VMs of the world come from it; without one, the folder must have a world already. */
  readonly runbook?: Runbook;
  /** Whether what happens is kept. Else the world is only looked at, and another process may act on it meanwhile. */
  readonly isKept: boolean;
  /** Holds the world and its journal. */
  readonly folder: string;
  /** Virtual seconds per second; `max` never waits. */
  readonly speed: number | 'max';
  /** Scripted faults, the text of the file named by `--faults`. */
  readonly faults?: { readonly file: string; readonly text: string };
  /** Sites or hosts that lose power before anything else happens. */
  readonly lose: readonly string[];
}

/** Hosts and the store, opened. */
export interface World {
  readonly ports: Ports;
  readonly store: Store;
  readonly isSimulated: boolean;
  /**
   * Lets the world's time pass until the work is done; a simulated world stands still otherwise, and also while
   * `isBusy` says that something outside of it has to come first.
   */
  during<T>(work: Promise<T>, isBusy?: () => boolean): Promise<T>;
  /** Keeps what has to be kept and stops the time. May be called twice. */
  close(): Promise<void>;
}

export interface Store {
  readonly journal: Journal;
  readonly leases: LeaseKeeper;
  readonly inbox: Inbox;
  readonly cache: FoldCache;
  /** Where the chain of a run ends: the number and the hash of its last entry; undefined for a run that is not there. */
  headOf(runId: string): { readonly seq: number; readonly hash: string } | undefined;
}
