/**
 * Where things lie in the folder of one VM's replica, `<site.replicas>/<vm uuid>/`:
 *
 *     replica.json               what the layers are, and what is under way with them
 *     vda.base.qcow2             the oldest data
 *     vda.3.qcow2                a layer above it; the number only grows, and is the same for all disks of a point
 *     points/<point id>.json     a recovery point: which layer of each disk is its newest
 *     points/<point id>.xml      the VM's definition at that moment; also `.nvram` and `.tpm`
 *     pins/<run id>.json         a run needs a point
 *     overlays/<key>/            an overlay: `overlay.json` and an image for each disk
 *
 * Layers name their backing file relative to themselves, so the folder can be moved while there is no overlay: those name
 * it by its whole path, which is what libvirt calls the VM's disk by after a merge. A layer is never renamed: the storage
 * daemon has it open. What a file is when it ends in `.new`: not complete, never read, and written over.
 */
export const stateFile = 'replica.json';
export const pointsFolder = 'points';
export const pinsFolder = 'pins';
export const overlaysFolder = 'overlays';
export const overlayFile = 'overlay.json';

/** The layer below all others. */
export const baseLayer = 0;

/** Names of layers are node names of the daemon too: `vda.base`, `vda.3`. */
export function layerNode(target: string, layer: number): string {
  return `${target}.${layer === baseLayer ? 'base' : layer}`;
}

export function layerFile(target: string, layer: number): string {
  return `${layerNode(target, layer)}.qcow2`;
}

/** The target and number that a file name says; undefined for any other file. */
export function parseLayerFile(name: string): { readonly target: string; readonly layer: number } | undefined {
  const [, target, layer] = /^([a-z][a-z0-9]{0,15})\.(base|[1-9]\d{0,8})\.qcow2$/.exec(name) ?? [];
  return target === undefined ? undefined : { target, layer: layer === 'base' ? baseLayer : Number(layer) };
}

/** Targets and point ids become parts of file names and node names, so they are held to letters that mean nothing there. */
export function isTarget(text: string): boolean {
  return /^[a-z][a-z0-9]{0,15}$/.test(text);
}

export function isPointId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text);
}

/** libvirt's form of a UUID. */
export function isVmId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

/** A file name for any key or run id; two keys never share one. Undefined when it would be longer than a file system takes. */
export function nameFor(key: string): string | undefined {
  const name = encodeURIComponent(key).replaceAll('.', '%2E');
  return name.length > 0 && name.length <= 200 ? name : undefined;
}
