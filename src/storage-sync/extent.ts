/**
 * Runs of bytes of a disk. Wherever a list of extents is taken, it is sorted and its members do not overlap; they may
 * touch. `disorder` says whether that is so. Lists that come out are sorted too, and hold no empty member.
 */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** An extent of which something is known. */
export interface KindExtent<Kind> extends Extent {
  readonly kind: Kind;
}

/** The first byte behind it. */
export function endOf({ offset, length }: Extent): number {
  return offset + length;
}

export function totalBytes(extents: Iterable<Extent>): number {
  let total = 0;
  for (const { length } of extents) {
    total += length;
  }
  return total;
}

/** What is wrong with a list that should be sorted, without overlap and within the disk; undefined when nothing is. */
export function disorder(extents: readonly Extent[], sizeBytes = Number.MAX_SAFE_INTEGER): string | undefined {
  let end = 0;
  for (const [index, { offset, length }] of extents.entries()) {
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length <= 0) {
      return `extent ${index} (offset ${offset}, length ${length}) is no run of bytes`;
    }
    if (offset < end) {
      return `extent ${index} begins at ${offset}, before the end of the one before it (${end})`;
    }
    end = offset + length;
    if (end > sizeBytes) {
      return `extent ${index} ends at ${end}, behind the end of the disk (${sizeBytes})`;
    }
  }
  return undefined;
}

/** Neighbours that touch and are of one kind become one. */
export function coalesce<Kind>(extents: Iterable<KindExtent<Kind>>): readonly KindExtent<Kind>[] {
  const merged: KindExtent<Kind>[] = [];
  let open: KindExtent<Kind> | undefined;
  for (const extent of extents) {
    if (open !== undefined && open.kind === extent.kind && endOf(open) === extent.offset) {
      open = { offset: open.offset, length: open.length + extent.length, kind: open.kind };
      merged[merged.length - 1] = open;
    } else if (extent.length > 0) {
      open = extent;
      merged.push(open);
    }
  }
  return merged;
}

/** Every byte that is in one of the lists at least; what touches becomes one. */
export function union(...lists: readonly (readonly Extent[])[]): readonly Extent[] {
  const merged: Extent[] = [];
  let open: Extent | undefined;
  for (const { offset, length } of lists.flat().toSorted((one, other) => one.offset - other.offset)) {
    if (open !== undefined && offset <= endOf(open)) {
      open = { offset: open.offset, length: Math.max(endOf(open), offset + length) - open.offset };
      merged[merged.length - 1] = open;
    } else if (length > 0) {
      open = { offset, length };
      merged.push(open);
    }
  }
  return merged;
}

/** What of `extents` is in `mask`; the parts keep all else that their extent says. */
export function intersect<Of extends Extent>(extents: readonly Of[], mask: readonly Extent[]): readonly Of[] {
  const parts: Of[] = [];
  let first = 0;
  for (const extent of extents) {
    const end = endOf(extent);
    for (; first < mask.length && endOf(at(mask, first)) <= extent.offset; first += 1);
    for (let index = first; index < mask.length && at(mask, index).offset < end; index += 1) {
      const begin = Math.max(extent.offset, at(mask, index).offset);
      const length = Math.min(end, endOf(at(mask, index))) - begin;
      if (length > 0) {
        parts.push({ ...extent, offset: begin, length });
      }
    }
  }
  return parts;
}

/** What of `extents` is not in `without`; the parts keep all else that their extent says. */
export function subtract<Of extends Extent>(extents: readonly Of[], without: readonly Extent[]): readonly Of[] {
  return intersect(extents, gaps(without));
}

/** Cut at multiples of `maxBytes` of the disk, so that no part is longer and parts are aligned as well as they can be. */
export function* split<Of extends Extent>(extents: Iterable<Of>, maxBytes: number): Generator<Of> {
  for (const extent of extents) {
    const end = endOf(extent);
    for (let offset = extent.offset; offset < end; ) {
      const cut = Math.min(end, offset - (offset % maxBytes) + maxBytes);
      yield offset === extent.offset && cut === end ? extent : { ...extent, offset, length: cut - offset };
      offset = cut;
    }
  }
}

/** What lies between, before and behind them, up to the last offset that can be told. */
function gaps(extents: readonly Extent[]): readonly Extent[] {
  const between: Extent[] = [];
  let begin = 0;
  for (const extent of extents) {
    if (extent.offset > begin) {
      between.push({ offset: begin, length: extent.offset - begin });
    }
    begin = Math.max(begin, endOf(extent));
  }
  return [...between, { offset: begin, length: Number.MAX_SAFE_INTEGER - begin }];
}

function at(extents: readonly Extent[], index: number): Extent {
  return extents[index] as Extent;
}
