import { FailureError } from '../model/failure.js';
import type { RecoveryPoint } from '../model/replica.js';
import type { ReplicaStore, StoredPoint, StoredReplica } from './store/store.js';

/** Replicas that are looked at at once on one host: each costs a few commands there, and sshd takes few at a time. */
const looksAtOnce = 4;

/** The replicas that hosts hold, by the names of their VMs. The stores know them by their UUIDs alone. */
export class HeldReplicas {
  readonly #open: (host: string) => ReplicaStore;
  readonly #stores = new Map<string, ReplicaStore>();
  /** UUIDs as last seen, by host and name: where to look first, and never believed without a look. */
  readonly #ids = new Map<string, string>();

  constructor(open: (host: string) => ReplicaStore) {
    this.#open = open;
  }

  /** The same store every time, since calls for one VM take turns in it. */
  storeAt(host: string): ReplicaStore {
    const store = this.#stores.get(host) ?? this.#open(host);
    this.#stores.set(host, store);
    return store;
  }

  /** All that the host holds, by name. */
  async all(host: string, signal: AbortSignal): Promise<readonly StoredReplica[]> {
    const store = this.storeAt(host);
    const ids = [...(await store.list(signal))];
    const found: StoredReplica[] = [];
    const serve = async (): Promise<void> => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
        // Each loop looks at one at a time.
        // oxlint-disable-next-line no-await-in-loop
        const replica = await store.find(id, signal);
        if (replica !== undefined) {
          found.push(replica);
          this.#ids.set(`${host} ${replica.state.vm.name}`, id);
        }
      }
    };
    await Promise.all(Array.from({ length: looksAtOnce }, serve));
    return found.toSorted((one, other) => (one.state.vm.name < other.state.vm.name ? -1 : 1));
  }

  /** The one of the VM with this name; undefined when the host holds none. */
  async named(host: string, vm: string, signal: AbortSignal): Promise<StoredReplica | undefined> {
    const id = this.#ids.get(`${host} ${vm}`);
    const known = id === undefined ? undefined : await this.storeAt(host).find(id, signal);
    return known?.state.vm.name === vm
      ? known
      : (await this.all(host, signal)).find(({ state }) => state.vm.name === vm);
  }
}

/** A point as it is shown to others. */
export function shownPoint(point: StoredPoint): RecoveryPoint {
  const { manifest: _, ...shown } = point;
  return shown;
}

export function replicaNotFound(vm: string, host: string): FailureError {
  return new FailureError({
    code: 'replica-not-found',
    kind: 'permanent',
    message: `${host} holds no replica of ${vm}`,
    hint: 'see with `lifeboat status` where replicas are',
  });
}
