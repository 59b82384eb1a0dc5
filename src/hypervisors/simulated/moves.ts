import type { Storage, VmDefinition } from '../hypervisor.js';
import type { Core } from './core.js';
import { copiesOf } from './holdings.js';
import type { Transfer } from './transfer.js';
import type { HostState } from './world-state.js';

/** How often a caller hears how far a transfer is, ms. */
export const progressEveryMs = 1_000;

/** Whether the transfer brings this VM to another host. */
export function isMoveOf({ purpose }: Transfer, id: string): boolean {
  return (
    (purpose.kind === 'migration' && purpose.migration.id === id) ||
    (purpose.kind === 'carry' && purpose.carrying.id === id)
  );
}

/** The VM as the target will know it: the same networks by their names there. */
export function atSite(core: Core, definition: VmDefinition, from: HostState, to: HostState): VmDefinition {
  const names = core.state.estate.sites[from.site]?.networks ?? {};
  const there = core.state.estate.sites[to.site]?.networks ?? {};
  const networks = definition.networks.map((network) => {
    const logical = Object.keys(names).find((name) => names[name] === network);
    return (logical === undefined ? undefined : there[logical]) ?? network;
  });
  return { ...definition, networks };
}

/** The VM's replicas follow it to its new host; one that it has moved onto is written to by nobody else any more. */
export function followMove(
  core: Core,
  {
    id,
    source,
    target,
    copyStorage,
  }: Storage & { readonly id: string; readonly source: string; readonly target: string },
): void {
  for (const copy of copiesOf(core, id)) {
    if (copy.source === source && copy.host !== target) {
      copy.source = target;
    } else if (copy.host === target && copyStorage === 'overlay') {
      copy.isClosed = true;
      copy.isLive = false;
    }
  }
}

/** Under which the result of a migration is remembered. */
export function resultKey(id: string, source: string, target: string): string {
  return `${id} ${source} ${target}`;
}
