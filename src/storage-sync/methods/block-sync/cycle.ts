import type { BackupSource } from '../../../hypervisors/backups.js';
import { FailureError } from '../../../model/failure.js';
import type { VmFacts } from '../../../model/inventory.js';
import { formatSize } from '../../../model/units.js';
import type { PointManifest } from '../../store/manifest.js';
import type { OpenExport, OpenReplica } from '../../store/open.js';
import type { Cycle, CycleRequest, CycleResult, CycleTools } from './cycle-request.js';
import { type Copying, copyDisks, type DiskTransfer, type PlannedTransfer, planTransfer } from './disk-transfer.js';
import { openExport } from './exports.js';
import { openImages } from './image-source.js';
import { clearSource } from './leftovers.js';
import { openLiveSource } from './live-source.js';
import { workFolder } from './names.js';
import { proveDisks } from './proof.js';
import { carriedFacts } from './source-facts.js';
import type { SourceMoment } from './source-moment.js';

/**
 * One cycle of a VM's replication: its disks as they are at one moment become the replica's newest recovery point. The
 * first one copies everything; each later one what was written since the point before, or what differs where the host has
 * lost that. Stopped at any instant it costs a repeated copy: the next cycle ends what is left at the VM's host, thaws its
 * file systems, and writes again all that this one may have written.
 *
 * Rejects with a `FailureError`: what the ports, the store and the copier say, `vm-not-found`, `job-under-way`,
 * `scratch-full` (the VM runs on), `backup-lost`, `image-changed`, `guest-frozen`, `vm-state-unfit`, `disk-not-a-file`.
 */
export async function blockSync(request: CycleRequest, tools: CycleTools): Promise<CycleResult> {
  const notes: string[] = [];
  const folder = workFolder(request.scratch, request.vm.id);
  const cycle: Cycle = { ...request, tools, folder, note: (text) => notes.push(text) };
  try {
    return { ...(await run(cycle)), notes };
  } catch (error) {
    throw withNotes(error, notes);
  }
}

async function run(cycle: Cycle): Promise<Omit<CycleResult, 'notes'>> {
  const { vm, signal, note } = cycle;
  const { store } = cycle.tools;
  const source = await clearSource(cycle);
  demandState(cycle, source);
  const carries = await carriedFacts(cycle);
  if (source.hasStateBesideDisks) {
    note(`the point carries no firmware variables and no TPM state of ${vm.name}`);
  }
  // A cycle that was killed may still have writes on their way; from here on none of them gets through.
  await store.endExports(vm.id, signal);
  const replica = await store.open(openRequest(cycle, source, 0), signal);
  const newest = (await store.find(vm.id, signal))?.points.at(-1);
  const openSource = source.state === 'shut-off' ? openImages : openLiveSource;
  const moment = await openSource(cycle, { source, newest, exports: replica.exports });
  const planned: PlannedTransfer[] = [];
  let isPublished = false;
  const outcome = await settledOutcome(async () => {
    const during: Cycle = { ...cycle, signal: moment.signal };
    const copied = await transfer(during, moment, { source, replica, planned });
    const { transferMs } = copied;
    const proof = cycle.isProven ? await proveDisks(planned, copyingOf(during)) : [];
    const bytes = copied.bytes + proof.reduce((sum, { differedBytes }) => sum + differedBytes, 0);
    await moment.settle();
    isPublished = true;
    const point = await publish(cycle, moment, { carries, bytes, instance: replica.instance });
    await moment.succeeded();
    return { point, bytes, transferMs, disks: planned.map(shownDisk), proof };
  });
  await Promise.allSettled(planned.flatMap((disk) => [disk.source.close(), disk.incoming.close()]));
  const ending = await settledOutcome(async () => await moment.end(isPublished));
  if ('error' in outcome) {
    if ('error' in ending) {
      note(`the backup could not be ended: ${String(ending.error)}`);
    }
    throw moment.signal.aborted && !signal.aborted ? moment.signal.reason : outcome.error;
  }
  if ('error' in ending) {
    throw ending.error;
  }
  for (const { why, comparedBytes } of planned) {
    if (why !== undefined) {
      note(`${why}: ${formatSize(comparedBytes)} were read at both ends`);
    }
  }
  return outcome.value;
}

