import type { Call, HypervisorRequest, Outcome, ReplicasRequest } from './call.js';
import { carry } from './carries.js';
import { runCommand } from './commands.js';
import { check, copyAt, replicaOf } from './copies.js';
import { type Core, guestsChanged, note } from './core.js';
import { prove, replicate } from './cycles.js';
import { failed } from './failures.js';
import { define, requestShutdown, start, stop, undefine, vmFacts } from './guests.js';
import { cutPower, hostFacts } from './hosts.js';
import { migrate, migrationState } from './migrations.js';
import { isReachable } from './network.js';
import { createOverlay, mergeOverlay, overlayDisks, promote, promoted, removeOverlay } from './overlays.js';
import { probe } from './probes.js';
import { dirtyRates, prospect } from './prospects.js';
import { reverse, sync } from './syncs.js';
import type { HostState } from './world-state.js';

/** Does what a call asks. Undefined when the answer comes later. */
export function perform(core: Core, call: Call): Outcome | undefined {
  const { request } = call;
  switch (request.port) {
    case 'hypervisor':
      return performHypervisor(core, call, request);
    case 'replicas':
      return performReplicas(core, call, request);
    case 'shell':
      return runCommand(core, request.command);
    case 'fencer':
      return performFencer(core, request.method, request.host);
    case 'prober':
      return { value: probe(core, request) };
    case 'notifier':
      note(core, 'notice', { detail: `${request.notice.runId} ${request.notice.event}` });
      return { tookMs: 50 };
  }
}

function performHypervisor(core: Core, call: Call, request: HypervisorRequest): Outcome | undefined {
  if (request.method === 'migrationState') {
    return { value: migrationState(core, request.id, request.source, request.target), tookMs: 2 };
  }
  if (request.method === 'prospect') {
    return prospect(core, request.source, request.target);
  }
  const name = hostOf(request);
  const host = core.state.hosts[name];
  if (host === undefined) {
    return failed('host-not-found', 'permanent', `There is no host ${name}`, 'Name one of the estate');
  }
  switch (request.method) {
    case 'host':
      return {
        value: { facts: hostFacts(core, host), vms: Object.values(host.guests).map((vm) => vmFacts(core, host, vm)) },
      };
    case 'vm':
      return factsOf(core, host, request.id);
    case 'define':
      return define(core, host, request.definition);
    case 'undefine':
      return undefine(core, host, request.id);
    case 'dirtyRates':
      return dirtyRates(core, host);
    case 'migrate':
      return migrate(core, call, request.migration);
    case 'carry':
      return carry(core, call, request.carrying);
    case 'cordon':
      return cordon(core, host, request.isCordoned);
    case 'start':
    case 'shutdown':
    case 'destroy':
    case 'setAutostart':
      return performOnGuest(core, call, host, request);
  }
}

/** The host that is asked: of a move, its source. */
function hostOf(request: Exclude<HypervisorRequest, { method: 'migrationState' | 'prospect' }>): string {
  switch (request.method) {
    case 'migrate':
      return request.migration.source;
    case 'carry':
      return request.carrying.source;
    default:
      return request.host;
  }
}

function factsOf(core: Core, host: HostState, id: string): Outcome {
  const guest = host.guests[id];
  return guest === undefined ? {} : { value: vmFacts(core, host, guest) };
}

function cordon(core: Core, host: HostState, isCordoned: boolean): Outcome {
  if (host.isCordoned !== isCordoned) {
    host.isCordoned = isCordoned;
    note(core, 'cordon', { host: host.name, detail: isCordoned ? 'on' : 'off' });
  }
  return {};
}

type GuestRequest = Extract<HypervisorRequest, { method: 'start' | 'shutdown' | 'destroy' | 'setAutostart' }>;

