import type { DiskFacts, VmFacts } from '../../model/inventory.js';
import type { VmDefinition } from '../hypervisor.js';
import type { Outcome } from './call.js';
import { answerWaiting } from './calls.js';
import { after, type Core, guestsChanged, note } from './core.js';
import { failed } from './failures.js';
import type { Guest, HostState, ImageFile, Nature } from './world-state.js';

/** What the host's own system keeps for itself. */
const hostReserveBytes = 2 ** 30;

/** From the request to a QEMU that runs. */
const launchMs = 300;

const ordinary: Nature = {
  name: '',
  dirtyBytesPerSecond: 20e6,
  writeBytesPerSecond: 1e6,
  bootMs: 8_000,
  shutdownMs: 4_000,
  isAgentSilent: false,
  neverBoots: false,
  ignoresShutdown: false,
};

/** What the VM is like; a clone is like the VM it was made from. */
export function natureOf(core: Core, definition: Pick<VmDefinition, 'id' | 'cloneOf'>): Nature {
  return core.state.nature[definition.cloneOf ?? definition.id] ?? ordinary;
}

export function hasMemory({ state, arrivesBy }: Guest): boolean {
  return state === 'running' || state === 'paused' || arrivesBy !== undefined;
}

/** Memory that no VM has. */
export function memoryFreeBytes(host: HostState): number {
  const used = Object.values(host.guests).reduce(
    (sum, guest) => sum + (hasMemory(guest) ? guest.definition.memoryBytes : 0),
    0,
  );
  return Math.max(0, host.memoryBytes - hostReserveBytes - used);
}

/** The file at a path as a host sees it: its own, or one that another host of its site shares. */
export function fileOf(core: Core, host: HostState, path: string): ImageFile | undefined {
  return (
    host.files[path] ??
    Object.values(core.state.hosts).find(({ site, files }) => site === host.site && files[path]?.isShared === true)
      ?.files[path]
  );
}

/** Why a VM with this definition cannot run on the host now; undefined when it can. */
export function obstacle(host: HostState, definition: VmDefinition): Outcome | undefined {
  const missing = definition.networks.filter((network) => !host.networks.includes(network));
  if (missing.length > 0) {
    return failed('network-missing', 'permanent', `${host.name} has no network ${missing.join(', ')}`, 'Make it there');
  }
  if (definition.memoryBytes > memoryFreeBytes(host)) {
    return failed('no-memory', 'permanent', `${host.name} has too little memory for ${definition.name}`, 'Free some');
  }
  return undefined;
}

/** Defines a VM. What is there already, running or not, stays when it is the same. */
export function define(core: Core, host: HostState, definition: VmDefinition): Outcome {
  const known = host.guests[definition.id];
  if (known !== undefined && JSON.stringify(known.definition) === JSON.stringify(definition) && !known.isBlocked) {
    return {};
  }
  const clash = Object.values(host.guests).find(
    (guest) => guest.definition.name === definition.name && guest.definition.id !== definition.id,
  );
  const live = [known, clash].find((guest) => guest !== undefined && hasMemory(guest));
  if (live !== undefined) {
    return failed('vm-running', 'precondition', `${live.definition.name} is live on ${host.name}`, 'Stop it first');
  }
  if (clash !== undefined) {
    return failed(
      'vm-exists',
      'permanent',
      `${host.name} has another VM named ${definition.name}`,
      'Rename or undefine it',
    );
  }
  host.guests[definition.id] = {
    definition: structuredClone(definition),
    state: 'shut-off',
    boot: known?.boot ?? 0,
    isBlocked: false,
    isShuttingDown: false,
  };
  note(core, 'define', { host: host.name, vm: definition.name });
  return {};
}

/** Forgets a VM that does not run. */
export function undefine(core: Core, host: HostState, id: string): Outcome {
  const guest = host.guests[id];
  if (guest === undefined) {
    return {};
  }
  if (hasMemory(guest)) {
    return failed('vm-running', 'precondition', `${guest.definition.name} is live on ${host.name}`, 'Stop it first');
  }
  delete host.guests[id];
  note(core, 'undefine', { host: host.name, vm: guest.definition.name });
  return {};
}

/** Starts a VM. Nothing stops the same VM from running elsewhere too: that is for the caller to prevent. */
export function start(core: Core, host: HostState, guest: Guest): Outcome {
  const { definition } = guest;
  if (guest.arrivesBy !== undefined) {
    return failed('vm-running', 'precondition', `A migration brings ${definition.name} to ${host.name}`, 'Wait for it');
  }
  if (guest.state === 'running') {
    return {};
  }
  const problem = startObstacle(core, host, guest);
  if (problem !== undefined) {
    return problem;
  }
  const nature = natureOf(core, definition);
  noteLostWrites(core, host, guest);
  guest.state = 'running';
  guest.boot += 1;
  guest.isShuttingDown = false;
  delete guest.hasStoodStill;
  delete guest.hasShutDown;
  guest.readyAt = core.clock.now() + launchMs + nature.bootMs;
  if (definition.cloneOf === undefined) {
    delete core.state.lastWriteAt[definition.id];
  }
  guestsChanged(core, guest.definition.id);
  note(core, 'start', { host: host.name, vm: definition.name });
  return { tookMs: launchMs };
}