async function settledOutcome<Value>(
  act: () => Promise<Value>,
): Promise<{ readonly value: Value } | { readonly error: unknown }> {
  return await act().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

/** A failure also says what had to be done about the VM. */
function withNotes(error: unknown, notes: readonly string[]): unknown {
  if (!(error instanceof FailureError) || notes.length === 0) {
    return error;
  }
  const message = [error.failure.message, ...notes].join('; ');
  return new FailureError({ ...error.failure, message }, { cause: error });
}

function demandState({ vm, from }: Cycle, { state }: BackupSource): void {
  if (state === 'crashed' || state === 'unknown') {
    throw new FailureError({
      code: 'vm-state-unfit',
      kind: 'precondition',
      message: `${vm.name} on ${from.host} is ${state}, and its disks cannot be read now`,
      hint: 'start it or shut it off, then sync it',
    });
  }
}

function openRequest({ vm, from, method = 'block-sync' }: Cycle, { disks }: BackupSource, expectedBytes: number) {
  return {
    vm,
    method,
    source: from,
    disks: disks.map(({ target, sizeBytes }) => ({ target, sizeBytes })),
    listening: { kind: 'unix' },
    expectedBytes,
  } as const;
}

interface Transfer {
  readonly source: BackupSource;
  readonly replica: OpenReplica;
  readonly planned: PlannedTransfer[];
}

async function openDisk(
  cycle: Cycle,
  moment: SourceMoment,
  { target, name, onCompared }: OpenExport & { readonly onCompared: (bytes: number) => void },
): Promise<PlannedTransfer> {
  const { vm, to, tools, signal } = cycle;
  const path = tools.store.nbdSocket(vm.id);
  const { endpoint: source, dirtyContext } = await moment.openDisk(target);
  const opened = [source];
  try {
    const incoming = await openExport({ sockets: tools.sockets, on: to.host, path, name, signal });
    opened.push(incoming);
    const decision = moment.decisions.get(target) ?? { how: 'resync' };
    const disk: DiskTransfer = {
      ...decision,
      target,
      subject: `disk ${target} of ${vm.name}`,
      source,
      incoming,
      dirtyContext,
    };
    return await planTransfer(disk, signal, onCompared);
  } catch (error) {
    await Promise.allSettled(opened.map(async (each) => await each.close()));
    throw error;
  }
}

/**
 * Plans every disk, and copies what was planned, if it fits. What it has opened it puts into `planned`. Where both ends are
 * compared, that is told as progress: it may take longer than the copying.
 */
async function transfer(
  cycle: Cycle,
  moment: SourceMoment,
  { source, replica, planned }: Transfer,
): Promise<{ readonly bytes: number; readonly transferMs: number }> {
  const { tools, signal, onProgress } = cycle;
  const began = tools.clock.now();
  const totalBytes = 2 * source.disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  const onCompared = (bytes: number): void => {
    doneBytes += bytes;
    const seconds = (tools.clock.now() - began) / 1_000;
    onProgress({ doneBytes, totalBytes, bytesPerSecond: seconds > 0 ? Math.round(doneBytes / seconds) : 0 });
  };
  for (const each of replica.exports) {
    // Each has all of the link to itself.
    // oxlint-disable-next-line no-await-in-loop
    planned.push(await openDisk(cycle, moment, { ...each, onCompared }));
  }
  const expectedBytes = planned.reduce((sum, { plan }) => sum + plan.copyBytes, 0);
  // It finds all as it is, and refuses what has no room before anything is written.
  const again = await tools.store.open(openRequest(cycle, source, expectedBytes), signal);
  if (again.instance !== replica.instance) {
    throw new FailureError({
      code: 'storage-daemon-lost',
      kind: 'transient',
      message: `The storage daemon of ${cycle.vm.name} on ${cycle.to.host} ended during the sync`,
      hint: 'it is started again, and the sync repeated',
    });
  }
  const copyingSince = tools.clock.now();
  const bytes = await copyDisks(planned, copyingOf(cycle));
  return { bytes, transferMs: tools.clock.now() - copyingSince };
}

function copyingOf({ tools, signal, onProgress, rate, limits }: Cycle): Copying {
  return {
    clock: tools.clock,
    signal,
    onProgress,
    ...(rate === undefined ? {} : { rate }),
    ...(limits === undefined ? {} : { limits }),
  };
}

async function publish(
  { vm, tools, signal }: Cycle,
  { pointId: id, at, consistency, checkpoint, definition }: SourceMoment,
  { carries, bytes, instance }: { readonly carries: VmFacts; readonly bytes: number; readonly instance: string },
): Promise<PointManifest> {
  const parts = checkpoint === undefined ? {} : { checkpoint };
  const point = { id, at, consistency, bytes, definition, carries: { ...carries, observedAt: at }, ...parts };
  return await tools.store.publish(vm.id, point, instance, signal);
}

function shownDisk({ target, how, why, comparedBytes, plan: { copyBytes, zeroBytes } }: PlannedTransfer) {
  return { target, how, ...(why === undefined ? {} : { why }), comparedBytes, copyBytes, zeroBytes };
}
