/** A guest of the lab whose disks are mirrored to the other site, and what can be seen of it from both sides. */
import { systemClock } from '../../../src/cli/system-clock.js';
import { openLibvirt } from '../../../src/hypervisors/libvirt/open.js';
import { SharedConnections } from '../../../src/hypervisors/ssh/shared-connections.js';
import { createSshShell } from '../../../src/hypervisors/ssh/ssh-shell.js';
import { createSshSocket } from '../../../src/hypervisors/ssh/ssh-socket.js';
import type { Replica } from '../../../src/model/replica.js';
import type { CycleResult, Replicas } from '../../../src/storage-sync/replicas.js';
import { createReplicaStore, type ReplicaStore } from '../../../src/storage-sync/store/store.js';
import { createStoredReplicas } from '../../../src/storage-sync/stored-replicas.js';
import { estate, replicasFolder } from '../block-sync/scene.js';
import { type Guest, removeGuest, startGuest, type Witness, witnessOf } from '../guest.js';
import { labJson, onHost } from '../lab.js';

export const never: AbortSignal = new AbortController().signal;
export const stallMs = 5_000;

export class MirrorScene implements AsyncDisposable {
  readonly from = { site: 'north', host: 'north-1' };
  readonly to = { site: 'south', host: 'south-1' };
  readonly guest: Guest;
  readonly replicas: Replicas;
  readonly store: ReplicaStore;
  readonly #close: () => Promise<void>;

  private constructor(guest: Guest) {
    this.guest = guest;
    const shell = createSshShell(estate, new SharedConnections());
    const sockets = createSshSocket(estate);
    const cordons = { list: async () => new Set<string>(), set: async () => undefined };
    const libvirt = openLibvirt({ estate, cordons, shell, now: Date.now });
    this.store = createReplicaStore({ shell, sockets, on: this.to.host, replicas: replicasFolder });
    this.replicas = createStoredReplicas({ ...libvirt, estate, shell, sockets, clock: systemClock });
    this.#close = () => libvirt.close();
  }

  static async set(name: string, disks: number): Promise<MirrorScene> {
    const options = [
      '--disks',
      String(disks),
      '--disk',
      '64M',
      '--ticks-per-second',
      '10',
      '--beacons-per-second',
      '10',
    ];
    return new MirrorScene(await startGuest(name, 'north-1', ...options));
  }

  async cycle(): Promise<CycleResult> {
    const replicate = { method: 'mirror', keep: 3, stallMs } as const;
    const request = { vm: this.guest.name, from: this.from, to: this.to, replicate };
    return await this.replicas.cycle(request, never, () => undefined);
  }

  async replica(): Promise<Replica> {
    const found = await this.replicas.find(this.guest.name, this.to, never);
    if (found === undefined) throw new Error('there is no replica');
    return found;
  }

  /** What the guest has printed until now. */
  async printed(): Promise<number> {
    return (await witnessOf(this.guest.name)).printed;
  }

  /** The counter on each disk of what a run with this id would start from. */
  async promoted(runId: string): Promise<readonly number[]> {
    const { disks } = await this.replicas.promote(this.guest.name, this.to, 'newest', runId, never);
    const paths = disks.flatMap(({ path }) => ['--disk', path]);
    const witness = await labJson<Witness>('witness', this.guest.name, ...paths, '--host', this.to.host);
    return witness.disks.map(({ counter }) => counter ?? -1);
  }

  virsh(...args: string[]): Promise<string> {
    return onHost('north-1', 'virsh', '-q', ...args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close(this.guest.uuid, never);
    await this.#close();
    const id = this.guest.uuid;
    await onHost('south-1', 'rm', '-rf', `${replicasFolder}/${id}`, `/run/lifeboat/${id}`);
    await removeGuest(this.guest.name);
  }
}
