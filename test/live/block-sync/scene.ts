/** A guest of the lab at one site, its replica on a host of the other, and what can be seen of the syncs between them. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../src/cli/system-clock.js';
import { type Libvirt, openLibvirt } from '../../../src/hypervisors/libvirt/open.js';
import { SharedConnections } from '../../../src/hypervisors/ssh/shared-connections.js';
import { createSshShell } from '../../../src/hypervisors/ssh/ssh-shell.js';
import { createSshSocket } from '../../../src/hypervisors/ssh/ssh-socket.js';
import type { Estate } from '../../../src/model/estate.js';
import { blockSync } from '../../../src/storage-sync/methods/block-sync/cycle.js';
import type { CycleResult, CycleTools } from '../../../src/storage-sync/methods/block-sync/cycle-request.js';
import { workFolder } from '../../../src/storage-sync/methods/block-sync/names.js';
import type { Replicas } from '../../../src/storage-sync/replicas.js';
import { createReplicaStore, type ReplicaStore } from '../../../src/storage-sync/store/store.js';
import { createStoredReplicas } from '../../../src/storage-sync/stored-replicas.js';
import { type Guest, removeGuest, startGuest } from '../guest.js';
import { addressOf, labFolder, onHost, uriOf } from '../lab.js';
import { damageImage } from '../store/damage.js';

export const never: AbortSignal = new AbortController().signal;
const scratch = '/var/lib/libvirt/scratch';
export const replicasFolder = '/var/lib/lifeboat/replicas';
const blockBytes = 4 * 2 ** 20;

export class SyncScene implements AsyncDisposable {
  readonly from = { site: 'north', host: 'north-1' };
  readonly to = { site: 'south', host: 'south-1' };
  readonly guest: Guest;
  readonly replicas: Replicas;
  readonly libvirt: Libvirt;
  readonly store: ReplicaStore;
  readonly #tools: CycleTools;
  readonly #files = mkdtempSync(join(tmpdir(), 'lb-sync-'));

  private constructor(guest: Guest) {
    this.guest = guest;
    const shell = createSshShell(estate, new SharedConnections());
    const sockets = createSshSocket(estate);
    const cordons = { list: async () => new Set<string>(), set: async () => undefined };
    this.libvirt = openLibvirt({ estate, cordons, shell, now: Date.now });
    const { backups, commits, hypervisor, mirrors } = this.libvirt;
    this.store = createReplicaStore({ shell, sockets, on: this.to.host, replicas: replicasFolder });
    const ways = { backups, hypervisor, shell, sockets, clock: systemClock };
    this.#tools = { ...ways, store: this.store };
    this.replicas = createStoredReplicas({ ...ways, estate, commits, mirrors });
  }

  static async set(name: string): Promise<SyncScene> {
    const quiet = ['--disks', '2', '--disk', '64M', '--beacons-per-second', '10'];
    return new SyncScene(await startGuest(name, 'north-1', ...quiet));
  }

  get vm() {
    return { id: this.guest.uuid, name: this.guest.name };
  }

  /** One cycle; `whole` is called while the backup is still open and all of it has been copied. */
  async cycle({ quiesce = false, whole }: { readonly quiesce?: boolean; readonly whole?: () => Promise<void> } = {}) {
    const { backups } = this.#tools;
    let isOpen = false;
    const watched: CycleTools['backups'] = {
      ...backups,
      begin: async (request, signal) => {
        await backups.begin(request, signal);
        isOpen = true;
      },
      end: async (vm, signal) => {
        if (isOpen) await whole?.();
        isOpen = false;
        await backups.end(vm, signal);
      },
    };
    const request = { ...this.#request(quiesce), signal: never, onProgress: () => undefined };
    return await blockSync(request, { ...this.#tools, backups: watched });
  }

  /** A cycle in a process of its own, killed where it stands. */
  async cutOff(where: 'copying' | 'frozen'): Promise<void> {
    const program = fileURLToPath(new URL('cut-off.mjs', import.meta.url));
    const parts = { ...this.#request(where === 'frozen'), estate, replicas: replicasFolder, where };
    const child = spawn(process.execPath, [program, JSON.stringify(parts)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk));
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const reached = new Promise<boolean>((resolve) => {
      child.stdout.once('data', () => resolve(true));
      void ended.then(() => resolve(false));
    });
    if (!(await reached)) throw new Error(`the sync ended before it was killed: ${said}`);
    child.kill('SIGKILL');
    await ended;
  }

  /** Where what is being written to, or a point's layer, differs from the backup that is open; undefined when it does not. */
  async differsFromBackup(target: string): Promise<string | undefined> {
    const disk = (await this.store.find(this.vm.id, never))?.state.disks.find((each) => each.target === target);
    const layer = this.#layer(`${target}.${disk?.layers.at(-1)}.qcow2`);
    // The path of a socket is short, so it is named from its folder.
    return compared(
      ['-f', 'raw', '-F', 'qcow2', `nbd+unix:///${target}?socket=nbd.sock`, layer],
      inHost('north-1', workFolder(scratch, this.vm.id)),
    );
  }

  /** Where the newest point differs from the images of a VM that is shut off or paused. */
  async differsFromImage(target: string): Promise<string | undefined> {
    return compared(['-f', 'qcow2', '-F', 'qcow2', this.#image(target), await this.#newest(target)]);
  }

  /** Blocks of 4 MiB in which the newest point differs from the image of a VM that is shut off or paused. */
  async differingBlocks(target: string): Promise<number> {
    const files = [this.#image(target), await this.#newest(target)].map((image, index) => {
      const raw = join(this.#files, `${target}.${index}`);
      const made = spawnSync('qemu-img', ['convert', '-U', '-f', 'qcow2', '-O', 'raw', image, raw], {
        encoding: 'utf8',
      });
      if (made.status !== 0) throw new Error(made.stderr);
      return openSync(raw, 'r');
    });
    const [ours = 0, theirs = 0] = files;
    const read = (file: number, offset: number): Buffer => {
      const block = Buffer.alloc(blockBytes);
      return block.subarray(0, readSync(file, block, 0, blockBytes, offset));
    };
    let differing = 0;
    for (let offset = 0; ; offset += blockBytes) {
      const [one, other] = [read(ours, offset), read(theirs, offset)];
      if (one.length === 0) break;
      differing += one.equals(other) ? 0 : 1;
    }
    files.forEach(closeSync);
    return differing;
  }

  /** Where what a merge has made differs from the image of the VM that is shut off at its old host. */
  async differsFromMerged(target: string): Promise<string | undefined> {
    return compared(['-f', 'qcow2', '-F', 'qcow2', this.#image(target), this.#layer(`${target}.base.qcow2`)]);
  }

  /** Turns a few bytes of the newest point's data over, in the very file that holds them; where on the disk they are. */
  async damage(target: string): Promise<number> {
    return damageImage(await this.#newest(target));
  }

  /** Kills the guest's QEMU, and returns when its host has seen it gone. */
  async killQemu(): Promise<void> {
    await onHost('north-1', 'pkill', '-KILL', '-f', `guest=${this.guest.name},`);
    while (!(await this.virsh('domstate', this.guest.name)).includes('shut off'));
  }

  virsh(...args: string[]): Promise<string> {
    return onHost('north-1', 'virsh', '-q', ...args);
  }

  /** What a sync may leave at the VM's host besides the checkpoint of the newest point; nothing, when all is well. */
  async leftovers(): Promise<readonly string[]> {
    const id = this.vm.id;
    const { name } = this.guest;
    const job = (await this.virsh('domjobinfo', name).catch(() => 'None')).includes('None') ? [] : ['a job'];
    const newest = (await this.store.find(id, never))?.points.at(-1);
    const checkpoints = (await this.virsh('checkpoint-list', name, '--name')).split('\n').filter(Boolean);
    const files = await onHost('north-1', 'sh', '-c', `ls -d ${workFolder(scratch, id)} 2>/dev/null || true`);
    const servers = await onHost('north-1', 'sh', '-c', `pgrep -fa '^qemu-nbd.*${id}' || true`);
    const mark = await this.virsh('metadata', name, '--uri', 'urn:lifeboat:frozen').catch(() => '');
    return [
      ...job,
      ...checkpoints.filter((checkpoint) => checkpoint !== newest?.checkpoint),
      ...[files, servers, mark].map((text) => text.trim()).filter(Boolean),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close(this.vm.id, never);
    await this.libvirt.close();
    await onHost('south-1', 'rm', '-rf', `${replicasFolder}/${this.vm.id}`, `/run/lifeboat/${this.vm.id}`);
    await removeGuest(this.guest.name);
    rmSync(this.#files, { recursive: true });
  }

  #request(quiesce: boolean) {
    return { vm: this.vm, from: this.from, to: this.to, scratch, quiesce };
  }

  #image(target: string): string {
    return inHost('north-1', this.guest.disks.find((disk) => disk.target === target)?.path ?? '');
  }

  async #newest(target: string): Promise<string> {
    const newest = (await this.store.find(this.vm.id, never))?.points.at(-1)?.manifest;
    return this.#layer(newest?.disks.find((disk) => disk.target === target)?.layer ?? '');
  }

  #layer(file: string): string {
    return inHost('south-1', `${replicasFolder}/${this.vm.id}/${file}`);
  }
}

/** How each disk was brought up to date. */
export function hows({ disks }: CycleResult): Readonly<Record<string, string>> {
  return Object.fromEntries(disks.map(({ target, how }) => [target, how]));
}

function compared(args: readonly string[], cwd = '/'): string | undefined {
  const { status, stdout, stderr } = spawnSync('qemu-img', ['compare', '-U', ...args], { encoding: 'utf8', cwd });
  return status === 0 ? undefined : `${stdout}${stderr}`;
}

/** Where a host's file is on this machine. */
function inHost(host: string, path: string): string {
  return `${labFolder}/hosts/${host}${path}`;
}

const hostsOfSite = (site: string) =>
  Object.fromEntries(
    [`${site}-1`].map((name) => [
      name,
      { name, site, uri: uriOf.ssh(name), address: addressOf(name), peerUri: uriOf.tcp(name), scratch },
    ]),
  );

const siteNamed = (name: string) => ({
  name,
  hosts: hostsOfSite(name),
  networks: { prod: 'br-prod', drill: 'br-drill' },
  images: '/var/lib/libvirt/images',
  replicas: replicasFolder,
});

export const estate: Estate = {
  sites: { north: siteNamed('north'), south: siteNamed('south') },
  links: {},
  tls: 'off',
  store: { sqlite: '/dev/null' },
};
