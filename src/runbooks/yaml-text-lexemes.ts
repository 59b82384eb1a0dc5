import { CST, Lexer } from 'yaml';
import type { Span } from './position.js';
import type { ProblemCode } from './problem.js';
import type { Complaint } from './problem-report.js';
import { LexemeParser } from './yaml-text-parser.js';

/** Lists and mappings within each other. */
const depthMax = 64;
/**
 * The smallest parts of a text: marks, words, spaces. Any small file may have them; a larger one has more characters than
 * these, unless it is made of one-letter words to keep the reader busy.
 */
const lexemesFree = 40_000;
const lexemesPerCharacter = 0.9;
/** Broken text gives an error every few characters; the first ones say all. */
const errorsMax = 100;

type Token = CST.Token;

/**
 * The text as tokens, or the complaint that ends the reading. Everything that makes YAML dangerous or surprising is refused
 * as soon as it is met, before anything recurses into it: deep nesting, anchors, aliases, tags, directives, a second document.
 */
export function tokensOf(text: string): { readonly tokens: readonly Token[] } | { readonly complaint: Complaint } {
  const parser = new LexemeParser();
  const isSecondDocument = documentCounter();
  const tokens: Token[] = [];
  let lexemesLeft = Math.max(lexemesFree, text.length * lexemesPerCharacter);
  let errors = 0;
  for (const lexeme of new Lexer().lex(text)) {
    const type = parser.typeOf(lexeme);
    const reason = isSecondDocument(type ?? 'scalar') ? 'several-documents' : refusedTypes[type ?? 'scalar'];
    lexemesLeft -= 1;
    if (reason !== undefined) {
      return { complaint: refusal(reason, { offset: parser.offset, length: lexeme.length }) };
    }
    const { offset } = parser;
    for (const token of parser.feed(lexeme, type)) {
      tokens.push(token);
      errors += token.type === 'error' ? 1 : 0;
    }
    if (depthOf(parser) > depthMax) {
      return { complaint: refusal('too-deep', { offset, length: lexeme.length }) };
    }
    if (lexemesLeft < 0) {
      return { complaint: refusal('too-many', { offset, length: lexeme.length }) };
    }
    if (errors >= errorsMax) {
      return { tokens };
    }
  }
  tokens.push(...parser.end());
  return { tokens };
}

/** Says of each lexeme type in turn whether a second document begins with it. */
function documentCounter(): (type: string) => boolean {
  let place: 'before' | 'within' | 'after' = 'before';
  return (type) => {
    if (silent.has(type)) {
      return false;
    }
    if (type === 'doc-end') {
      place = place === 'before' ? 'before' : 'after';
      return false;
    }
    const isSecond = place === 'after' || (place === 'within' && type === 'doc-start');
    place = 'within';
    return isSecond;
  };
}

const silent = new Set(['doc-mode', 'space', 'newline', 'comment', 'byte-order-mark', 'flow-error-end']);

/** The parser's stack holds the document, what is open in it, and the scalar being read. */
function depthOf(parser: LexemeParser): number {
  return parser.stack.length <= depthMax ? 0 : parser.stack.filter(({ type }) => collections.has(type)).length;
}

const collections = new Set<Token['type']>(['block-map', 'block-seq', 'flow-collection']);

type Refusal = 'alias' | 'anchor' | 'tag' | 'directive' | 'several-documents' | 'too-deep' | 'too-many';

const refusedTypes: Readonly<Record<string, Refusal | undefined>> = {
  alias: 'alias',
  anchor: 'anchor',
  tag: 'tag',
  'directive-line': 'directive',
};

const refusals: Readonly<Record<Refusal, { code: ProblemCode; message: string; hint: string }>> = {
  alias: {
    code: 'alias',
    message: 'A `*` begins a YAML alias, and aliases are not read',
    hint: 'Quote a glob ("*-web"), or write the value out.',
  },
  anchor: {
    code: 'alias',
    message: 'An `&` begins a YAML anchor, and anchors are not read',
    hint: 'Quote the text, or write the value out where it is needed.',
  },
  tag: {
    code: 'tag',
    message: 'A `!` begins a YAML tag, and tags are not read',
    hint: 'Quote the text, or leave the tag out.',
  },
  directive: {
    code: 'directive',
    message: 'A `%` at the beginning of a line is a YAML directive, and directives are not read',
    hint: 'Leave the line out.',
  },
  'several-documents': {
    code: 'several-documents',
    message: 'A second YAML document begins in the same file',
    hint: 'Write each runbook into a file of its own.',
  },
  'too-deep': {
    code: 'too-deep',
    message: `Lists and mappings are nested more than ${depthMax} deep`,
    hint: 'No key of Lifeboat needs that: look for brackets that are never closed.',
  },
  'too-many': {
    code: 'file-too-large',
    message: 'The file is large and made of too many too small words and marks',
    hint: 'Split it into several runbooks.',
  },
};

function refusal(reason: Refusal, where: Span): Complaint {
  return { ...refusals[reason], where };
}
