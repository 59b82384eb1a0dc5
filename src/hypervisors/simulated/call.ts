import type { FenceDevice } from '../../model/estate.js';
import type { Failure } from '../../model/failure.js';
import type { Place } from '../../model/place.js';
import type { ReadyCheck } from '../../model/runbook.js';
import type { Notice } from '../../notifiers/notifier.js';
import type { CycleRequest, OverlayRequest, PointChoice } from '../../storage-sync/replicas.js';
import type { ShellCommand } from '../host-shell.js';
import type { Carrying, Migration, VmDefinition } from '../hypervisor.js';

/** What a port asks of the world, as data: it is on its way, and arrives even when the process that asked has died. */
export type Request =
  | HypervisorRequest
  | ReplicasRequest
  | { readonly port: 'shell'; readonly method: 'run'; readonly command: ShellCommand }
  | { readonly port: 'fencer'; readonly method: 'off' | 'status'; readonly host: string; readonly device: FenceDevice }
  | {
      readonly port: 'prober';
      readonly method: 'vm';
      readonly host: string;
      readonly id: string;
      readonly name: string;
      readonly check: ReadyCheck;
    }
  | { readonly port: 'notifier'; readonly method: 'send'; readonly notice: Notice };

interface OnVm<Method> {
  readonly method: Method;
  readonly host: string;
  readonly id: string;
}

export type HypervisorRequest = { readonly port: 'hypervisor' } & (
  | { readonly method: 'host'; readonly host: string }
  | OnVm<'vm'>
  | OnVm<'undefine'>
  | OnVm<'start'>
  | OnVm<'shutdown'>
  | OnVm<'destroy'>
  | { readonly method: 'define'; readonly host: string; readonly definition: VmDefinition }
  | { readonly method: 'setAutostart'; readonly host: string; readonly id: string; readonly isOn: boolean }
  | { readonly method: 'migrate'; readonly migration: Migration }
  | { readonly method: 'carry'; readonly carrying: Carrying }
  | { readonly method: 'prospect'; readonly source: string; readonly target: string }
  | { readonly method: 'dirtyRates'; readonly host: string }
  | { readonly method: 'migrationState'; readonly id: string; readonly source: string; readonly target: string }
  | { readonly method: 'cordon'; readonly host: string; readonly isCordoned: boolean }
);

export type ReplicasRequest = { readonly port: 'replicas' } & (
  | { readonly method: 'list' | 'carried'; readonly site: string }
  | { readonly method: 'find'; readonly vm: string; readonly at: Place }
  | { readonly method: 'sync' | 'reverse'; readonly vm: string; readonly from: Place; readonly to: Place }
  /** The rate is a figure here: nobody asks before each byte. */
  | { readonly method: 'cycle' | 'prove'; readonly cycle: Omit<CycleRequest, 'rate'> }
  | { readonly method: 'check'; readonly vm: string; readonly at: Place }
  | {
      readonly method: 'promote';
      readonly vm: string;
      readonly at: Place;
      readonly choice: PointChoice;
      readonly runId: string;
    }
  | { readonly method: 'promoted'; readonly vm: string; readonly at: Place; readonly runId: string }
  | { readonly method: 'createOverlay'; readonly overlay: OverlayRequest }
  | {
      readonly method: 'overlay' | 'removeOverlay' | 'mergeOverlay';
      readonly vm: string;
      readonly host: string;
      readonly key: string;
    }
);

/** What came of a request: a value (absent for `void` and `undefined`) or a failure, and the time it took. */
export type Outcome = { readonly tookMs?: number } & ({ readonly value?: unknown } | { readonly failure: Failure });

/** A call that has not been answered yet. */
export interface Call {
  readonly id: number;
  readonly request: Request;
  /** Which call of its port's method it is, from 1. */
  readonly nth: number;
  isWorking: boolean;
  /** What a scripted fault has in store for it. */
  fate?: 'call-hangs' | 'reply-lost' | 'call-refused';
  /** What it waits for, when that takes time. */
  waitsFor?: { readonly transfer: number; readonly isProof?: true } | { readonly off: string; readonly host: string };
  /** Whether nobody awaits it any more. What it set going goes on. */
  isForsaken: boolean;
}

/** Whom the call asks: a host, a site, the fence device of a host, or the controller itself. */
export function askedOf(
  request: Request,
): { readonly host: string } | { readonly site: string } | 'fence' | 'controller' {
  switch (request.port) {
    case 'hypervisor':
      return askedOfHypervisor(request);
    case 'replicas':
      return askedOfReplicas(request);
    case 'shell':
      return request.command.on === 'controller' ? 'controller' : { host: request.command.on };
    case 'fencer':
      return 'fence';
    case 'prober':
      return { host: request.host };
    case 'notifier':
      return 'controller';
  }
}

function askedOfHypervisor(request: HypervisorRequest): ReturnType<typeof askedOf> {
  switch (request.method) {
    case 'migrate':
      return { host: request.migration.source };
    case 'carry':
      return { host: request.carrying.source };
    case 'prospect':
    case 'migrationState':
      return 'controller';
    default:
      return { host: request.host };
  }
}

function askedOfReplicas(request: ReplicasRequest): ReturnType<typeof askedOf> {
  switch (request.method) {
    case 'list':
    case 'carried':
      return { site: request.site };
    case 'sync':
    case 'reverse':
      return { host: request.to.host };
    case 'cycle':
    case 'prove':
      return { host: request.cycle.to.host };
    case 'find':
    case 'check':
    case 'promote':
    case 'promoted':
      return { host: request.at.host };
    case 'createOverlay':
      return { host: request.overlay.host };
    default:
      return { host: request.host };
  }
}

const looks: ReadonlySet<string> = new Set([
  'host',
  'vm',
  'migrationState',
  'prospect',
  'dirtyRates',
  'list',
  'find',
  'carried',
  'check',
  'promoted',
  'overlay',
  'status',
]);

/** Whether the call may change something, so that a lost answer leaves its outcome unknown. */
export function isChange(request: Request): boolean {
  return !looks.has(request.method);
}
