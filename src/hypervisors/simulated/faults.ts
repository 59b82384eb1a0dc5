import { copyAt } from './copies.js';
import type { Core } from './core.js';
import type { WorldFault } from './fault.js';
import { connectionsChanged, die, powerOn } from './hosts.js';
import { share } from './transfers.js';
import type { HostState, Nature } from './world-state.js';

/** Dirties memory faster than anything carries it. */
const furiousBytesPerSecond = 1e12;

/** Lets something go wrong in the world, or be mended. A fault about something that does not exist changes nothing. */
export function strike(core: Core, fault: WorldFault): void {
  core.touched.hasChanged = true;
  switch (fault.kind) {
    case 'host-dies':
      onHost(core, fault.host, (host) => {
        host.hasPower &&= fault.power !== 'off';
        die(core, host);
      });
      return;
    case 'host-returns':
      onHost(core, fault.host, (host) => powerOn(core, host));
      return;
    case 'site-dies':
      if (fault.withFences === true && !core.state.darkSites.includes(fault.site)) {
        core.state.darkSites.push(fault.site);
      }
      for (const host of hostsAt(core, fault.site)) {
        host.hasPower = false;
        die(core, host);
      }
      return;
    case 'site-returns':
      core.state.darkSites.splice(
        0,
        Number.POSITIVE_INFINITY,
        ...core.state.darkSites.filter((site) => site !== fault.site),
      );
      for (const host of hostsAt(core, fault.site)) {
        powerOn(core, host);
      }
      return;
    case 'link-cut':
    case 'link-healed':
      setLink(core, fault.link, fault.kind === 'link-cut');
      return;
    case 'link-rate':
      setLinkRate(core, fault.link, fault.bytesPerSecond);
      return;
    case 'migration-stalls':
      stallMigration(core, fault.vm);
      return;
    case 'disk-full':
      onHost(core, fault.host, (host) => {
        host.diskFreeBytes = 0;
      });
      return;
    case 'disk-freed':
      onHost(core, fault.host, (host) => {
        host.diskFreeBytes += fault.bytes;
      });
      return;
    case 'point-rots':
      rot(core, fault.vm, fault.host);
      return;
    case 'agent-silent':
      onNature(core, fault.vm, (nature) => {
        nature.isAgentSilent = true;
      });
      return;
    case 'boot-fails':
      onNature(core, fault.vm, (nature) => {
        nature.neverBoots = true;
      });
      return;
    case 'shutdown-ignored':
      onNature(core, fault.vm, (nature) => {
        nature.ignoresShutdown = true;
      });
      return;
    case 'probe-flaps':
      onNature(core, fault.vm, (nature) => {
        nature.flaps = 0;
      });
      return;
    case 'fence':
      onHost(core, fault.host, (host) => {
        host.fence = fault.behaviour;
      });
      return;
    case 'command-fails':
      core.state.commands = [{ argv: fault.argv, exitCode: fault.exitCode, stderr: 'failed' }, ...core.state.commands];
      return;
  }
}

function onHost(core: Core, name: string, change: (host: HostState) => void): void {
  const host = core.state.hosts[name];
  if (host !== undefined) {
    change(host);
  }
}

function onNature(core: Core, name: string, change: (nature: Nature) => void): void {
  for (const nature of Object.values(core.state.nature)) {
    if (nature.name === name) {
      change(nature);
    }
  }
}

function rot(core: Core, vm: string, host: string): void {
  const copy = copyAt(core, vm, host);
  const newest = copy?.points.at(-1);
  if (copy !== undefined && newest !== undefined) {
    copy.damaged = newest.id;
    delete copy.isMended;
  }
}

function hostsAt(core: Core, name: string): readonly HostState[] {
  return Object.values(core.state.hosts).filter(({ site }) => site === name);
}

function setLink(core: Core, name: string, isCut: boolean): void {
  const link = core.state.links[name];
  if (link !== undefined && link.isCut !== isCut) {
    link.isCut = isCut;
    connectionsChanged(core);
  }
}

function setLinkRate(core: Core, name: string, bytesPerSecond: number): void {
  const link = core.state.links[name];
  if (link !== undefined) {
    link.bytesPerSecond = bytesPerSecond;
    share(core);
  }
}

function stallMigration(core: Core, vm: string): void {
  onNature(core, vm, (nature) => {
    nature.dirtyBytesPerSecond = furiousBytesPerSecond;
  });
  for (const transfer of Object.values(core.state.transfers)) {
    const { purpose } = transfer;
    if (purpose.kind === 'migration' && core.state.nature[purpose.migration.id]?.name === vm) {
      transfer.dirtyBytesPerSecond = furiousBytesPerSecond;
      share(core, transfer);
    }
  }
}
