import type { Authority } from '../model/authority.js';

/** Enough for thousands of VMs: a change copies one shelf and the list of shelves, not the ledger. */
const shelves = 64;

/**
 * The authority of every VM of a run. Immutable, and cheap to change one VM at a time: thousands of VMs move in one
 * run, and each state of the run is kept whole.
 */
export class AuthorityLedger {
  readonly #shelves: readonly Readonly<Record<string, Authority>>[];

  private constructor(filled: readonly Readonly<Record<string, Authority>>[]) {
    this.#shelves = filled;
  }

  static of(authorities: readonly Authority[]): AuthorityLedger {
    const filled = Array.from({ length: shelves }, (): Record<string, Authority> => ({}));
    for (const authority of authorities) {
      (filled[shelfOf(authority.vm)] as Record<string, Authority>)[authority.vm] = authority;
    }
    return new AuthorityLedger(filled);
  }

  get(vm: string): Authority | undefined {
    const shelf = this.#shelves[shelfOf(vm)];
    return shelf !== undefined && Object.hasOwn(shelf, vm) ? shelf[vm] : undefined;
  }

  /** The ledger with this in place of what it said of the VM. */
  with(authority: Authority): AuthorityLedger {
    const index = shelfOf(authority.vm);
    return new AuthorityLedger(this.#shelves.with(index, { ...this.#shelves[index], [authority.vm]: authority }));
  }

  values(): readonly Authority[] {
    return this.#shelves.flatMap((shelf) => Object.values(shelf));
  }
}

function shelfOf(vm: string): number {
  let hash = 0;
  for (let index = 0; index < vm.length; index += 1) {
    hash = (hash * 31 + vm.charCodeAt(index)) % 65_536;
  }
  return hash % shelves;
}
