import { type Domain, DomainXMLFlags, type Libvirt } from 'node-libvirt';
import type { Migration } from '../../hypervisor.js';
import { firstPauseMs } from './course.js';
import { forget, note } from './errand.js';
import { discard, prepare, type Sized } from './incoming.js';
import { movedDisks } from './moved-disks.js';
import { type Definitions, type Request, requestOf } from './request.js';
import { ask, never, type Tools } from './tools.js';

/** All that must be in place before libvirt is asked to migrate, and must be gone again when that came to nothing. */
export interface Departure {
  readonly dom: Domain;
  readonly memoryBytes: number;
  readonly disks: readonly Sized[];
  readonly request: Request;
  /** The pause that QEMU had been allowed before. */
  readonly pauseMs: number;
  /**
   * Lets go of the target's folders, in which there is work again when it has arrived. It comes before the VM's own note is
   * taken away, by which the next process would know that there is work. Safe to call twice.
   */
  readonly release: () => Promise<void>;
}

/** Reads the VM at its source, and makes room for it at the target. When it rejects, nothing of it is left. */
export async function depart(tools: Tools, migration: Migration, signal: AbortSignal): Promise<Departure> {
  const { id, source, target } = migration;
  const read = await ask(tools, { host: source, what: 'describe the VM', purpose: 'query', signal }, (libvirt) =>
    readSource(libvirt, migration),
  );
  const { disks } = read;
  const folders = [...new Set(disks.map(({ folder }) => folder))];
  const holds = folders.map((path) => tools.folders.hold({ host: target, path }));
  const release = async (): Promise<void> => {
    await Promise.all(holds.splice(0).map((hold) => hold.release()));
  };
  try {
    if (disks.length > 0) {
      await ask(tools, { host: target, what: 'make room for its disks', purpose: 'query', signal }, (libvirt) =>
        prepare(tools.folders, { id, host: target, libvirt, disks, replaces: migration.replaces }),
      );
    }
    const definitions = await ask(
      tools,
      { host: source, what: 'get ready for the move', purpose: 'work', signal },
      (libvirt) => readySource(libvirt, migration, read),
    );
    const host = tools.connections.host(target);
    return {
      ...read,
      release,
      request: requestOf(migration, { target: host, tls: tools.estate.tls === 'required', definitions }),
    };
  } catch (error) {
    try {
      await stay(tools, migration, { ...read, release });
    } finally {
      await release();
    }
    throw error;
  }
}

/** The VM stays at its source, where it was seen: takes back what `depart` has done. Safe to call twice. */
export async function stay(
  tools: Tools,
  { id, source, target }: Pick<Migration, 'id' | 'source' | 'target'>,
  { dom, disks, pauseMs, release }: Partial<Pick<Departure, 'pauseMs' | 'release'>> & Pick<Departure, 'disks' | 'dom'>,
): Promise<void> {
  if (disks.length > 0) {
    await ask(tools, { host: target, what: 'remove what was copied', purpose: 'work', signal: never }, (libvirt) =>
      discard(tools.folders, { id, host: target, libvirt, disks }),
    );
  }
  await release?.();
  await ask(tools, { host: source, what: 'forget the move', purpose: 'work', signal: never }, async (libvirt) => {
    if (await libvirt.domainIsPersistent({ dom })) {
      await forget(libvirt, dom);
    }
    if (pauseMs !== undefined && (await libvirt.domainIsActive({ dom }))) {
      await libvirt.domainMigrateSetMaxDowntime({ dom, downtime: pauseMs });
    }
  });
}

/** Disks of which an earlier process may have left copies at the target. */
export async function disksOf(tools: Tools, migration: Migration, dom: Domain): Promise<readonly Sized[]> {
  const { source: host } = migration;
  return await ask(tools, { host, what: 'describe its disks', purpose: 'query', signal: never }, async (libvirt) =>
    sizedDisks(libvirt, dom, movedDisks(await libvirt.domainGetXMLDesc({ dom, flags: described }), migration)),
  );
}

const described = DomainXMLFlags.MIGRATABLE | DomainXMLFlags.SECURE;

async function readSource(libvirt: Libvirt, migration: Migration): Promise<Omit<Departure, 'request' | 'release'>> {
  const dom = await libvirt.domainLookupByUUID({ uuid: migration.id });
  const [xml, { memory }, pauseMs] = await Promise.all([
    libvirt.domainGetXMLDesc({ dom, flags: described }),
    libvirt.domainGetInfo({ dom }),
    libvirt.domainMigrateGetMaxDowntime({ dom }),
  ]);
  const disks = await sizedDisks(libvirt, dom, movedDisks(xml, migration));
  return { dom, memoryBytes: memory * 1024, pauseMs, disks };
}

async function readySource(
  libvirt: Libvirt,
  { maxDowntimeMs }: Migration,
  { dom, disks }: Pick<Departure, 'dom' | 'disks'>,
): Promise<Definitions> {
  const live = await libvirt.domainGetXMLDesc({ dom, flags: described });
  // Before the beginning: a small guest is switched over before anybody could say how long it may stand still.
  await libvirt.domainMigrateSetMaxDowntime({ dom, downtime: firstPauseMs(maxDowntimeMs) });
  if (!(await libvirt.domainIsPersistent({ dom }))) {
    return { live };
  }
  const hasAutostart = await libvirt.domainGetAutostart({ dom });
  await note(libvirt, dom, { hasAutostart, hasMarkers: disks.length > 0 });
  return { live, persistent: await libvirt.domainGetXMLDesc({ dom, flags: described | DomainXMLFlags.INACTIVE }) };
}

async function sizedDisks(
  libvirt: Libvirt,
  dom: Domain,
  disks: readonly Omit<Sized, 'sizeBytes' | 'usedBytes'>[],
): Promise<readonly Sized[]> {
  return await Promise.all(
    disks.map(async (disk) => {
      const { capacity, allocation } = await libvirt.domainGetBlockInfo({ dom, path: disk.target });
      return { ...disk, sizeBytes: capacity, usedBytes: allocation };
    }),
  );
}