function performOnGuest(core: Core, call: Call, host: HostState, request: GuestRequest): Outcome | undefined {
  const guest = host.guests[request.id];
  if (guest === undefined) {
    return failed('vm-not-found', 'permanent', `Host ${host.name} has no VM ${request.id}`, 'Look where it is');
  }
  switch (request.method) {
    case 'start':
      return start(core, host, guest);
    case 'shutdown':
      if (guest.state === 'shut-off') {
        return {};
      }
      if (guest.arrivesBy !== undefined) {
        return failed('vm-running', 'precondition', `A migration brings it to ${host.name}`, 'Wait for its end');
      }
      requestShutdown(core, host, guest);
      call.waitsFor = { off: request.id, host: host.name };
      return undefined;
    case 'destroy':
      if (guest.state !== 'shut-off') {
        stop(core, host, guest);
      }
      return { tookMs: 100 };
    case 'setAutostart':
      return setAutostart(core, host, request);
  }
}

function setAutostart(core: Core, host: HostState, { id, isOn }: { id: string; isOn: boolean }): Outcome {
  const guest = host.guests[id];
  if (guest !== undefined && (guest.isBlocked === isOn || guest.definition.hasAutostart !== isOn)) {
    guest.definition = { ...guest.definition, hasAutostart: isOn };
    guest.isBlocked = !isOn;
    note(core, 'autostart', { host: host.name, vm: guest.definition.name, detail: isOn ? 'on' : 'off' });
  }
  return {};
}

function performReplicas(core: Core, call: Call, request: ReplicasRequest): Outcome | undefined {
  switch (request.method) {
    case 'list':
      return { value: copiesAt(core, request.site).map((copy) => replicaOf(core, copy)) };
    case 'find': {
      const copy = copyAt(core, request.vm, request.at.host);
      return copy === undefined ? {} : { value: replicaOf(core, copy) };
    }
    case 'carried':
      return { value: copiesAt(core, request.site).flatMap(({ points }) => points.at(-1)?.carries ?? []) };
    case 'sync':
      return sync(core, call, request);
    case 'cycle':
      return replicate(core, call, request.cycle);
    case 'prove':
      return prove(core, call, request.cycle);
    case 'check':
      return check(core, request.vm, request.at.host);
    case 'reverse':
      return reverse(core, call, request);
    case 'promote':
      return promote(core, request.vm, request.at.host, request.choice, request.runId);
    case 'promoted':
      return { value: promoted(core, request.vm, request.at.host, request.runId) };
    case 'createOverlay':
      return createOverlay(core, request.overlay);
    case 'overlay':
      return { value: overlayDisks(core, request.vm, request.host, request.key) };
    case 'removeOverlay':
      return removeOverlay(core, request.vm, request.host, request.key);
    case 'mergeOverlay':
      return mergeOverlay(core, request.vm, request.host, request.key);
  }
}

function copiesAt(core: Core, site: string) {
  return Object.keys(core.state.copies)
    .toSorted()
    .flatMap((key) => core.state.copies[key] ?? [])
    .filter((copy) => copy.site === site && isReachable(core, core.state.hosts[copy.host] as HostState));
}

function performFencer(core: Core, method: 'off' | 'status', name: string): Outcome | undefined {
  const host = core.state.hosts[name];
  if (host === undefined) {
    return failed('fence-failed', 'permanent', `The fence agent knows no host ${name}`, 'Check its options');
  }
  switch (host.fence) {
    case 'hangs':
      return undefined;
    case 'fails':
      return failed(
        'fence-failed',
        'transient',
        `The fence agent of ${name} failed`,
        'Switch it off by hand and attest it',
      );
    case 'lies':
      return method === 'off' ? { tookMs: 2_000 } : { value: 'on', tookMs: 500 };
    case 'works':
      if (method === 'off') {
        cutPower(core, host);
        guestsChanged(core);
        return { tookMs: 2_000 };
      }
      return { value: host.hasPower ? 'on' : 'off', tookMs: 500 };
  }
}
