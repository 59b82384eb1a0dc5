import type { Finding } from '../model/finding.js';
import type { PlanConflict } from '../model/plan.js';
import type { Group, Runbook, Selector } from '../model/runbook.js';
import { conflict, warning } from './conflict.js';
import { compileGlob, prefixOf } from './glob.js';
import { suggest } from './suggest.js';

/** What of a VM selectors can ask for. */
export interface Selectable {
  readonly name: string;
  readonly tags: readonly string[];
}

export interface Selection<Vm extends Selectable> {
  /** In the order of the runbook, each with its VMs by name. */
  readonly groups: readonly { readonly group: Group; readonly vms: readonly Vm[] }[];
  /** VMs that two groups ask for. */
  readonly conflicts: readonly PlanConflict[];
  /** A conflict for each plain name that no VM has. The caller decides: when a site is lost, what cannot be seen must not stop the rest. */
  readonly unmatched: readonly PlanConflict[];
  /** Globs and tags that match nothing. */
  readonly findings: readonly Finding[];
}

/** Suggestions cost a look at all names, so that only so many are given. */
const suggestionsMax = 20;

/** Which VMs each group of the runbook asks for. Names of VMs are unique in `vms`. */
export function select<Vm extends Selectable>(runbook: Runbook, vms: readonly Vm[]): Selection<Vm> {
  const index = indexOf(vms);
  const owners = new Map<string, string>();
  const conflicts: PlanConflict[] = [];
  const unmatched: PlanConflict[] = [];
  const findings: Finding[] = [];
  const groups = runbook.groups.map((group, groupIndex) => {
    const chosen = new Map<string, Vm>();
    group.vms.forEach((selector, selectorIndex) => {
      const path = `/groups/${groupIndex}/vms/${selectorIndex}`;
      const matched = index.match(selector);
      if (matched.length === 0 && 'name' in selector) {
        const name = unmatched.length < suggestionsMax ? suggest(selector.name, index.names) : undefined;
        unmatched.push(unmatchedName({ name: selector.name, group: group.name, path, nearestName: name }));
      } else if (matched.length === 0) {
        findings.push(
          warning('selector-empty', group.name, `${textOf(selector)} of group ${group.name} matches no VM`),
        );
      }
      for (const vm of matched) {
        const owner = owners.get(vm.name);
        if (owner === undefined) {
          owners.set(vm.name, group.name);
          chosen.set(vm.name, vm);
        } else if (owner !== group.name) {
          conflicts.push(
            conflict('invalid', {
              code: 'vm-in-two-groups',
              subject: vm.name,
              message: `${vm.name} is in group ${owner} and, by ${textOf(selector)}, in group ${group.name}`,
              hint: 'let one group only ask for it',
              path,
            }),
          );
        }
      }
    });
    return { group, vms: [...chosen.values()] };
  });
  return { groups, conflicts, unmatched, findings };
}

/** The VMs that each list of selectors names together, as keep-apart and keep-together need them. */
export function selectSets(
  sets: readonly (readonly Selector[])[],
  vms: readonly Selectable[],
): readonly (readonly string[])[] {
  if (sets.length === 0) {
    return [];
  }
  const index = indexOf(vms);
  return sets.map((selectors) => [...new Set(selectors.flatMap((selector) => index.match(selector).map(nameOf)))]);
}

function indexOf<Vm extends Selectable>(vms: readonly Vm[]) {
  const byName = new Map(vms.map((vm) => [vm.name, vm]));
  const byTag = new Map<string, Vm[]>();
  for (const vm of vms) {
    for (const tag of vm.tags) {
      const tagged = byTag.get(tag);
      if (tagged === undefined) {
        byTag.set(tag, [vm]);
      } else {
        tagged.push(vm);
      }
    }
  }
  let inOrder: readonly Vm[] | undefined;
  const sorted = (): readonly Vm[] => {
    inOrder ??= vms.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return inOrder;
  };
  const match = (selector: Selector): readonly Vm[] => {
    if ('name' in selector) {
      const vm = byName.get(selector.name);
      return vm === undefined ? [] : [vm];
    }
    if ('tag' in selector) {
      return byTag.get(selector.tag) ?? [];
    }
    return matching(sorted(), selector.glob);
  };
  return { names: [...byName.keys()], match };
}

/** Only names that begin as the glob does are looked at, so that hundreds of globs over thousands of names cost little. */
function matching<Vm extends Selectable>(sorted: readonly Vm[], glob: string): readonly Vm[] {
  const prefix = prefixOf(glob);
  const isMatch = compileGlob(glob);
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.name ?? '') < prefix) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const found: Vm[] = [];
  for (let vm = sorted[low]; vm?.name.startsWith(prefix) === true; vm = sorted[low]) {
    if (isMatch(vm.name)) {
      found.push(vm);
    }
    low += 1;
  }
  return found;
}

function unmatchedName(about: {
  readonly name: string;
  readonly group: string;
  readonly path: string;
  readonly nearestName: string | undefined;
}): PlanConflict {
  const { name, group, path, nearestName } = about;
  return conflict('invalid', {
    code: 'vm-unknown',
    subject: name,
    message: `group ${group} asks for ${name}, which is no VM here`,
    hint: nearestName === undefined ? undefined : `did you mean ${nearestName}?`,
    path,
  });
}

/** As its author wrote it. */
function textOf(selector: Selector): string {
  if ('name' in selector) {
    return `name ${selector.name}`;
  }
  return 'glob' in selector ? `glob ${selector.glob}` : `tag ${selector.tag}`;
}

function nameOf({ name }: Selectable): string {
  return name;
}
