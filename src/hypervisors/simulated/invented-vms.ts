import type { Runbook, Selector } from '../../model/runbook.js';

/** What a world is invented from: the parts of a runbook that name VMs and say where they are. */
export type WorldRunbook = Pick<Runbook, 'protect' | 'groups'>;

export interface InventedVm {
  readonly name: string;
  readonly tags: readonly string[];
  readonly group: WorldRunbook['groups'][number];
  readonly protect: WorldRunbook['protect'];
}

/** How many VMs a glob with a star, and a tag, stand for. */
const perGlob = 3;
const perTag = 2;

/**
 * VMs that the selectors of the runbooks would find: one for a plain name, three for a glob with a star, two for a tag.
 * Each name once, for the first selector that asks for it.
 */
export function inventVms(runbooks: readonly WorldRunbook[]): readonly InventedVm[] {
  const vms = new Map<string, InventedVm>();
  for (const { groups, protect } of runbooks) {
    const all = groups.flatMap((group) => group.vms.map((selector) => ({ selector, group })));
    const plainFirst = [
      ...all.filter(({ selector }) => 'name' in selector),
      ...all.filter((one) => !('name' in one.selector)),
    ];
    for (const { selector, group } of plainFirst) {
      for (const { name, tags } of namesOf(selector)) {
        if (!vms.has(name)) {
          vms.set(name, { name, tags, group, protect });
        }
      }
    }
  }
  return [...vms.values()];
}

function namesOf(selector: Selector): readonly { readonly name: string; readonly tags: readonly string[] }[] {
  if ('name' in selector) {
    return [{ name: selector.name, tags: [] }];
  }
  if ('tag' in selector) {
    const base = (selector.tag.split('=')[1] ?? selector.tag).replaceAll(/[^A-Za-z0-9-]/g, '-');
    return numbers(perTag).map((number) => ({ name: `tagged-${base}-${number}`, tags: [selector.tag] }));
  }
  const once = selector.glob.replaceAll('?', '1').replaceAll(/\[!?([^\]])[^\]]*\]/g, '$1');
  return once.includes('*')
    ? numbers(perGlob).map((number) => ({ name: fill(once, number), tags: [] }))
    : [{ name: once, tags: [] }];
}

function fill(glob: string, number: number): string {
  const name = glob.replace('*', String(number)).replaceAll('*', '');
  return /^\d+$/.test(name) ? `vm-${name}` : name;
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
