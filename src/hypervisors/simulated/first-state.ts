import { type Estate, type Host, hostsOf, linkBetween, type Site } from '../../model/estate.js';
import type { VmDefinition } from '../hypervisor.js';
import { uuidOf } from './chance.js';
import type { DiskSpec, HostSpec, LinkSpec, VmSpec, WorldSpec } from './world-spec.js';
import type { Guest, HostState, ImageFile, LinkState, Nature, WorldState } from './world-state.js';

const defaultStartAt = Date.UTC(2026, 0, 5, 9);
const gigabyteBytes = 2 ** 30;

/** The world as it is before its first event: hosts up, VMs booted long ago. Replicas and faults come afterwards. */
export function firstState(estate: Estate, spec: WorldSpec, seed: number): WorldState {
  const startedAt = spec.startAt ?? defaultStartAt;
  const sites = Object.keys(estate.sites);
  const state: WorldState = {
    estate,
    startedAt,
    controllerSite: spec.controllerSite ?? spec.replicas?.[0]?.to.site ?? sites[0] ?? '',
    chance: seed | 0,
    lastId: 0,
    hosts: {},
    links: {},
    darkSites: [],
    nature: {},
    lastWriteAt: {},
    replications: {},
    copies: {},
    overlays: {},
    calls: {},
    callCounts: {},
    transfers: {},
    migrationResults: {},
    faults: [],
    commands: spec.commands ?? [],
    audit: { doubles: [], effects: [], lostWrites: [] },
  };
  for (const host of Object.values(hostsOf(estate))) {
    const site = estate.sites[host.site];
    if (site !== undefined) {
      state.hosts[host.name] = hostState(host, site, spec.hosts?.[host.name] ?? {});
    }
  }
  for (const one of sites) {
    for (const other of sites.filter((site) => site > one)) {
      const { name, between, bytesPerSecond } = linkBetween(estate, one, other);
      state.links[name] = linkState({ name, between, bytesPerSecond }, spec.links?.[name] ?? {});
    }
  }
  for (const vm of spec.vms ?? []) {
    addVm(state, vm);
  }
  return state;
}

function hostState(host: Host, site: Site, spec: HostSpec): HostState {
  return {
    name: host.name,
    site: host.site,
    memoryBytes: spec.memoryBytes ?? 64 * gigabyteBytes,
    cpuThreads: spec.cpuThreads ?? 16,
    cpuModel: spec.cpuModel ?? 'x86-64-v3',
    cpuModels: spec.cpuModels ?? ['x86-64-v1', 'x86-64-v2', 'x86-64-v3'],
    networks: spec.networks ?? Object.values(site.networks),
    bytesPerSecond: spec.bytesPerSecond ?? 1.25e9,
    bootMs: spec.bootMs ?? 60_000,
    diskFreeBytes: spec.diskFreeBytes ?? 1024 * gigabyteBytes,
    hasPower: true,
    isUp: true,
    boot: 1,
    isCordoned: false,
    fence: 'works',
    guests: {},
    files: {},
  };
}

function linkState(
  link: { name: string; between: readonly [string, string]; bytesPerSecond: number | undefined },
  spec: LinkSpec,
): LinkState {
  return {
    name: link.name,
    between: link.between,
    latencyMs: spec.latencyMs ?? 5,
    bytesPerSecond: spec.bytesPerSecond ?? link.bytesPerSecond ?? 125e6,
    isCut: false,
  };
}

function addVm(state: WorldState, vm: VmSpec): void {
  const host = state.hosts[vm.host];
  const site = state.estate.sites[host?.site ?? ''];
  if (host === undefined || site === undefined) {
    throw new Error(`The VM ${vm.name} is on ${vm.host}, which the estate does not have`);
  }
  const id = vm.id ?? uuidOf(vm.name);
  const definition = definitionOf(vm, id, site);
  for (const [index, { target, path, sizeBytes }] of definition.disks.entries()) {
    const disk = disksOf(vm)[index];
    const file: ImageFile = {
      of: id,
      sizeBytes,
      usedBytes: disk?.usedBytes ?? Math.round(sizeBytes / 2),
      isShared: disk?.isShared ?? false,
      dataAt: state.startedAt,
    };
    if (host.files[path] !== undefined) {
      throw new Error(`Two VMs of ${host.name} have the disk ${path} (${target} of ${vm.name})`);
    }
    host.files[path] = file;
  }
  host.guests[id] = guestOf(vm, definition, state.startedAt);
  state.nature[id] = natureOf(vm);
  if (vm.state === 'shut-off') {
    state.lastWriteAt[id] = state.startedAt;
  }
}

function disksOf({ disks }: VmSpec): readonly DiskSpec[] {
  return disks ?? [{ target: 'vda', sizeBytes: 20 * gigabyteBytes }];
}

function definitionOf(vm: VmSpec, id: string, site: Site): VmDefinition {
  const isDrill = (name: string): boolean => name === 'drill';
  const first = Object.keys(site.networks).find((name) => !isDrill(name));
  const network = first === undefined ? undefined : site.networks[first];
  return {
    id,
    name: vm.name,
    memoryBytes: vm.memoryBytes ?? 2 * gigabyteBytes,
    vcpus: vm.vcpus ?? 2,
    ...(vm.cpuModel === undefined ? {} : { cpuModel: vm.cpuModel }),
    networks: vm.networks ?? (network === undefined ? [] : [network]),
    disks: disksOf(vm).map(({ target, path, sizeBytes }) => ({
      target,
      path: path ?? `${site.images}/${vm.name}-${target}.qcow2`,
      sizeBytes,
    })),
    hasAgent: vm.hasAgent ?? true,
    tags: vm.tags ?? [],
    hasAutostart: vm.hasAutostart ?? true,
  };
}

function guestOf(vm: VmSpec, definition: VmDefinition, startedAt: number): Guest {
  const isRunning = vm.state !== 'shut-off';
  return {
    definition,
    state: isRunning ? 'running' : 'shut-off',
    boot: isRunning ? 1 : 0,
    ...(isRunning ? { readyAt: startedAt } : {}),
    isBlocked: false,
    isShuttingDown: false,
  };
}

function natureOf(vm: VmSpec): Nature {
  return {
    name: vm.name,
    dirtyBytesPerSecond: vm.dirtyBytesPerSecond ?? 20e6,
    writeBytesPerSecond: vm.writeBytesPerSecond ?? 1e6,
    bootMs: vm.bootMs ?? 8_000,
    shutdownMs: vm.shutdownMs ?? 4_000,
    ...(vm.ports === undefined ? {} : { ports: vm.ports }),
    isAgentSilent: false,
    neverBoots: false,
    ignoresShutdown: false,
  };
}
