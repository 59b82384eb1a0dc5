import type { Place } from '../../model/place.js';
import type { ProvenDisk } from '../../model/replica.js';
import type { CycleResult, ProofResult, SyncResult } from '../../storage-sync/replicas.js';
import type { Call, Outcome } from './call.js';
import { answerWaiting } from './calls.js';
import { beginSync, copyAt, publish, readBytesPerSecond, recoveryPoint, replicationOf, sourceOf } from './copies.js';
import { type Copy, copyKey } from './copy.js';
import { after, type Core, note } from './core.js';
import { failed } from './failures.js';
import { fileOf, hasMemory, natureOf, undefine } from './guests.js';
import { dropCopy, dropOverlay, keepCopy, layersOver } from './holdings.js';
import { progressEveryMs } from './moves.js';
import { canSpeak } from './network.js';
import type { SyncPurpose, Transfer } from './transfer.js';
import { begin, remove } from './transfers.js';
import type { Guest, HostState } from './world-state.js';

/** What a rotten point holds otherwise than its source. */
const damageBytes = 4 * 2 ** 20;

interface Direction {
  readonly vm: string;
  readonly from: Place;
  readonly to: Place;
}

/** Begins a sync that somebody asked for, or joins the one under way. */
export function sync(core: Core, call: Call, { vm, from, to }: Direction): Outcome | undefined {
  const copy = copyAt(core, vm, to.host);
  if (copy === undefined) {
    return failed('replica-not-found', 'permanent', `${to.host} has no replica of ${vm}`, 'Protect the VM first');
  }
  const source = core.state.hosts[from.host];
  if (source?.guests[copy.id] === undefined) {
    return failed('vm-not-found', 'permanent', `Host ${from.host} has no VM ${vm}`, 'Look where it is');
  }
  if (hasLayer(core, copy, ['promoted', 'move'])) {
    return failed('replica-in-use', 'precondition', `${vm} was started from its replica on ${to.host}`, 'Reverse it');
  }
  if (!canSpeak(core, source, core.state.hosts[to.host] as HostState)) {
    return failed('transfer-broken', 'transient', `${from.host} cannot reach ${to.host}`, 'Check the link');
  }
  copy.source = from.host;
  copy.isClosed = false;
  return follow(core, call, asked(core, copy) ?? restart(core, copy));
}

/** The sync under way that somebody has asked for. */
export function asked(core: Core, copy: Copy): Transfer | undefined {
  return syncsOf(core, copy).find(({ purpose }) => purpose.kind === 'sync' && purpose.isAsked);
}

/** Begins a sync in the place of the one that the world has begun by itself. */
export function restart(core: Core, copy: Copy, capBytesPerSecond?: number): Transfer {
  for (const periodic of syncsOf(core, copy)) {
    remove(core, periodic);
  }
  return beginSync(core, copy, true, capBytesPerSecond);
}

/** The transfers that bring the copy up to date. */
export function syncsOf(core: Core, copy: Copy): readonly Transfer[] {
  const key = copyKey(copy.vm, copy.host);
  return Object.values(core.state.transfers).filter(({ purpose }) => purpose.kind === 'sync' && purpose.copy === key);
}

/** Lets the call wait for the end of a transfer, and be told how far it is. */
export function follow(core: Core, call: Call, transfer: Transfer): undefined {
  call.waitsFor = { transfer: transfer.id };
  after(core, progressEveryMs, { event: 'progress-due', call: call.id });
  return undefined;
}

/** All bytes of a sync have arrived and are flushed: they become a point, and a mirror is whole again. */
export function completeSync(core: Core, transfer: Transfer, purpose: SyncPurpose): void {
  remove(core, transfer);
  const copy = core.state.copies[purpose.copy];
  if (copy === undefined) {
    answerWaiting(core, waits(transfer), failed('replica-not-found', 'permanent', 'The replica is gone'));
    return;
  }
  const source = sourceOf(core, copy);
  const isMirror = copy.method === 'mirror' && source?.guest.state === 'running' && !copy.isClosed;
  copy.isLive = isMirror;
  const point = publish(core, copy, isMirror ? core.clock.now() : purpose.asOf);
  const result: CycleResult = {
    bytes: Math.round(transfer.totalBytes),
    point: recoveryPoint(core, copy, point),
    transfer: purpose.transfer,
    transferMs: core.clock.now() - transfer.startedAt,
  };
  const isProof: ReturnType<typeof waits> = (wait) => waits(transfer)(wait) && 'isProof' in wait;
  if (Object.values(core.state.calls).some(({ waitsFor }) => waitsFor !== undefined && isProof(waitsFor))) {
    answerWaiting(core, isProof, proofOf(copy, result));
  }
  answerWaiting(core, waits(transfer), { value: result });
}

/** Both ends are read and compared; damage of an older point that is found on the way goes on in no later one. */
function proofOf(copy: Copy, result: CycleResult): Outcome {
  const newest = copy.points.at(-1);
  const isDamaged = copy.damaged !== undefined && copy.isMended === undefined;
  const disks = (newest?.carries.disks ?? []).map(({ target, sizeBytes, usedBytes }, index): ProvenDisk => {
    const damage = { offset: 0, length: Math.min(damageBytes, sizeBytes) };
    const differed = isDamaged && index === 0 ? [damage] : [];
    return {
      target,
      sizeBytes,
      digest: `${newest?.id ?? ''}/${target}`,
      sourceBytes: usedBytes,
      replicaBytes: usedBytes,
      differed,
      differedBytes: differed.reduce((sum, { length }) => sum + length, 0),
    };
  });
  const [first] = disks;
  if (isDamaged) {
    copy.isMended = true;
  }
  const mended =
    isDamaged && first !== undefined
      ? { transfer: 'resync' as const, reason: `the replica differed in ${first.target}` }
      : {};
  const value: ProofResult = { ...result, ...mended, disks };
  const readBytes = disks.reduce((sum, { sourceBytes }) => sum + sourceBytes, 0);
  return { value, tookMs: Math.round((1_000 * readBytes) / readBytesPerSecond) };
}

