import { createHash } from 'node:crypto';
import { FailureError } from '../../model/failure.js';
import type { Qmp } from '../qmp/qmp.js';
import { QmpError } from '../qmp/qmp-error.js';
import { records } from './block-nodes.js';
import { layerNode } from './layout.js';
import { activeDisks, incoming, type ReplicaState } from './replica-state.js';
import { nbdSocket, type Seat } from './seat.js';

/**
 * Where the daemon listens for NBD. One place at a time, since QEMU has one NBD server in a process; and one writer at a
 * time is all that a replica may have. `unix` is for the controller, through the host's socket; `tcp` for a source's
 * mirror. Names of exports are the targets, with `prefix` before them.
 */
export type Listening =
  | { readonly kind: 'unix'; readonly prefix?: string }
  | { readonly kind: 'tcp'; readonly address: string; readonly port: number; readonly prefix?: string };

export interface Export {
  readonly target: string;
  readonly name: string;
  readonly sizeBytes: number;
}

export function exportName({ prefix = '' }: Listening, target: string): string {
  return `${prefix}${target}`;
}

/** The layer's node that each export of the daemon writes to, by export id. */
export async function exportsOf(qmp: Qmp, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const all = records(await qmp.execute('query-block-exports', {}, signal));
  return new Map(all.map((each) => [String(each['id']), String(each['node-name'])]));
}

/** Exports the incoming layer of every disk, writable, there and nowhere else. What is as it should be is left running. */
export async function serve(seat: Seat, qmp: Qmp, state: ReplicaState, listening: Listening): Promise<void> {
  const wanted = new Map(
    activeDisks(state).map((disk) => [exportId(listening, disk.target), layerNode(disk.target, incoming(disk))]),
  );
  const present = await exportsOf(qmp, seat.signal);
  const isRight =
    present.size === wanted.size && [...wanted].every(([id, node]) => present.get(id) === node) && wanted.size > 0;
  if (isRight) {
    return;
  }
  await endServing(seat, qmp);
  await listen(seat, qmp, listening);
  for (const disk of activeDisks(state)) {
    const add = {
      type: 'nbd',
      id: exportId(listening, disk.target),
      'node-name': layerNode(disk.target, incoming(disk)),
      name: exportName(listening, disk.target),
      writable: true,
    };
    await qmp.execute('block-export-add', add, seat.signal);
  }
}

/** Ends all exports when one of them writes to what is no incoming layer any more, as after a disk has gone. */
export async function endStrayExports(seat: Seat, qmp: Qmp, state: ReplicaState): Promise<void> {
  const wanted = new Set(activeDisks(state).map((disk) => layerNode(disk.target, incoming(disk))));
  if ([...(await exportsOf(qmp, seat.signal)).values()].some((node) => !wanted.has(node))) {
    await endServing(seat, qmp);
  }
}

/** Ends all exports and cuts whoever writes to them. Returns when none is left. */
export async function endServing(seat: Seat, qmp: Qmp): Promise<void> {
  for (const id of (await exportsOf(qmp, seat.signal)).keys()) {
    const isGone = qmp.event(({ name, data }) => name === 'BLOCK_EXPORT_DELETED' && data['id'] === id, seat.signal);
    // When the command itself fails, that is what the caller hears.
    isGone.catch(() => undefined);
    await qmp.execute('block-export-del', { id, mode: 'hard' }, seat.signal);
    await isGone;
  }
  // Refused when nothing listens, which is as good.
  await qmp.execute('nbd-server-stop', {}, seat.signal).catch((error: unknown) => {
    if (!(error instanceof QmpError) || error.code !== 'refused') {
      throw error;
    }
  });
}

async function listen(seat: Seat, qmp: Qmp, listening: Listening): Promise<void> {
  const addr =
    listening.kind === 'unix'
      ? { type: 'unix', data: { path: nbdSocket(seat) } }
      : { type: 'inet', data: { host: listening.address, port: String(listening.port) } };
  try {
    await qmp.execute('nbd-server-start', { addr }, seat.signal);
  } catch (error) {
    if (error instanceof QmpError && error.code === 'refused') {
      const where = listening.kind === 'unix' ? nbdSocket(seat) : `${listening.address}:${listening.port}`;
      throw new FailureError({
        code: 'nbd-port-taken',
        kind: 'transient',
        message: `The replica of ${seat.vmId} on ${seat.on} cannot listen on ${where}`,
        hint: 'see what else uses the port, or whether the address is the host’s own',
        cause: error.message,
      });
    }
    throw error;
  }
}

/** Says where it listens and under which name, since QEMU tells neither of an export. */
function exportId(listening: Listening, target: string): string {
  const text = JSON.stringify(
    listening.kind === 'unix'
      ? ['unix', listening.prefix ?? '']
      : ['tcp', listening.address, listening.port, listening.prefix ?? ''],
  );
  return `${target}.${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}
