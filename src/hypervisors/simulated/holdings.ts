import { type Copy, copyKey, type Overlay, overlayKey } from './copy.js';
import type { Core } from './core.js';
import type { WorldState } from './world-state.js';

/**
 * Where the copies of a VM and the layers over a copy are found without looking through those of thousands of others.
 * Made from the state when a world begins or is restored, and never saved. Copies and overlays come and go by the
 * functions of this file alone.
 */
export interface Holdings {
  /** Keys of copies, by the id of their VM. */
  readonly copies: Map<string, Set<string>>;
  /** Keys of overlays, by the key of the copy that they lie over. */
  readonly layers: Map<string, Set<string>>;
}

export function holdingsOf({ copies, overlays }: Pick<WorldState, 'copies' | 'overlays'>): Holdings {
  const holdings: Holdings = { copies: new Map(), layers: new Map() };
  for (const [key, { id }] of Object.entries(copies)) {
    addTo(holdings.copies, id, key);
  }
  for (const [key, { vm, host }] of Object.entries(overlays)) {
    addTo(holdings.layers, copyKey(vm, host), key);
  }
  return holdings;
}

export function keepCopy(core: Core, copy: Copy): void {
  const key = copyKey(copy.vm, copy.host);
  core.state.copies[key] = copy;
  addTo(core.holdings.copies, copy.id, key);
}

export function dropCopy(core: Core, vm: string, host: string): void {
  const key = copyKey(vm, host);
  core.holdings.copies.get(core.state.copies[key]?.id ?? '')?.delete(key);
  delete core.state.copies[key];
}

export function addOverlay(core: Core, overlay: Overlay): void {
  const key = overlayKey(overlay.vm, overlay.host, overlay.key);
  core.state.overlays[key] = overlay;
  addTo(core.holdings.layers, copyKey(overlay.vm, overlay.host), key);
}

export function dropOverlay(core: Core, { vm, host, key }: Overlay): void {
  core.holdings.layers.get(copyKey(vm, host))?.delete(overlayKey(vm, host, key));
  delete core.state.overlays[overlayKey(vm, host, key)];
}

/** The copies of a VM, by its id. */
export function copiesOf(core: Core, id: string): readonly Copy[] {
  return [...(core.holdings.copies.get(id) ?? [])].flatMap((key) => core.state.copies[key] ?? []);
}

/** The overlays over the points of a VM's copy on a host. */
export function layersOver(core: Core, vm: string, host: string): readonly Overlay[] {
  const keys = core.holdings.layers.get(copyKey(vm, host)) ?? [];
  return [...keys].flatMap((key) => core.state.overlays[key] ?? []);
}

function addTo(sets: Map<string, Set<string>>, name: string, key: string): void {
  const known = sets.get(name);
  if (known === undefined) {
    sets.set(name, new Set([key]));
  } else {
    known.add(key);
  }
}
