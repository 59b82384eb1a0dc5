import { type Source, sourceOf } from './position.js';
import type { Complaint } from './problem-report.js';

/** The largest file that is read, in bytes of UTF-8. */
export const fileBytesMax = 4 * 2 ** 20;

/** A file as it came from the disk, or its text when somebody has decoded it already. */
export type FileText = string | Uint8Array;

/** Of a file that is too large only this much is looked at, for the frame. */
const headLength = 1_000;
/** Characters that YAML does not allow. They would also command the terminal that shows them. */
const forbidden = /(?![\t\n\r\u0085])\p{Cc}|[\ufeff\ufffe\uffff]/u;
/** What decoding leaves of bytes that are no UTF-8, and halves of characters, which no UTF-8 gives. */
const undecodable = /\ufffd|\p{Cs}/u;

/**
 * The text of a file, without its byte order mark, or the one thing that keeps it from being read: it is over 4 MiB, is
 * not UTF-8, or holds control characters. Costs one pass.
 */
export function decode(input: FileText, file: string): { readonly source: Source; readonly complaint?: Complaint } {
  if (bytesOf(input) > fileBytesMax) {
    const head = sourceOf(file, textOf(input.slice(0, headLength)));
    const message = `The file is ${(bytesOf(input) / 2 ** 20).toFixed(1)} MiB; at most 4 MiB are read`;
    return refusal(head, 0, { code: 'file-too-large', message, hint: 'Split it into several runbooks.' });
  }
  const text = textOf(input);
  const source = sourceOf(file, text);
  const undecodableAt = text.search(undecodable);
  if (undecodableAt !== -1 || isUtf16(input)) {
    const message = isUtf16(input) ? 'The file is UTF-16; only UTF-8 is read' : 'This is no UTF-8';
    return refusal(source, Math.max(0, undecodableAt), { code: 'not-utf8', message, hint: 'Save the file as UTF-8.' });
  }
  const forbiddenAt = text.search(forbidden);
  if (forbiddenAt !== -1) {
    const code = (text.codePointAt(forbiddenAt) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const message = `The control character U+${code} is not allowed in YAML`;
    return refusal(source, forbiddenAt, { code: 'control-character', message, hint: 'Take it out.' });
  }
  return { source };
}

function refusal(source: Source, offset: number, why: Omit<Complaint, 'where'>) {
  return { source, complaint: { ...why, where: { offset, length: 1 } } };
}

/** Bytes in UTF-8; of a text that is far too long, at least how many. */
function bytesOf(input: FileText): number {
  if (typeof input !== 'string') {
    return input.byteLength;
  }
  return input.length > fileBytesMax || input.length * 3 <= fileBytesMax
    ? input.length
    : new TextEncoder().encode(input).byteLength;
}

function textOf(input: FileText): string {
  const text = typeof input === 'string' ? input : new TextDecoder('utf-8', { ignoreBOM: true }).decode(input);
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Whether the bytes begin with a UTF-16 byte order mark, or the text with what decoding it as UTF-8 leaves. */
function isUtf16(input: FileText): boolean {
  const [first, second] = [input[0], input[1]];
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || first === '\ufffe';
}
