import { NbdProtocolError } from '../errors.js';

/** A stretch of the export of which a metadata context says one thing. Bytes; flags as the context defines them. */
export interface StatusExtent {
  readonly offset: number;
  readonly length: number;
  readonly flags: number;
}

/** The most descriptors of one context in one reply, which bounds what a reply may make us keep. */
export const DESCRIPTORS_MAX = 262_144;
const DESCRIPTOR_SIZE = 8;

/**
 * Puts together what several contexts say of one range (NBD protocol, `NBD_REPLY_TYPE_BLOCK_STATUS`). Each context
 * answers once, from the beginning of the range on, and may end before its end. The last extent may reach beyond the
 * range and is cut there.
 */
export class StatusAssembly {
  readonly #extents = new Map<string, readonly StatusExtent[]>();

  constructor(
    readonly offset: number,
    readonly length: number,
    private readonly options: {
      readonly contexts: ReadonlyMap<number, string>;
      /** Whether only one extent of each context was asked for. */
      readonly isOne: boolean;
    },
  ) {}

  /** Takes one chunk. */
  add(payload: Buffer): void {
    const name = this.options.contexts.get(payload.readUInt32BE(0));
    if (name === undefined) {
      throw new NbdProtocolError(`block status comes of the metadata context ${payload.readUInt32BE(0)}, not set up`);
    }
    if (this.#extents.has(name)) throw new NbdProtocolError(`block status of "${name}" comes twice in one reply`);
    this.#extents.set(name, this.#decode(name, payload));
  }

  /** What came, by context; throws when a context is missing. */
  extents(): ReadonlyMap<string, readonly StatusExtent[]> {
    for (const name of this.options.contexts.values()) {
      if (!this.#extents.has(name)) throw new NbdProtocolError(`a reply lacks the block status of "${name}"`);
    }
    return this.#extents;
  }

  #decode(name: string, payload: Buffer): readonly StatusExtent[] {
    if (this.options.isOne && payload.length > 4 + DESCRIPTOR_SIZE) {
      throw new NbdProtocolError(`several extents of "${name}" come where one was asked for`);
    }
    const end = this.offset + this.length;
    const extents: StatusExtent[] = [];
    let offset = this.offset;
    for (let at = 4; at < payload.length; at += DESCRIPTOR_SIZE) {
      const length = payload.readUInt32BE(at);
      if (length === 0) throw new NbdProtocolError(`block status of "${name}" has an empty extent`);
      if (offset >= end) throw new NbdProtocolError(`block status of "${name}" goes on beyond what was asked for`);
      extents.push({ offset, length: Math.min(length, end - offset), flags: payload.readUInt32BE(at + 4) });
      offset += length;
    }
    return extents;
  }
}

/** Whether a chunk may have that many bytes. */
export function isStatusLength(length: number): boolean {
  const descriptors = (length - 4) / DESCRIPTOR_SIZE;
  return Number.isInteger(descriptors) && descriptors >= 1 && descriptors <= DESCRIPTORS_MAX;
}
