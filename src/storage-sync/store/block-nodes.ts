import { isRecord } from '../qmp/message.js';
import type { Qmp } from '../qmp/qmp.js';
import { QmpError } from '../qmp/qmp-error.js';
import { layerFile, layerNode } from './layout.js';
import { activeDisks, incoming, type ReplicaState } from './replica-state.js';
import type { Seat } from './seat.js';

/** Block nodes that the daemon has, by name. */
export async function nodesOf(qmp: Qmp, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const nodes = await qmp.execute('query-named-block-nodes', { flat: true }, signal);
  return new Set(records(nodes).map((node) => String(node['node-name'])));
}

/** Opens every layer that counts and is not open, oldest first, and closes those that count no longer, newest first. */
export async function openLayers(seat: Seat, qmp: Qmp, state: ReplicaState): Promise<void> {
  const open = await nodesOf(qmp, seat.signal);
  for (const disk of activeDisks(state)) {
    for (const [index, layer] of disk.layers.entries()) {
      const below = disk.layers[index - 1];
      if (!open.has(layerNode(disk.target, layer))) {
        await openLayer(seat, qmp, {
          target: disk.target,
          layer,
          below: below === undefined ? null : layerNode(disk.target, below),
          isWritable: layer === incoming(disk),
        });
      }
    }
  }
}

/** Closes the layers of the daemon that count no longer, newest first. */
export async function closeLayers(seat: Seat, qmp: Qmp, state: ReplicaState): Promise<void> {
  const wanted = new Set(
    activeDisks(state).flatMap(({ target, layers }) => layers.map((layer) => layerNode(target, layer))),
  );
  const open = [...(await nodesOf(qmp, seat.signal))];
  const surplus = open.filter((node) => !node.endsWith('.file') && !wanted.has(node));
  const number = (node: string): number => Number(node.split('.')[1]) || 0;
  for (const node of surplus.toSorted((one, other) => number(other) - number(one))) {
    await qmp.execute('blockdev-del', { 'node-name': node }, seat.signal);
  }
}

export interface LayerOpening {
  readonly target: string;
  readonly layer: number;
  /** The node below; null for the base, and for a layer that `blockdev-snapshot` puts above another. */
  readonly below: string | null;
  readonly isWritable: boolean;
}

/**
 * Opens one layer. Its file is read and written past the host's page cache where the file system allows it: what a
 * replica receives is not read again soon, and would push out what the host's VMs need; a flush reaches the disk either
 * way. Requests go to threads, since io_submit blocks while a sparse file grows. Zeroes are written as they were sent.
 *
 * The base alone turns written zeroes into holes: a merge writes the zeroes of newer layers out, and would fill it.
 */
export async function openLayer(seat: Seat, qmp: Qmp, opening: LayerOpening): Promise<void> {
  try {
    await qmp.execute('blockdev-add', nodeOptions(seat, opening, true), seat.signal);
  } catch (error) {
    if (!(error instanceof QmpError) || error.code !== 'refused') {
      throw error;
    }
    // Some file systems, as tmpfs, cannot go past the cache; any other mistake fails again.
    await qmp.execute('blockdev-add', nodeOptions(seat, opening, false), seat.signal);
  }
}

function nodeOptions(seat: Seat, { target, layer, below, isWritable }: LayerOpening, isDirect: boolean) {
  const name = layerNode(target, layer);
  const cache = { direct: isDirect, 'no-flush': false };
  return {
    driver: 'qcow2',
    'node-name': name,
    'read-only': !isWritable,
    discard: 'unmap',
    ...(layer === 0 ? { 'detect-zeroes': 'unmap' } : {}),
    cache,
    backing: below,
    file: {
      driver: 'file',
      'node-name': `${name}.file`,
      filename: `${seat.folder}/${layerFile(target, layer)}`,
      'auto-read-only': true,
      discard: 'unmap',
      aio: 'threads',
      cache,
    },
  };
}

export function records(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
