/** A stretch of bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** The range in pieces of at most `longest` bytes, in order; a range that is short enough is one piece. */
export function pieces({ offset, length }: ByteRange, longest: number): readonly ByteRange[] {
  if (length <= longest) return [{ offset, length }];
  return Array.from({ length: Math.ceil(length / longest) }, (_, index) => ({
    offset: offset + index * longest,
    length: Math.min(longest, length - index * longest),
  }));
}
