/** What may be asked of an export (NBD protocol, "Transmission flags" and "Block size constraints"). */
import { NbdBadArgument, NbdNotOffered } from '../errors.js';
import type { Agreement } from '../handshake/negotiation.js';
import { changes, type NbdRequest, rangeOf, requestText } from './request.js';

/** No request without a payload is longer than what 32 bits can say, in bytes. */
const LENGTH_MAX = 2 ** 32 - 1;

/** Throws `NbdBadArgument` or `NbdNotOffered` for a request that the server need not take. */
export function checkRequest(request: NbdRequest, agreement: Agreement, name: string): void {
  const subject = (): string => `${requestText(request)} of ${name}`;
  const missing = missingOf(request, agreement);
  if (missing !== undefined) throw new NbdNotOffered(`${subject()}: the server does not offer ${missing} for it`);
  if (changes(request) && agreement.export.isReadOnly) {
    throw new NbdNotOffered(`${subject()}: it is read-only; export it for writing`);
  }
  if (request.kind === 'flush') return;
  const { offset, length } = rangeOf(request);
  const { sizeBytes, blockSizes } = agreement.export;
  const isRange = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length > 0;
  if (!isRange || offset + length > sizeBytes) {
    throw new NbdBadArgument(`${subject()}: it has ${sizeBytes} bytes; ask for at least one of these and no others`);
  }
  if (offset % blockSizes.minimum !== 0 || length % blockSizes.minimum !== 0) {
    throw new NbdBadArgument(`${subject()}: offset and length must be multiples of its ${blockSizes.minimum} bytes`);
  }
  const longest = request.kind === 'read' || request.kind === 'write' ? blockSizes.maximum : LENGTH_MAX;
  if (length > longest) throw new NbdBadArgument(`${subject()}: ask for at most ${longest} bytes at once`);
}

function missingOf(
  request: NbdRequest,
  { export: offered, hasStructuredReplies, contexts }: Agreement,
): string | undefined {
  if ('isForced' in request && request.isForced && !offered.canForceUnitAccess)
    return 'writes that are forced to storage';
  switch (request.kind) {
    case 'read':
      return request.isUnfragmented && !offered.canReadUnfragmented ? 'reads in one piece' : undefined;
    case 'write':
      return undefined;
    case 'write-zeroes':
      if (!offered.canWriteZeroes) return 'zeroing';
      return request.isFast && !offered.canZeroFast ? 'zeroing that must be fast' : undefined;
    case 'trim':
      return offered.canTrim ? undefined : 'trimming';
    case 'cache':
      return offered.canCache ? undefined : 'caching';
    case 'flush':
      return offered.canFlush ? undefined : 'flushing';
    case 'block-status':
      return hasStructuredReplies && contexts.size > 0 ? undefined : 'any of the metadata contexts that were asked for';
    default:
      return request satisfies never;
  }
}
