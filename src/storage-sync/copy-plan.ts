import { coalesce, type Extent, endOf, intersect, type KindExtent, split, subtract } from './extent.js';

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
  const disk = sizeBytes > 0 ? [{ offset: 0, length: sizeBytes }] : [];
  const inside = intersect(
    wanted.map(({ offset, length }) => ({ offset, length })),
    disk,
  );
  const zero = allocation.filter(({ flags }) => (flags & zeroFlag) !== 0);
  const zeroes = isTargetFresh ? [] : intersect(inside, zero).map(ofKind('zero'));
  const copies = subtract(inside, zero).map(ofKind('copy'));
  const extents = coalesce([...zeroes, ...copies].toSorted((one, other) => one.offset - other.offset));
  return {
    sizeBytes,
    extents,
    copyBytes: bytesOf(extents, 'copy'),
    zeroBytes: bytesOf(extents, 'zero'),
    isTargetFresh,
  };
}

function ofKind(kind: CopyKind): (extent: Extent) => KindExtent<CopyKind> {
  return ({ offset, length }) => ({ offset, length, kind });
}

function bytesOf(extents: readonly KindExtent<CopyKind>[], kind: CopyKind): number {
  return extents.reduce((sum, extent) => (extent.kind === kind ? sum + extent.length : sum), 0);
}
