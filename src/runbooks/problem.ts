/**
 * What is wrong with a file, where exactly, and what to do about it. Parsing never throws: it gives a value or a list of
 * these.
 */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number;
  readonly code: ProblemCode;
  /** The subject and the reason, without a full stop at the end. */
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
  /** The line, the one before it, and a mark below the place. Secrets are masked. */
  readonly frame: string;
}

/** Stable: scripts and editors may rely on them. */
export const problemCodes = [
  'file-too-large',
  'not-utf8',
  'control-character',
  'empty-file',
  'yaml-syntax',
  'tab-indent',
  'too-deep',
  'alias',
  'tag',
  'directive',
  'several-documents',
  'not-a-mapping',
  'duplicate-key',
  'reserved-key',
  'unknown-key',
  'missing-key',
  'wrong-type',
  'wrong-value',
  'wrong-count',
  'unknown-name',
  'duplicate-name',
  'duplicate-selector',
  'after-itself',
  'after-cycle',
  'same-place',
  'bad-uri',
  'literal-secret',
  'more-problems',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

/** Where a value of the file stands, by its JSON pointer; undefined when the file has no such value. */
export type Locate = (pointer: string) => Location | undefined;

export interface Location {
  readonly line: number;
  readonly column: number;
  readonly frame: string;
}

/** What parsing gives: the value and where its parts stand, or every problem found, in the order of the file. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly locate: Locate }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A problem for the terminal: position, message, frame and hint, without colour and without a newline at the end. */
export function formatProblem({ file, line, column, code, message, hint, frame }: Problem): string {
  const head = `${file}:${line}:${column}: ${message} [${code}]`;
  return [head, ...(frame === '' ? [] : [frame]), ...(hint === undefined ? [] : [`  hint: ${hint}`])].join('\n');
}
