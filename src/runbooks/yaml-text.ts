import { Composer, type Document } from 'yaml';
import { locationOf, masked, type Source, type Span } from './position.js';
import type { Locate } from './problem.js';
import type { Complaint, SpanOf } from './problem-report.js';
import { decode, type FileText } from './yaml-text-encoding.js';
import { tokensOf } from './yaml-text-lexemes.js';
import { spanFinder, valueOf } from './yaml-text-value.js';

export type { FileText } from './yaml-text-encoding.js';

/** A YAML file as plain data. Without a value it could not be read at all, and the complaints say why. */
export interface YamlFile {
  readonly source: Source;
  readonly complaints: readonly Complaint[];
  readonly value?: Readonly<Record<string, unknown>>;
  readonly spanOf: SpanOf;
  readonly locate: Locate;
}

/** Broken text gives an error every few characters; after these the reading ends. */
const errorsMax = 100;

/**
 * Reads one mapping from YAML 1.2 text. Never throws, whatever the input: a file that is too large, no UTF-8, too deep or
 * broken is refused with the place, in time proportional to its size.
 */
export function readYaml(input: FileText, file: string): YamlFile {
  const { source, complaint } = decode(input, file);
  if (complaint !== undefined) {
    return unread(source, [complaint]);
  }
  const lexed = tokensOf(source.text);
  if ('complaint' in lexed) {
    return unread(source, [lexed.complaint]);
  }
  const { document, complaints } = composed(lexed.tokens, source.text);
  if (complaints.length > 0) {
    return unread(source, complaints);
  }
  return checked(source, document?.contents);
}

function checked(source: Source, root: unknown): YamlFile {
  const spanOf = spanFinder(root);
  const { value, complaints } = valueOf(root);
  if (value === null) {
    const where = { offset: 0, length: 1 };
    return unread(source, [{ code: 'empty-file', message: 'The file is empty', where, hint: 'See `lifeboat init`.' }]);
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    const message = 'The file must be a mapping of keys to values';
    return unread(source, [{ code: 'not-a-mapping', message, where: spanOf({ pointer: '', part: 'value' }) }]);
  }
  const locate: Locate = (pointer) => {
    const span = spanOf({ pointer, part: 'value' }, true);
    return span === undefined ? undefined : locationOf(source, span);
  };
  return { source, complaints, value: value as Readonly<Record<string, unknown>>, spanOf, locate };
}

function unread(source: Source, complaints: readonly Complaint[]): YamlFile {
  return { source, complaints, spanOf: () => ({ offset: 0, length: 1 }), locate: () => undefined };
}

/**
 * The document of the tokens and what is wrong with its syntax. Duplicate keys are looked for later, since the library
 * compares each key with all before it.
 */
function composed(tokens: Parameters<Composer['compose']>[0], text: string) {
  const composer = new Composer({ version: '1.2', uniqueKeys: false, merge: false, prettyErrors: false });
  boundErrors(composer);
  let document: Document.Parsed | undefined;
  try {
    for (const one of composer.compose(tokens, true, text.length)) {
      document ??= one;
    }
  } catch (error) {
    // The library has given up, or was stopped at its hundredth error; what it found until then is kept below.
    if (!(error instanceof TooManyErrors)) {
      const where: Span = { offset: 0, length: 1 };
      const complaint: Complaint = { code: 'yaml-syntax', message: 'The file cannot be read as YAML', where };
      return { complaints: [complaint] };
    }
  }
  const errors = document?.errors ?? composer.streamInfo().errors;
  const end = text.trimEnd().length;
  return { document, complaints: errors.map((error) => complaintOf(error, end)) };
}

class TooManyErrors extends Error {}

/** The library collects errors without a bound, each with a stack trace, and has no other door to stop it. */
function boundErrors(composer: Composer): void {
  const report = composer['onError'];
  composer['onError'] = (...error: Parameters<typeof report>) => {
    report(...error);
    if (composer.streamInfo().errors.length >= errorsMax) {
      throw new TooManyErrors();
    }
  };
}

type YamlError = Document.Parsed['errors'][number];

/** What is missing at the end of the file is reported at the end of what is there. */
function complaintOf({ code, message, pos: [from, to] }: YamlError, end: number): Complaint {
  const where = { offset: Math.min(from, end), length: Math.max(1, to - from) };
  if (code === 'TAB_AS_INDENT') {
    return { code: 'tab-indent', message: 'A tab cannot indent YAML', hint: 'Use spaces.', where };
  }
  // The library quotes what it met, which may be a secret or a control character.
  const text = masked(message.length > 200 ? `${message.slice(0, 200)}…` : message);
  return { code: 'yaml-syntax', message: text, where };
}
