import type { VmDefinition } from '../hypervisor.js';
import type { HostState } from './world-state.js';

/** What an observer outside has seen. It asks the hosts themselves, not the code that changes them. */
export interface Audit {
  readonly doubles: Double[];
  readonly effects: Effect[];
  readonly lostWrites: LostWrites[];
}

/** A time during which one VM was live on more than one host. */
export interface Double {
  readonly id: string;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly from: number;
  /** Absent while it lasts. */
  until?: number;
}

/** Something that was changed in the world, once for each time that it was. */
export interface Effect {
  readonly at: number;
  readonly kind: EffectKind;
  /** `call` somebody asked for it · `world` it happened by itself, such as a periodic sync or an autostart. */
  readonly by: 'call' | 'world';
  readonly host?: string;
  /** The VM's name. */
  readonly vm?: string;
  readonly detail?: string;
}

export type EffectKind =
  | 'autostart'
  | 'carry'
  | 'command'
  | 'cordon'
  | 'define'
  | 'fence-off'
  | 'merge'
  | 'migrate'
  | 'migrate-begin'
  | 'notice'
  | 'overlay'
  | 'overlay-removed'
  | 'promote'
  | 'reverse'
  | 'start'
  | 'stop'
  | 'sync-point'
  | 'undefine';

/** A VM was started on data older than what it had written elsewhere. */
export interface LostWrites {
  readonly at: number;
  readonly vm: string;
  readonly host: string;
  /** How much of what was written is missing, as time. */
  readonly lostMs: number;
}

/** What the observer looks at: every host, and on it every guest, or only those that may have changed, by their ids. */
export interface View {
  readonly hosts: readonly HostState[];
  readonly drillNetworks: ReadonlySet<string>;
  readonly changed?: ReadonlySet<string>;
}

/** Looks at every host and notes where a VM has become live twice, or has ceased to be. */
export function observe(audit: Audit, at: number, view: View): void {
  const seen = liveTwice(view);
  const isLookedAt = ({ id }: Double): boolean => view.changed?.has(id) !== false;
  for (const double of audit.doubles.filter(isLookedAt)) {
    if (double.until === undefined && seen.get(double.id)?.hosts.join() !== double.hosts.join()) {
      double.until = at;
    }
  }
  for (const [id, { name, hosts: where }] of seen) {
    if (!audit.doubles.some((double) => double.id === id && double.until === undefined)) {
      audit.doubles.push({ id, name, hosts: where, from: at });
    }
  }
}

/** Whether a guest runs as another VM on a network where that can be noticed: no clone of a drill may. */
export function isStray(host: HostState, definition: VmDefinition, drillNetworks: ReadonlySet<string>): boolean {
  return definition.cloneOf !== undefined && identityOf(host, definition, drillNetworks) !== undefined;
}

function liveTwice({ hosts, drillNetworks, changed }: View) {
  const first = new Map<string, string>();
  const twice = new Map<string, { readonly name: string; readonly hosts: string[] }>();
  for (const host of hosts.filter(({ isUp }) => isUp)) {
    const guests =
      changed === undefined ? Object.values(host.guests) : [...changed].flatMap((id) => host.guests[id] ?? []);
    for (const { definition, state } of guests) {
      const identity = state === 'running' ? identityOf(host, definition, drillNetworks) : undefined;
      const other = identity === undefined ? undefined : first.get(identity);
      if (identity !== undefined && other === undefined) {
        first.set(identity, host.name);
      } else if (identity !== undefined && other !== undefined) {
        const known = twice.get(identity)?.hosts ?? [other];
        twice.set(identity, { name: definition.name, hosts: [...known, host.name] });
      }
    }
  }
  return twice;
}

function identityOf(host: HostState, definition: VmDefinition, drillNetworks: ReadonlySet<string>): string | undefined {
  if (definition.cloneOf === undefined) {
    return definition.id;
  }
  const isIsolated = definition.networks.every((network) => drillNetworks.has(`${host.site}/${network}`));
  return isIsolated ? undefined : definition.cloneOf;
}