function waits(transfer: Transfer) {
  return (wait: NonNullable<Call['waitsFor']>): boolean => 'transfer' in wait && wait.transfer === transfer.id;
}

/** Ends a sync or a reverse before its end: what was published before stays, and nothing is added to it. */
export function breakSync(core: Core, transfer: Transfer, outcome: Outcome): void {
  remove(core, transfer);
  answerWaiting(core, waits(transfer), outcome);
}

/** Whether a layer of one of these purposes lies above the copy. */
export function hasLayer(core: Core, copy: Copy, purposes: readonly string[]): boolean {
  return layersOver(core, copy.vm, copy.host).some(({ purpose }) => purposes.includes(purpose));
}

/** Begins to make the old source's disks the replica of the VM where it is now, or joins that, or finds it done. */
export function reverse(core: Core, call: Call, { vm, from, to }: Direction): Outcome | undefined {
  const source = core.state.hosts[from.host];
  const target = core.state.hosts[to.host] as HostState;
  const guest = Object.values(source?.guests ?? {}).find(({ definition }) => definition.name === vm);
  if (source === undefined || guest === undefined) {
    return failed('vm-not-found', 'permanent', `Host ${from.host} has no VM ${vm}`, 'Look where it is');
  }
  const done = copyAt(core, vm, to.host);
  if (done?.source === from.host && !done.isClosed) {
    return sync(core, call, { vm, from, to });
  }
  const old = target.guests[guest.definition.id];
  if (old !== undefined && hasMemory(old)) {
    return failed('vm-running', 'precondition', `${vm} is live on ${to.host}`, 'Stop it there first');
  }
  if (!canSpeak(core, source, target)) {
    return failed('transfer-broken', 'transient', `${from.host} cannot reach ${to.host}`, 'Check the link');
  }
  const underWay = Object.values(core.state.transfers).find(
    ({ purpose, target: host }) => purpose.kind === 'reverse' && purpose.vm === vm && host === to.host,
  );
  return follow(core, call, underWay ?? beginReverse(core, { vm, source, guest, target, old }));
}

interface Reversal {
  readonly vm: string;
  readonly source: HostState;
  readonly guest: Guest;
  readonly target: HostState;
  readonly old: Guest | undefined;
}

function beginReverse(core: Core, { vm, source, guest, target, old }: Reversal): Transfer {
  return begin(core, {
    source: source.name,
    target: target.name,
    purpose: { kind: 'reverse', vm, asOf: core.clock.now() },
    totalBytes: divergence(core, source, guest, { target, old }),
    dirtyBytesPerSecond: 0,
  });
}

/** What the old disks lack: all that was written since the newest point both have, or everything without old disks. */
function divergence(
  core: Core,
  source: HostState,
  guest: Guest,
  { target, old }: Pick<Reversal, 'target' | 'old'>,
): number {
  const used = guest.definition.disks.reduce((sum, { path }) => sum + (fileOf(core, source, path)?.usedBytes ?? 0), 0);
  const seed = Object.values(target.files).find(({ of }) => of === guest.definition.id);
  if (seed === undefined && old === undefined) {
    return used;
  }
  const pinned = copyAt(core, guest.definition.name, source.name)?.dataAt;
  const since = Math.min(pinned ?? Number.POSITIVE_INFINITY, seed?.dataAt ?? core.state.startedAt);
  const written = (natureOf(core, guest.definition).writeBytesPerSecond * (core.clock.now() - since)) / 1_000;
  return Math.round(Math.min(written, used));
}

/** The seed is the old disks alone: what was written above them is what the reversal discards. */
function dropLayers(core: Core, { name, files }: HostState, vm: string): void {
  for (const overlay of layersOver(core, vm, name)) {
    if (overlay.purpose !== 'clone') {
      dropOverlay(core, overlay);
      for (const { path } of overlay.disks) {
        delete files[path];
      }
    }
  }
}

/** The old disks are level with the VM: replication goes the other way from now on. */
export function completeReverse(core: Core, transfer: Transfer, vm: string, asOf: number): void {
  remove(core, transfer);
  const target = core.state.hosts[transfer.target] as HostState;
  const guest = Object.values(core.state.hosts[transfer.source]?.guests ?? {}).find(
    ({ definition }) => definition.name === vm,
  );
  if (guest === undefined) {
    answerWaiting(core, waits(transfer), failed('vm-not-found', 'permanent', `The VM ${vm} is gone`));
    return;
  }
  undefine(core, target, guest.definition.id);
  dropLayers(core, target, vm);
  dropCopy(core, vm, transfer.source);
  const { method, everyMs } = replicationOf(core, vm);
  const copy: Copy = {
    vm,
    id: guest.definition.id,
    site: target.site,
    host: target.name,
    method,
    source: transfer.source,
    points: [],
    isLive: method === 'mirror' && guest.state === 'running',
    isClosed: false,
    promoted: {},
  };
  keepCopy(core, copy);
  note(core, 'reverse', { host: target.name, vm });
  const point = publish(core, copy, copy.isLive ? core.clock.now() : asOf);
  after(core, everyMs, { event: 'cycle-due', copy: copyKey(vm, target.name) });
  const result: SyncResult = { bytes: Math.round(transfer.totalBytes), point: recoveryPoint(core, copy, point) };
  answerWaiting(core, waits(transfer), { value: result });
}
