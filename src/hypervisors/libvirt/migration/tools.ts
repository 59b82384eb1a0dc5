import type { Estate } from '../../../model/estate.js';
import type { MigrationResult, TransferProgress } from '../../hypervisor.js';
import type { Connections, Host, Purpose } from '../connections.js';
import { asked } from '../failures.js';
import type { Folders } from './folders.js';

/** What every part of a move works with. */
export interface Tools {
  readonly connections: Connections;
  readonly estate: Estate;
  readonly folders: Folders;
  readonly now: () => number;
  readonly results: Results;
}

/** The results of this process's migrations, since libvirt forgets them, and tells a target nothing of its disks. */
export class Results {
  readonly #known = new Map<string, MigrationResult>();

  find(way: Way): MigrationResult | undefined {
    return this.#known.get(keyOf(way));
  }

  keep(way: Way, result: MigrationResult): void {
    this.#known.delete(keyOf(way));
    this.#known.set(keyOf(way), result);
    for (const oldest of this.#known.size > mostResults ? [...this.#known.keys()].slice(0, 1) : []) {
      this.#known.delete(oldest);
    }
  }

  /** It moves again, so the last result is no longer its result. */
  drop(way: Way): void {
    this.#known.delete(keyOf(way));
  }
}

/** Which VM goes from where to where. */
export interface Way {
  readonly id: string;
  readonly source: string;
  readonly target: string;
}

const mostResults = 10_000;
const keyOf = ({ id, source, target }: Way): string => `${id} ${source} ${target}`;

/** Who wants a migration: until when, and who is told how it goes. */
export interface Caller {
  readonly signal: AbortSignal;
  readonly report: (progress: TransferProgress) => void;
}

export interface Asking {
  readonly host: string;
  /** What is asked, after "to". */
  readonly what: string;
  readonly purpose: Purpose;
  readonly signal: AbortSignal;
}

/** Calls a host; rejects with a failure that names it. */
export function ask<Answer>(
  { connections }: Tools,
  { purpose, ...request }: Asking,
  call: (libvirt: Host) => Promise<Answer>,
): Promise<Answer> {
  return asked(request, async () => await call(await connections.to(request.host, purpose, request.signal)));
}

/** A signal that nobody aborts: what is certain must be found out also after somebody has given up. */
export const never: AbortSignal = new AbortController().signal;
