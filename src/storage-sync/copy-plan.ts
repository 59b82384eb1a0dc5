import { coalesce, type Extent, endOf, type KindExtent, split } from './extent.js';

/** What the source told of a run of bytes in one metadata context. */
export interface ToldExtent extends Extent {
  readonly flags: number;
}

/** Flags of `qemu:dirty-bitmap:*`. */
export const dirtyFlag = 1;
/** Flags of `base:allocation`: no space is taken up, which alone says nothing of what is read there. */
export const holeFlag = 1;
/** Flags of `base:allocation`: it reads as zeroes. */
export const zeroFlag = 2;

/** `copy` the bytes are read from the source and written · `zero` zeroes are written, nothing is read. */
export type CopyKind = 'copy' | 'zero';

/** Which bytes of a disk are written to its target, and how; all others of the target are never touched. Plain data. */
export interface CopyPlan {
  readonly sizeBytes: number;
  /** Sorted, without overlap, neighbours of one kind joined. */
  readonly extents: readonly KindExtent<CopyKind>[];
  readonly copyBytes: number;
  readonly zeroBytes: number;
  /** Whether the target is a new image that reads as zeroes throughout, with nothing below it. */
  readonly isTargetFresh: boolean;
}

export interface Told {
  readonly sizeBytes: number;
  /** Extents of `base:allocation`; a byte of which it says nothing is copied. */
  readonly allocation: readonly ToldExtent[];
}

/**
 * The plan of an increment. Every dirty byte is written: data is copied, and what reads as zeroes is written as zeroes,
 * never left out and never trimmed, since older data would show through from below. A hole that is not said to read as
 * zeroes is read and copied like data, since nobody has promised what is in it. No clean byte is written.
 */
export function planDelta(told: Told & { readonly dirty: readonly ToldExtent[] }): CopyPlan {
  const dirty = told.dirty.filter(({ flags }) => (flags & dirtyFlag) !== 0);
  return planOf(told, dirty, false);
}

/** The plan of a first copy. Only into a fresh image is what reads as zeroes left out. */
export function planSeed(told: Told & { readonly isTargetFresh: boolean }): CopyPlan {
  return planOf(told, [{ offset: 0, length: told.sizeBytes }], told.isTargetFresh);
}

/** The plan of a resync: the extents that differ, over a target that has something below or in it. */
export function planResync(told: Told & { readonly differing: readonly Extent[] }): CopyPlan {
  return planOf(told, told.differing, false);
}

/**
 * The requests that carry a plan out, in the order of the disk, none longer than its kind may be. `from` leaves out what
 * lies before it.
 */
export function* requestsOf(
  plan: CopyPlan,
  limits: { readonly copyBytes: number; readonly zeroBytes: number; readonly from?: number },
): Generator<KindExtent<CopyKind>> {
  const { copyBytes, zeroBytes, from = 0 } = limits;
  for (const extent of plan.extents) {
    const end = endOf(extent);
    if (end > from) {
      const offset = Math.max(from, extent.offset);
      const rest = { offset, length: end - offset, kind: extent.kind };
      yield* split([rest], extent.kind === 'copy' ? copyBytes : zeroBytes);
    }
  }
}

function planOf({ sizeBytes, allocation }: Told, wanted: readonly Extent[], isTargetFresh: boolean): CopyPlan {
  const zero = allocation.filter(({ flags }) => (flags & zeroFlag) !== 0);
  const parts = partsOf(within(wanted, sizeBytes), zero);
  const extents = coalesce(isTargetFresh ? copiesOf(parts) : parts);
  return {
    sizeBytes,
    extents,
    copyBytes: bytesOf(extents, 'copy'),
    zeroBytes: bytesOf(extents, 'zero'),
    isTargetFresh,
  };
}

function* within(extents: readonly Extent[], sizeBytes: number): Generator<Extent> {
  for (const { offset, length } of extents) {
    if (offset < sizeBytes) {
      yield { offset, length: Math.min(length, sizeBytes - offset) };
    }
  }
}

/** Each wanted extent cut where zeroes begin and end: one walk along both lists, since either may have millions. */
function* partsOf(wanted: Iterable<Extent>, zero: readonly Extent[]): Generator<KindExtent<CopyKind>> {
  let index = 0;
  for (const extent of wanted) {
    const end = endOf(extent);
    let offset = extent.offset;
    while (offset < end) {
      const next = zero[index];
      if (next === undefined || next.offset >= end) {
        yield { offset, length: end - offset, kind: 'copy' };
        break;
      }
      if (next.offset > offset) {
        yield { offset, length: next.offset - offset, kind: 'copy' };
        offset = next.offset;
      }
      const cut = Math.min(end, endOf(next));
      if (cut > offset) {
        yield { offset, length: cut - offset, kind: 'zero' };
        offset = cut;
      }
      index += endOf(next) <= offset ? 1 : 0;
    }
  }
}

function* copiesOf(parts: Iterable<KindExtent<CopyKind>>): Generator<KindExtent<CopyKind>> {
  for (const part of parts) {
    if (part.kind === 'copy') {
      yield part;
    }
  }
}

function bytesOf(extents: readonly KindExtent<CopyKind>[], kind: CopyKind): number {
  return extents.reduce((sum, extent) => (extent.kind === kind ? sum + extent.length : sum), 0);
}
