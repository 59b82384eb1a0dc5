import { locationOf, type Source, type Span } from './position.js';
import type { Problem, ProblemCode } from './problem.js';
import { suggest } from './suggest.js';

/** A problem before its place in the file and its suggestion are worked out, which only the reported ones need. */
export interface Complaint {
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint?: string;
  /** The word that was written and those it may have been meant for. */
  readonly meant?: { readonly word: string; readonly among: readonly string[] };
  readonly where: Span | Target;
}

/** A key of the file or its value, by JSON pointer. */
export interface Target {
  readonly pointer: string;
  readonly part: 'key' | 'value';
}

/** Finds a target's place in the text; of something that is missing, the place where it should be. */
export type SpanOf = (target: Target) => Span;

const reportedMax = 50;
/** So many complaints of one origin are looked for and put in order; after these a file is not read for more. */
export const complaintsMax = 1_000;

/** The complaints as problems in the order of the file: the first 50, then one that says how many more there are. */
export function problemsOf(
  complaints: readonly Complaint[],
  { source, spanOf }: { readonly source: Source; readonly spanOf: SpanOf },
): readonly Problem[] {
  const placed = complaints
    .slice(0, complaintsMax)
    .map((complaint) => ({ complaint, span: 'offset' in complaint.where ? complaint.where : spanOf(complaint.where) }))
    .toSorted((one, other) => one.span.offset - other.span.offset);
  const problems = placed.slice(0, reportedMax).map(({ complaint, span }) => problemOf(complaint, span, source));
  const next = placed[reportedMax];
  if (next !== undefined) {
    const more = placed.length - reportedMax;
    const count = placed.length === complaintsMax ? `At least ${more}` : String(more);
    const message = `${count} more ${more === 1 ? 'problem' : 'problems'} from here on, not shown`;
    problems.push(problemOf({ code: 'more-problems', message, where: next.span }, next.span, source));
  }
  return problems;
}

function problemOf(complaint: Complaint, span: Span, source: Source): Problem {
  const { code, message, hint, meant } = complaint;
  const word = meant === undefined ? undefined : suggest(meant.word, meant.among);
  const hints = [...(word === undefined ? [] : [`did you mean \`${word}\`?`]), ...(hint === undefined ? [] : [hint])];
  const advice = hints.length === 0 ? {} : { hint: hints.join(' ') };
  return { file: source.file, ...locationOf(source, span), code, message, ...advice };
}
