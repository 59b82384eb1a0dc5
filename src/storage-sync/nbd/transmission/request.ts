/** Requests as callers give them, and as they travel (NBD protocol, "Request message" and "Request types"). */
import { Command, CommandFlag, REQUEST_MAGIC, REQUEST_SIZE, writeUInt64 } from '../protocol.js';

/** One request. Offsets and lengths are bytes of the export. `isForced`: answered only when it is on stable storage. */
export type NbdRequest =
  | { readonly kind: 'read'; readonly offset: number; readonly length: number; readonly isUnfragmented: boolean }
  | { readonly kind: 'write'; readonly offset: number; readonly data: Buffer; readonly isForced: boolean }
  | {
      readonly kind: 'write-zeroes';
      readonly offset: number;
      readonly length: number;
      readonly mayPunch: boolean;
      readonly isFast: boolean;
      readonly isForced: boolean;
    }
  | { readonly kind: 'trim'; readonly offset: number; readonly length: number; readonly isForced: boolean }
  | { readonly kind: 'cache'; readonly offset: number; readonly length: number }
  | { readonly kind: 'flush' }
  | { readonly kind: 'block-status'; readonly offset: number; readonly length: number; readonly isOne: boolean };

/** The part of the export that a request is about; nothing of it for a flush. */
export function rangeOf(request: NbdRequest): { readonly offset: number; readonly length: number } {
  switch (request.kind) {
    case 'flush':
      return { offset: 0, length: 0 };
    case 'write':
      return { offset: request.offset, length: request.data.length };
    case 'read':
    case 'write-zeroes':
    case 'trim':
    case 'cache':
    case 'block-status':
      return request;
    default:
      return request satisfies never;
  }
}

/** Bytes that travel with the request or its reply, as far as they count against the bound of those in flight. */
export function payloadOf(request: NbdRequest): number {
  return request.kind === 'read' || request.kind === 'write' ? rangeOf(request).length : 0;
}

/** Whether the request changes what the export holds. */
export function changes(request: NbdRequest): boolean {
  return request.kind === 'write' || request.kind === 'write-zeroes' || request.kind === 'trim';
}

/** The request in words. */
export function requestText(request: NbdRequest): string {
  if (request.kind === 'flush') return 'a flush';
  const { offset, length } = rangeOf(request);
  return `${request.kind.replace('-', ' ')} of ${length} bytes at ${offset}`;
}

/** Everything before the payload. `handle` is below 2^32. */
export function encodeRequest(request: NbdRequest, handle: number): Buffer {
  const { offset, length } = rangeOf(request);
  return encodeHead({ command: commandOf(request), flags: flagsOf(request), handle, offset, length });
}

/** "Terminating the transmission phase": the request to part, which has no reply. */
export function encodeDisconnect(): Buffer {
  return encodeHead({ command: Command.DISC, flags: 0, handle: 0, offset: 0, length: 0 });
}

interface Head {
  readonly command: number;
  readonly flags: number;
  readonly handle: number;
  readonly offset: number;
  readonly length: number;
}

function encodeHead({ command, flags, handle, offset, length }: Head): Buffer {
  const head = Buffer.allocUnsafe(REQUEST_SIZE);
  head.writeUInt32BE(REQUEST_MAGIC, 0);
  head.writeUInt16BE(flags, 4);
  head.writeUInt16BE(command, 6);
  writeUInt64(head, handle, 8);
  writeUInt64(head, offset, 16);
  head.writeUInt32BE(length, 24);
  return head;
}

function commandOf(request: NbdRequest): number {
  switch (request.kind) {
    case 'read':
      return Command.READ;
    case 'write':
      return Command.WRITE;
    case 'write-zeroes':
      return Command.WRITE_ZEROES;
    case 'trim':
      return Command.TRIM;
    case 'cache':
      return Command.CACHE;
    case 'flush':
      return Command.FLUSH;
    case 'block-status':
      return Command.BLOCK_STATUS;
    default:
      return request satisfies never;
  }
}

function flagsOf(request: NbdRequest): number {
  switch (request.kind) {
    case 'read':
      return request.isUnfragmented ? CommandFlag.DF : 0;
    case 'write':
    case 'trim':
      return request.isForced ? CommandFlag.FUA : 0;
    case 'write-zeroes':
      return (
        (request.isForced ? CommandFlag.FUA : 0) |
        (request.mayPunch ? 0 : CommandFlag.NO_HOLE) |
        (request.isFast ? CommandFlag.FAST_ZERO : 0)
      );
    case 'block-status':
      return request.isOne ? CommandFlag.REQ_ONE : 0;
    case 'cache':
    case 'flush':
      return 0;
    default:
      return request satisfies never;
  }
}
