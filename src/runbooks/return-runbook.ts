import type { Departure } from '../model/departure.js';
import { type Estate, hostsOf } from '../model/estate.js';
import type { Group, Limits, Policy, Runbook } from '../model/runbook.js';
import { policyForHost } from './host-runbook.js';

/**
 * The runbook of `return HOST`: the VMs that evacuations have moved away from the host, in the groups and within the
 * limits that they left by. `policies` are those of the evacuations' plans, by run; VMs of a run without one go by the
 * policy of `evacuate HOST`. Plan it with the same departures, in mode `return`. Undefined when the estate has no such host.
 */
export function runbookForReturn(returning: {
  readonly host: string;
  readonly estate: Estate;
  readonly departures: readonly Departure[];
  readonly policies: ReadonlyMap<string, Policy>;
}): Runbook | undefined {
  const { host, estate, departures, policies } = returning;
  const site = hostsOf(estate)[host]?.site;
  if (site === undefined) {
    return undefined;
  }
  const runs = [...new Set(departures.map(({ runId }) => runId))];
  const parts = runs.map((runId) => {
    const vms = new Set(departures.filter((departure) => departure.runId === runId).map(({ vm }) => vm));
    return partOf(policies.get(runId) ?? policyForHost, vms);
  });
  const isSeveral = parts.length > 1;
  return {
    name: `return-${host}`,
    protect: { from: { site: departures[0]?.to.site ?? site }, to: { site, host } },
    objectives: {},
    groups: parts.flatMap(({ groups }, index) => (isSeveral ? numbered(groups, index + 1) : groups)),
    keepApart: parts.flatMap(({ keepApart }) => keepApart),
    keepTogether: parts.flatMap(({ keepTogether }) => keepTogether),
    limits: parts.map(({ limits }) => limits).reduce(strictest, parts[0]?.limits ?? policyForHost.limits),
    steps: [],
    triggers: [],
    guard: 'normal',
  };
}

/** The policy for these VMs alone: each in its group, by its name; those that no group names in one of their own. */
function partOf(policy: Policy, vms: ReadonlySet<string>): Policy {
  const left = new Set(vms);
  const named = policy.groups.map((group): Group => {
    const own = group.vms.filter((selector) => 'name' in selector && left.delete(selector.name));
    return { ...group, vms: own };
  });
  const [other] = policyForHost.groups;
  const rest = other === undefined || left.size === 0 ? [] : [{ ...other, vms: [...left].map((name) => ({ name })) }];
  const groups = [...named.filter((group) => group.vms.length > 0), ...rest];
  const names = new Set(groups.map(({ name }) => name));
  return {
    ...policy,
    groups: groups.map((group) => ({ ...group, after: group.after.filter((name) => names.has(name)) })),
  };
}

/** Groups of several evacuations may have the same names. */
function numbered(groups: readonly Group[], number: number): readonly Group[] {
  const renamed = (name: string): string => `${name}-${number}`;
  return groups.map((group) => ({ ...group, name: renamed(group.name), after: group.after.map(renamed) }));
}

function strictest(one: Limits, other: Limits): Limits {
  const least = (of: (limits: Limits) => number | undefined): number =>
    Math.min(of(one) ?? Number.POSITIVE_INFINITY, of(other) ?? Number.POSITIVE_INFINITY);
  const perRun = least((limits) => limits.perRun);
  const bytesPerSecond = least((limits) => limits.bytesPerSecond);
  return {
    perHost: least(({ perHost }) => perHost),
    perLink: least(({ perLink }) => perLink),
    ...(Number.isFinite(perRun) ? { perRun } : {}),
    ...(Number.isFinite(bytesPerSecond) ? { bytesPerSecond } : {}),
  };
}
