/** Two hosts of the lab and a guest that counts, made ready for one test after the other. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Domain, DomainUndefineFlags, DomainXMLFlags, type Libvirt, LibvirtError } from 'node-libvirt';
import { type Guest, removeGuest, startGuest } from '../guest.js';
import { labFolder, uriOf } from '../lab.js';

export const images = '/var/lib/libvirt/images';
export const shared = '/var/lib/libvirt/shared';
/** Of the disks that tests make, all of it data. */
export const diskBytes = 32 * 2 ** 20;

/** Writes over 32 MiB of memory without an end, each time with another letter. */
const hurrying = [
  `vec($all, (32 << 20) - 1, 8) = 0`,
  'while (1) { for ($at = 0; $at < 32 << 20; $at += 65536) { substr($all, $at, 65536) = chr(97 + $round % 26) x 65536 } $round++ }',
].join('; ');

/** What a test leaves is taken away before the next one begins: all VMs and files whose names begin with the guest's. */
export class Stage implements AsyncDisposable {
  readonly guest: Guest;
  readonly #hosts: readonly [string, string];
  readonly #libvirt: readonly [Libvirt, Libvirt];
  readonly #definition: string;
  readonly #disk: Buffer;
  /** The process in the guest that writes memory. */
  #hurrying: number | undefined;

  private constructor(parts: {
    readonly guest: Guest;
    readonly hosts: readonly [string, string];
    readonly libvirt: readonly [Libvirt, Libvirt];
    readonly definition: string;
  }) {
    this.guest = parts.guest;
    this.#hosts = parts.hosts;
    this.#libvirt = parts.libvirt;
    this.#definition = parts.definition;
    this.#disk = makeDisk();
  }

  static async set(name: string, hosts: readonly [string, string]): Promise<Stage> {
    const quiet = ['--ticks-per-second', '5', '--beacons-per-second', '20', '--memory', '128', '--disk', '16M'];
    const guest = await startGuest(name, hosts[0], ...quiet);
    const libvirt = await Promise.all([connect(uriOf.tcp(hosts[0])), connect(uriOf.tcp(hosts[1]))]);
    const dom = await libvirt[0].domainLookupByUUID({ uuid: guest.uuid });
    const definition = await libvirt[0].domainGetXMLDesc({ dom, flags: DomainXMLFlags.INACTIVE });
    return new Stage({ guest, hosts, libvirt, definition });
  }

