import type { Fencer } from '../../fencers/fencer.js';
import type { Prober } from '../../health/prober.js';
import { FailureError } from '../../model/failure.js';
import type { Notifier } from '../../notifiers/notifier.js';
import type { Replicas, SyncResult } from '../../storage-sync/replicas.js';
import type { HostShell } from '../host-shell.js';
import type { Hypervisor } from '../hypervisor.js';
import { ask } from './calls.js';
import type { Core } from './core.js';

/** Every port of the world. Each method sends its request into the world and waits for what comes back. */
export interface WorldPorts {
  readonly hypervisor: Hypervisor;
  readonly shell: HostShell;
  readonly replicas: Replicas;
  readonly fencer: Fencer;
  readonly prober: Prober;
  readonly notifier: Notifier;
}

export function portsOf(core: Core): WorldPorts {
  return {
    hypervisor: hypervisorOf(core),
    shell: { run: (command, signal) => ask(core, { port: 'shell', method: 'run', command }, signal) },
    replicas: replicasOf(core),
    fencer: {
      off: (host, device, signal) => ask(core, { port: 'fencer', method: 'off', host, device }, signal),
      status: (host, device, signal) => ask(core, { port: 'fencer', method: 'status', host, device }, signal),
    },
    prober: proberOf(core),
    notifier: { send: (notice, signal) => ask(core, { port: 'notifier', method: 'send', notice }, signal) },
  };
}

function hypervisorOf(core: Core): Hypervisor {
  const port = 'hypervisor';
  return {
    host: (host, signal) => ask(core, { port, method: 'host', host }, signal),
    vm: (host, id, signal) => ask(core, { port, method: 'vm', host, id }, signal),
    define: (host, definition, signal) => ask(core, { port, method: 'define', host, definition }, signal),
    undefine: (host, id, signal) => ask(core, { port, method: 'undefine', host, id }, signal),
    start: (host, id, signal) => ask(core, { port, method: 'start', host, id }, signal),
    shutdown: (host, id, signal) => ask(core, { port, method: 'shutdown', host, id }, signal),
    destroy: (host, id, signal) => ask(core, { port, method: 'destroy', host, id }, signal),
    setAutostart: (host, id, isOn, signal) => ask(core, { port, method: 'setAutostart', host, id, isOn }, signal),
    migrate: (migration, signal, progress) => ask(core, { port, method: 'migrate', migration }, signal, progress),
    carry: (carrying, signal, progress) => ask(core, { port, method: 'carry', carrying }, signal, progress),
    prospect: (source, target, signal) => ask(core, { port, method: 'prospect', source, target }, signal),
    dirtyRates: async (host, signal) => {
      const rates = await ask<Readonly<Record<string, number>>>(core, { port, method: 'dirtyRates', host }, signal);
      return new Map(Object.entries(rates));
    },
    migrationState: (id, source, target, signal) =>
      ask(core, { port, method: 'migrationState', id, source, target }, signal),
    cordon: (host, isCordoned, signal) => ask(core, { port, method: 'cordon', host, isCordoned }, signal),
  };
}

function replicasOf(core: Core): Replicas {
  const port = 'replicas';
  return {
    list: (site, signal) => ask(core, { port, method: 'list', site }, signal),
    find: (vm, at, signal) => ask(core, { port, method: 'find', vm, at }, signal),
    carried: (site, signal) => ask(core, { port, method: 'carried', site }, signal),
    async sync(vm, from, to, signal, progress) {
      const request = { port, method: 'sync', vm, from, to } as const;
      const { bytes, point } = await ask<SyncResult>(core, request, signal, progress);
      return { bytes, point };
    },
    cycle({ vm, from, to, replicate, bytesPerSecond }, signal, progress) {
      const cycle = { vm, from, to, replicate, ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }) };
      return ask(core, { port, method: 'cycle', cycle }, signal, progress);
    },
    prove({ vm, from, to, replicate, bytesPerSecond }, signal, progress) {
      const cycle = { vm, from, to, replicate, ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }) };
      return ask(core, { port, method: 'prove', cycle }, signal, progress);
    },
    check: (vm, at, signal) => ask(core, { port, method: 'check', vm, at }, signal),
    promote: (vm, at, choice, runId, signal) => ask(core, { port, method: 'promote', vm, at, choice, runId }, signal),
    promoted: (vm, at, runId, signal) => ask(core, { port, method: 'promoted', vm, at, runId }, signal),
    createOverlay: (overlay, signal) => ask(core, { port, method: 'createOverlay', overlay }, signal),
    overlay: (vm, host, key, signal) => ask(core, { port, method: 'overlay', vm, host, key }, signal),
    removeOverlay: (vm, host, key, signal) => ask(core, { port, method: 'removeOverlay', vm, host, key }, signal),
    mergeOverlay: (vm, host, key, signal) => ask(core, { port, method: 'mergeOverlay', vm, host, key }, signal),
    reverse: (vm, from, to, signal, progress) => ask(core, { port, method: 'reverse', vm, from, to }, signal, progress),
  };
}

function proberOf(core: Core): Prober {
  return {
    async vm({ host, id, name }, check, signal) {
      try {
        return await ask(core, { port: 'prober', method: 'vm', host, id, name, check }, signal);
      } catch (error) {
        if (!signal.aborted && error instanceof FailureError) {
          return { isHealthy: false, detail: error.message };
        }
        throw error;
      }
    },
  };
}
