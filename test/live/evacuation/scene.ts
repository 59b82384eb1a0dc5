/** Guests that leave a host, and the world as it is seen without Lifeboat: by libvirt, in folders, on consoles and disks. */
import { existsSync, readdirSync } from 'node:fs';
import { connect, type Domain, DomainXMLFlags, type Libvirt } from 'node-libvirt';
import { type Guest, removeGuest, startGuest } from '../guest.js';
import { lab, labFolder, labJson, uriOf } from '../lab.js';

/** Few ticks and beacons, since a dozen of them may share two processors. */
const lowRates = ['--ticks-per-second', '5', '--beacons-per-second', '20', '--memory', '96'];

/** Starts guests side by side; they are gone when it is disposed of. */
export async function startGuests(names: readonly string[], host: string, ...options: string[]): Promise<Guests> {
  const outcomes = await Promise.allSettled(names.map((name) => startGuest(name, host, ...lowRates, ...options)));
  const guests = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  const dispose = async (): Promise<void> => {
    for (const name of names) await removeGuest(name);
  };
  if (failed !== undefined) {
    await dispose();
    throw failed.reason;
  }
  return Object.assign(guests, { [Symbol.asyncDispose]: dispose });
}

export type Guests = readonly Guest[] & AsyncDisposable;

/** Where a guest is known and how, host by host. */
export interface Sighting {
  readonly host: string;
  readonly isRunning: boolean;
  readonly isPersistent: boolean;
  readonly hasAutostart: boolean;
  /** The definition that it would start from. */
  readonly definition: string;
}

/** Where each of these guests is known, over all these hosts. */
export async function sightings(
  names: readonly string[],
  hosts: readonly string[],
): Promise<Readonly<Record<string, readonly Sighting[]>>> {
  const found: Record<string, Sighting[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (const host of hosts) {
    await using libvirt = await connect(uriOf.tcp(host));
    for (const dom of await libvirt.connectListAllDomains()) {
      if (found[dom.name] === undefined) continue;
      found[dom.name]?.push(await sightingOf(libvirt, host, dom));
    }
  }
  return found;
}

async function sightingOf(libvirt: Libvirt, host: string, dom: Domain): Promise<Sighting> {
  return {
    host,
    isRunning: await libvirt.domainIsActive({ dom }),
    isPersistent: await libvirt.domainIsPersistent({ dom }),
    hasAutostart: await libvirt.domainGetAutostart({ dom }),
    definition: await libvirt.domainGetXMLDesc({ dom, flags: DomainXMLFlags.INACTIVE }),
  };
}

/** Names of all VMs that a host knows. */
export async function knownTo(host: string): Promise<readonly string[]> {
  await using libvirt = await connect(uriOf.tcp(host));
  return (await libvirt.connectListAllDomains()).map(({ name }) => name).toSorted();
}

/** What a host has in its folders of images: its own, and the one of its site. */
export function imagesOn(host: string): readonly string[] {
  const site = host.split('-')[0];
  const folders = {
    own: `${labFolder}/hosts/${host}/var/lib/libvirt/images`,
    shared: `${labFolder}/shared/${site}`,
  };
  return Object.entries(folders).flatMap(([place, folder]) =>
    existsSync(folder) ? readdirSync(folder).map((file) => `${place}/${file}`) : [],
  );
}

/** Storage pools that a host knows: the lab makes none. */
export async function poolsOn(host: string): Promise<readonly string[]> {
  await using libvirt = await connect(uriOf.tcp(host));
  return (await libvirt.connectListAllStoragePools()).map(({ name }) => name);
}

interface Checked {
  readonly check: {
    readonly complete: boolean;
    readonly missing: readonly number[];
    readonly twice: readonly number[];
  };
  readonly printed: number;
  readonly disks: readonly { readonly host: string; readonly path: string; readonly counter: number | null }[];
}

/**
 * What these guests have lost: numbers that are lacking or came twice, and disks that are behind what was printed; nothing, if
 * all is well. `placeOf` says where a guest's disks are, when its old ones may lie elsewhere.
 */
export async function losses(
  names: readonly string[],
  placeOf?: (name: string) => string | undefined,
): Promise<readonly string[]> {
  const lost: string[] = [];
  for (const name of names) {
    const { printed } = await labJson<Checked>('witness', name);
    const { check, disks } = await labJson<Checked>('witness', name, '--check').catch(checkThatFailed);
    const meant = placeOf === undefined ? disks : disks.filter(({ host }) => host === placeOf(name));
    if (meant.length === 0) lost.push(`${name} has no disk at ${placeOf?.(name)}`);
    if (!check.complete) lost.push(`${name} lacks ${check.missing.join()} and has ${check.twice.join()} twice`);
    const behind = meant.filter(({ counter }) => counter === null || counter < printed);
    lost.push(...behind.map(({ path, counter }) => `${path} has ${counter}, printed was ${printed}`));
  }
  return lost;
}

/** `witness --check` that found something ends with 1, and still prints what. */
function checkThatFailed(error: { readonly stdout?: string }): Checked {
  if (error.stdout === undefined || error.stdout === '') throw error;
  return JSON.parse(error.stdout) as Checked;
}

/** Puts an owner's marks on a guest's definition: autostart, a title and tags. */
export async function mark(host: string, name: string): Promise<void> {
  await lab('exec', host, '--', 'virsh', '-q', 'autostart', name);
  await lab('exec', host, '--', 'virsh', '-q', 'desc', name, '--config', '--live', '--title', `title of ${name}`);
  const tags = `<owner>team of ${name}</owner>`;
  const uri = ['--uri', 'https://example.org/inventory', '--key', 'inventory', '--set', tags];
  await lab('exec', host, '--', 'virsh', '-q', 'metadata', name, '--config', '--live', ...uri);
}