  /** Where the guest runs, and the other host, which has nothing of it. Nothing else is at either. */
  async clear(): Promise<readonly [string, string]> {
    const [first, second] = [await this.#sweep(0), await this.#sweep(1)];
    const here = second !== undefined && (first === undefined || second.id !== -1) ? 1 : 0;
    const there = here === 0 ? 1 : 0;
    const stray = here === 0 ? second : first;
    if (stray !== undefined) await remove(this.#libvirt[there], stray);
    this.#sweepFiles(here, there);
    await this.#start(this.#libvirt[here], here === 0 ? first : second);
    return [this.#hosts[here], this.#hosts[there]];
  }

  /** Puts a disk full of data into a folder of these hosts, and gives its path. */
  makeDisk(file: string, ...hosts: readonly string[]): string {
    for (const host of hosts) writeFileSync(join(folderOf(host), file), this.#disk);
    return `${images}/${file}`;
  }

  /** Puts one into the folder of the site, and gives its path. */
  makeSharedDisk(file: string): string {
    writeFileSync(join(sharedFolderOf(this.#hosts[0]), file), this.#disk);
    return `${shared}/${file}`;
  }

  /** Defines a VM that does not run over a disk. */
  async defineOver(host: string, { name, path }: { readonly name: string; readonly path: string }): Promise<void> {
    const disk = `<disk type='file'><driver name='qemu' type='qcow2'/><source file='${path}'/><target dev='vda'/></disk>`;
    const os = `<os><type arch='x86_64' machine='q35'>hvm</type></os>`;
    const xml = `<domain type='qemu'><name>${name}</name><memory>65536</memory>${os}<devices>${disk}</devices></domain>`;
    await this.#at(host).domainDefineXML({ xml });
  }

  /** The guest begins to write memory, at its host, until the stage is cleared. */
  async hurry(host: string): Promise<void> {
    this.#hurrying = await this.#inGuest(host, 'perl', '-e', hurrying);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear();
    await Promise.all(this.#libvirt.map((libvirt) => libvirt.close()));
    await removeGuest(this.guest.name);
  }

  #at(host: string): Libvirt {
    return this.#libvirt[host === this.#hosts[0] ? 0 : 1];
  }

  /** Takes away every VM of ours but the guest, which it gives. */
  async #sweep(index: 0 | 1): Promise<Domain | undefined> {
    const libvirt = this.#libvirt[index];
    const ours = (await libvirt.connectListAllDomains()).filter(({ name }) => name.startsWith(this.guest.name));
    const guest = ours.find(({ uuid }) => uuid === this.guest.uuid);
    for (const dom of ours) if (dom !== guest) await remove(libvirt, dom);
    if (guest !== undefined && guest.id !== -1) await refusable(libvirt.domainAbortJob({ dom: guest }));
    return guest;
  }

  /** Leaves the guest's disk where it is needed, and no other file of ours. */
  #sweepFiles(here: 0 | 1, there: 0 | 1): void {
    const file = `${this.guest.name}-vda.qcow2`;
    const [own, other] = [folderOf(this.#hosts[here]), folderOf(this.#hosts[there])];
    if (!existsSync(join(own, file))) copyFileSync(join(other, file), join(own, file));
    for (const folder of [own, other, sharedFolderOf(this.#hosts[0])]) {
      const left = readdirSync(folder).filter((each) => each.startsWith(this.guest.name));
      for (const each of left) if (folder !== own || each !== file) rmSync(join(folder, each));
    }
  }

  async #start(libvirt: Libvirt, known: Domain | undefined): Promise<void> {
    const dom = known ?? (await libvirt.domainDefineXML({ xml: this.#definition }));
    if (dom.id !== -1) {
      if (this.#hurrying === undefined) return;
      await this.#inGuest(this.#hosts[this.#libvirt.indexOf(libvirt)] as string, 'kill', '-9', `${this.#hurrying}`);
    } else {
      await libvirt.domainCreate({ dom });
      while (!(await isAnswering(libvirt, dom)));
    }
    this.#hurrying = undefined;
  }

  async #inGuest(host: string, path: string, ...arg: readonly string[]): Promise<number> {
    const libvirt = this.#at(host);
    const dom = await libvirt.domainLookupByUUID({ uuid: this.guest.uuid });
    const cmd = JSON.stringify({ execute: 'guest-exec', arguments: { path, arg } });
    const answer = (await libvirt.qemuDomainAgentCommand({ dom, cmd })) ?? '';
    return (JSON.parse(answer) as { readonly return: { readonly pid: number } }).return.pid;
  }
}

function folderOf(host: string): string {
  return `${labFolder}/hosts/${host}${images}`;
}

function sharedFolderOf(host: string): string {
  return `${labFolder}/shared/${host.split('-')[0]}`;
}

/** An image of 32 MiB that no copy can leave anything out of. */
function makeDisk(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-disk-'));
  const [raw, made] = [join(folder, 'raw'), join(folder, 'qcow2')];
  writeFileSync(raw, randomBytes(diskBytes));
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, made]);
  const disk = readFileSync(made);
  rmSync(folder, { recursive: true });
  return disk;
}

async function remove(libvirt: Libvirt, dom: Domain): Promise<void> {
  const { SNAPSHOTS_METADATA, CHECKPOINTS_METADATA, MANAGED_SAVE } = DomainUndefineFlags;
  await refusable(libvirt.domainDestroy({ dom }));
  await refusable(
    libvirt.domainUndefineFlags({ dom, flags: SNAPSHOTS_METADATA | CHECKPOINTS_METADATA | MANAGED_SAVE }),
  );
}

async function isAnswering(libvirt: Libvirt, dom: Domain): Promise<boolean> {
  const cmd = '{"execute":"guest-ping"}';
  return (await refusable(libvirt.qemuDomainAgentCommand({ dom, cmd, timeout: 1 }))) !== undefined;
}

/** What a call gives; undefined where libvirt refuses, as it does when there is nothing to be done. */
async function refusable<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof LibvirtError) return undefined;
    throw error;
  }
}