function startObstacle(core: Core, host: HostState, guest: Guest): Outcome | undefined {
  const { definition } = guest;
  if (guest.isBlocked) {
    return failed(
      'start-blocked',
      'precondition',
      `The start of ${definition.name} on ${host.name} is blocked`,
      'Allow it',
    );
  }
  for (const { path } of definition.disks) {
    if (fileOf(core, host, path) === undefined) {
      return failed(
        'disk-missing',
        'permanent',
        `${host.name} has no ${path}`,
        'Make the disk, or define another path',
      );
    }
    const user = Object.values(host.guests).find(
      (other) => other !== guest && hasMemory(other) && other.definition.disks.some((disk) => disk.path === path),
    );
    if (user !== undefined) {
      return failed('disk-locked', 'precondition', `${user.definition.name} uses ${path}`, 'Stop it first');
    }
  }
  return obstacle(host, definition);
}

function noteLostWrites(core: Core, host: HostState, { definition }: Guest): void {
  const { id, cloneOf, name, disks } = definition;
  if (cloneOf !== undefined) {
    return;
  }
  const isLive = Object.values(core.state.hosts).some((other) => other.isUp && other.guests[id]?.state === 'running');
  const lastWriteAt = isLive ? core.clock.now() : core.state.lastWriteAt[id];
  const dataAt = Math.min(...disks.map(({ path }) => fileOf(core, host, path)?.dataAt ?? 0));
  if (lastWriteAt !== undefined && disks.length > 0 && lastWriteAt > dataAt) {
    core.state.audit.lostWrites.push({ at: core.clock.now(), vm: name, host: host.name, lostMs: lastWriteAt - dataAt });
  }
}

/** Stops a guest at once: it keeps what it has written, and its definition. */
export function stop(core: Core, host: HostState, guest: Guest): void {
  const { id, name } = guest.definition;
  halt(core, host, guest);
  guestsChanged(core, guest.definition.id);
  note(core, 'stop', { host: host.name, vm: name });
  answerWaiting(core, (wait) => 'off' in wait && wait.off === id && wait.host === host.name, {});
}

/** A guest is no longer there, by its own will or not: what it wrote until now is on its disks. */
export function halt(core: Core, host: HostState, guest: Guest): void {
  noteLastWrite(core, host, guest);
  guest.state = 'shut-off';
  guest.isShuttingDown = false;
  delete guest.readyAt;
}

/** Remembers until when a running guest has written. */
export function noteLastWrite(core: Core, host: HostState, { state, definition }: Guest): void {
  if (state !== 'running') {
    return;
  }
  for (const { path } of definition.disks) {
    const file = fileOf(core, host, path);
    if (file !== undefined) {
      file.dataAt = core.clock.now();
    }
  }
  if (definition.cloneOf === undefined) {
    core.state.lastWriteAt[definition.id] = core.clock.now();
  }
}

/** Asks the guest to shut down; it stops by itself some time later. */
export function requestShutdown(core: Core, host: HostState, guest: Guest): void {
  const nature = natureOf(core, guest.definition);
  if (!guest.isShuttingDown && !nature.ignoresShutdown) {
    guest.isShuttingDown = true;
    core.touched.hasChanged = true;
    after(core, nature.shutdownMs, { event: 'guest-off', host: host.name, id: guest.definition.id, boot: guest.boot });
  }
}

/** What the host says of a VM. */
export function vmFacts(core: Core, host: HostState, guest: Guest): VmFacts {
  const { definition } = guest;
  const { cpuModel } = definition;
  return {
    id: definition.id,
    name: definition.name,
    site: host.site,
    host: host.name,
    observedAt: core.clock.now(),
    seenOn: 'host',
    state: guest.arrivesBy === undefined ? guest.state : 'paused',
    memoryBytes: definition.memoryBytes,
    vcpus: definition.vcpus,
    ...(cpuModel === undefined ? {} : { cpuModel }),
    networks: definition.networks,
    disks: definition.disks.map((disk) => diskFacts(core, host, disk)),
    tags: definition.tags,
    hasAutostart: definition.hasAutostart,
    hasAgent: definition.hasAgent,
    ...(guest.state === 'running' ? { dirtyBytesPerSecond: natureOf(core, definition).dirtyBytesPerSecond } : {}),
  };
}

function diskFacts(core: Core, host: HostState, disk: VmDefinition['disks'][number]): DiskFacts {
  const file = fileOf(core, host, disk.path);
  return {
    target: disk.target,
    path: disk.path,
    format: disk.path.endsWith('.raw') ? 'raw' : 'qcow2',
    sizeBytes: disk.sizeBytes,
    usedBytes: file?.usedBytes ?? 0,
    isShared: file?.isShared ?? false,
  };
}
