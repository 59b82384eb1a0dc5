import type { Finding } from '../model/finding.js';
import type { Room } from './capacity.js';
import { listed, warning } from './conflict.js';

/** A keep-apart or keep-together rule while VMs are placed. */
export interface Rule {
  readonly kind: 'apart' | 'together';
  /** Memory that the VMs still to be placed need together. */
  leftBytes: number;
  /** How many of the rule's VMs each host has. */
  readonly counts: Map<string, number>;
}

/** How many of the rule's VMs would be wrong with one more here: a first one is wrong where the others will not fit. */
export function bending({ kind, counts, leftBytes }: Rule, { host, memoryLeftBytes }: Room): number {
  const here = counts.get(host) ?? 0;
  if (kind === 'apart') {
    return here;
  }
  return here > 0 || (counts.size === 0 && leftBytes <= memoryLeftBytes) ? 0 : 1;
}

/** Rules that the placement does not hold; those only of VMs that were there before are not its business. */
export function brokenRules(
  rules: {
    readonly apart: readonly (readonly string[])[];
    readonly together: readonly (readonly string[])[];
    readonly residents: ReadonlyMap<string, string>;
  },
  hosts: ReadonlyMap<string, string>,
): readonly Finding[] {
  const hostOf = (vm: string): string | undefined => hosts.get(vm) ?? rules.residents.get(vm);
  const findings: Finding[] = [];
  for (const vms of rules.apart) {
    for (const [host, sharing] of byHost(vms, hostOf)) {
      if (sharing.length > 1 && sharing.some((vm) => hosts.has(vm))) {
        findings.push(
          warning(
            'keep-apart-broken',
            host,
            `${listed(sharing)} are to be kept apart, but only ${host} has a place for them`,
          ),
        );
      }
    }
  }
  for (const vms of rules.together) {
    const found = byHost(vms, hostOf);
    if (found.size > 1 && vms.some((vm) => hosts.has(vm))) {
      const where = [...found].map(([host, some]) => `${listed(some)} on ${host}`);
      findings.push(
        warning('keep-together-broken', vms[0] ?? '', `VMs that are to be kept together are not: ${listed(where)}`),
      );
    }
  }
  return findings;
}

function byHost(
  vms: readonly string[],
  hostOf: (vm: string) => string | undefined,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const vm of vms) {
    const host = hostOf(vm);
    const sharing = host === undefined ? undefined : found.get(host);
    if (sharing !== undefined) {
      sharing.push(vm);
    } else if (host !== undefined) {
      found.set(host, [vm]);
    }
  }
  return found;
}
