import { formatPlace } from '../model/place.js';
import type { ProvenDisk } from '../model/replica.js';
import { differedText } from '../storage-sync/differed-text.js';
import type { Proven } from '../storage-sync/prover.js';
import type { Member } from '../storage-sync/replicator-members.js';
import type { Verification, Verified } from '../storage-sync/verifier.js';
import { type ExitCode, exitCodes } from './exit-codes.js';

/** Why no point of a VM is proven before anybody tries. */
export function obstacleOf({ replicate, replica, isSourceSilent, route, needs, waits }: Member): Obstacle | undefined {
  if (replicate.method === 'mirror') {
    return { code: 'proof-not-offered', why: 'it is mirrored, and this version proves no points of mirrors' };
  }
  if (replica === undefined || replica.points.length === 0) {
    return { why: 'it has no recovery point yet: see `lifeboat protect`' };
  }
  if (isSourceSilent) {
    return { code: 'host-unreachable', why: `${route?.from.host ?? 'its host'} does not answer` };
  }
  const why = needs ?? waits ?? (route === undefined ? 'it is not known where it lives' : undefined);
  return why === undefined ? undefined : { why };
}

interface Obstacle {
  readonly code?: string;
  readonly why: string;
}

/** A new point that was to be proven; its members may be added to, never changed. */
export type ProofRow =
  | {
      /** `differed`: this point is proven too, and the points before it are not to be trusted. */
      readonly verdict: 'proven' | 'differed';
      readonly point: string;
      /** The moment of the source that it equals, ms since the epoch. */
      readonly at: number;
      /** Bytes that were read at each end. */
      readonly sourceBytes: number;
      readonly replicaBytes: number;
      readonly disks: readonly ProvenDisk[];
      readonly why?: string;
    }
  | ({ readonly verdict: 'not-proven' } & Obstacle);

function proofOf(member: Member, proven: ReadonlyMap<string, Proven>): ProofRow {
  const one = proven.get(member.vm);
  if (one === undefined) {
    return { verdict: 'not-proven', ...(obstacleOf(member) ?? { why: 'the verification ended before' }) };
  }
  if ('failure' in one) {
    const { code, message, hint } = one.failure;
    return { verdict: 'not-proven', code, why: [message, hint].filter(Boolean).join('. ') };
  }
  const { point, disks } = one.result;
  const differed = disks.filter(({ differedBytes }) => differedBytes > 0);
  const sum = (bytesOf: (disk: ProvenDisk) => number): number =>
    disks.reduce((bytes, disk) => bytes + bytesOf(disk), 0);
  const evidence = {
    point: point.id,
    at: point.at,
    sourceBytes: sum(({ sourceBytes }) => sourceBytes),
    replicaBytes: sum(({ replicaBytes }) => replicaBytes),
    disks,
  };
  return differed.length === 0
    ? { verdict: 'proven', ...evidence }
    : {
        verdict: 'differed',
        ...evidence,
        why: `its replica held other data than its source in ${differed.map(differedText).join('; ')}. That was copied again and is in ${point.id}; trust no older point`,
      };
}

/** One VM; its members may be added to, never changed. */
export interface VerifiedRow {
  readonly vm: string;
  readonly replica?: string;
  readonly points: number;
  /** What the points were compared with. That they equal their source's moment is not proven by it. */
  readonly against?: 'structure' | 'digests';
  readonly verdict: 'whole' | 'damaged' | 'not-looked-at' | 'no-point';
  readonly code?: string;
  readonly why?: string;
  /** The new point that was made to be proven; absent when none was asked for. */
  readonly proof?: ProofRow;
}

export function rowsOf(
  members: readonly Member[],
  { read, proven }: Verification,
  wantsProof: boolean,
): readonly VerifiedRow[] {
  const readOf = new Map(read.map((one) => [one.vm, one]));
  const provenOf = new Map(proven.map((one) => [one.vm, one]));
  return members.map((member) => ({
    ...pointsOf(member, readOf.get(member.vm)),
    ...(wantsProof ? { proof: proofOf(member, provenOf) } : {}),
  }));
}

function pointsOf({ vm, needs, waits }: Member, one: Verified | undefined): Omit<VerifiedRow, 'proof'> {
  if (one === undefined) {
    return { vm, points: 0, verdict: 'no-point', why: needs ?? waits ?? 'it has no replica yet' };
  }
  const place = { vm, replica: formatPlace(one.place) };
  if ('failure' in one) {
    const { code, message } = one.failure;
    return { ...place, points: 0, verdict: 'not-looked-at', code, why: message };
  }
  const { points, against, damage } = one.result;
  const read = { ...place, points: points.length, against };
  if (damage !== undefined) {
    return {
      ...read,
      verdict: 'damaged',
      code: damage.code,
      why: [damage.message, damage.hint].filter(Boolean).join('. '),
    };
  }
  return points.length === 0
    ? { ...read, verdict: 'no-point', why: 'its seed is not complete' }
    : { ...read, verdict: 'whole' };
}

/** Damage speaks first, then a host that does not answer. That proofs of mirrors are not offered is no error. */
export function exitCodeOf(members: readonly Member[], rows: readonly VerifiedRow[]): ExitCode {
  if (rows.some(({ verdict, proof }) => verdict === 'damaged' || proof?.verdict === 'differed')) {
    return exitCodes.withErrors;
  }
  const codes = rows.flatMap(({ code, proof }) => [code, proof?.verdict === 'not-proven' ? proof.code : undefined]);
  if (members.some(({ isTargetSilent }) => isTargetSilent) || codes.includes('host-unreachable')) {
    return exitCodes.unreachable;
  }
  const isWell = rows.every(
    ({ verdict, proof }) =>
      verdict === 'whole' && (proof?.verdict !== 'not-proven' || proof.code === 'proof-not-offered'),
  );
  return isWell ? exitCodes.done : exitCodes.withErrors;
}
