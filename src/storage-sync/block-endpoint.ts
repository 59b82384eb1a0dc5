/** The bytes of one disk, wherever they are. A port. */
export interface BlockEndpoint {
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  /** Largest request that it takes, bytes. */
  readonly maxRequestBytes: number;
  /**
   * Resolves to the bytes. `into`, of that length, takes them instead of new memory and is what is resolved to; after a
   * rejection it must not be used again, since what is under way may still be put there.
   */
  read(offset: number, length: number, signal: AbortSignal, into?: Buffer): Promise<Buffer>;
  /** `data` must not be changed until it is answered, and after a rejection not at all. */
  write(offset: number, data: Buffer, signal: AbortSignal): Promise<void>;
  /** `mayPunch`: whether the range may become a hole. */
  writeZeroes(
    offset: number,
    length: number,
    options: { readonly mayPunch: boolean },
    signal: AbortSignal,
  ): Promise<void>;
  flush(signal: AbortSignal): Promise<void>;
  /** What the metadata context says of the range, in order, without gaps, as far as the server told (at least one extent). Flags as the context defines them. */
  extents(
    context: string,
    offset: number,
    length: number,
    signal: AbortSignal,
  ): Promise<readonly { readonly offset: number; readonly length: number; readonly flags: number }[]>;
  close(): Promise<void>;
}
