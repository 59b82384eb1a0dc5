import type { Location } from './problem.js';

/** A file's text with the offsets at which its lines begin. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly lineStarts: readonly number[];
}

/** A stretch of the text, by its offset and length. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Longer lines are cut around the place, so that a file on one line gives a frame that can be read. */
const frameWidth = 110;
/** So much of a line before the cut is looked at too, since a secret may begin there. */
const lookBehind = 4_096;

/** Keys whose values are secrets, and passwords within URIs: what stands there is never shown. */
const secretKey = String.raw`(?:pass(?:word|wd|phrase)?|secret|token|community|api[_-]?key)["']?`;
const secretInLine = new RegExp(String.raw`(${secretKey}\s{0,20}:\s{0,20})([^\s{,}[\]#][^,}\]]*)`, 'gi');
const secretInNextLine = new RegExp(String.raw`${secretKey}\s{0,20}:\s{0,20}[|>]?[-+\d]{0,3}\s{0,20}$`, 'i');
const passwordInUri = /(:\/\/[^\s/@:]*:)([^\s@/]+)(?=@)/g;

export function sourceOf(file: string, text: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    lineStarts.push(at + 1);
  }
  return { file, text, lineStarts };
}

/** Line and column of a stretch, and the frame that shows it. */
export function locationOf(source: Source, { offset, length }: Span): Location {
  const line = lineIndexOf(source.lineStarts, Math.min(offset, source.text.length));
  const column = Math.min(offset, source.text.length) - (source.lineStarts[line] ?? 0);
  return { line: line + 1, column: column + 1, frame: frameOf(source, { line, column, length }) };
}

/** The text with secrets and control characters replaced by marks of the same length. */
export function masked(text: string): string {
  return text
    .replace(secretInLine, (_, key: string, value: string) => key + '•'.repeat(value.length))
    .replace(passwordInUri, (_, head: string, password: string) => head + '•'.repeat(password.length))
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => '·'.repeat(character.length));
}

/** Index of the last line that begins at or before the offset. */
function lineIndexOf(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

function frameOf(source: Source, place: { line: number; column: number; length: number }): string {
  const { line, column, length } = place;
  const begin = Math.max(0, column - Math.floor(frameWidth / 2));
  const from = Math.max(0, begin - lookBehind);
  const cut = (text: string) => masked(text.slice(from, begin + frameWidth)).slice(begin - from);
  const previous = line > 0 ? lineText(source, line - 1) : undefined;
  const own = lineText(source, line);
  const isSecret = previous !== undefined && secretInNextLine.test(previous.slice(-lookBehind));
  const gutter = String(line + 1).length;
  const mark = '^'.repeat(Math.max(1, Math.min(length, own.length - column, begin + frameWidth - column)));
  return [
    ...(previous === undefined ? [] : [`  ${String(line).padStart(gutter)} | ${cut(previous)}`]),
    `> ${line + 1} | ${isSecret ? cut(own).replace(/\S/g, '•') : cut(own)}`,
    `  ${' '.repeat(gutter)} | ${' '.repeat(column - begin)}${mark}`,
  ]
    .map((row) => row.trimEnd())
    .join('\n');
}

/** A line without its end. */
function lineText({ text, lineStarts }: Source, line: number): string {
  const next = lineStarts[line + 1];
  return text.slice(lineStarts[line], next === undefined ? text.length : next - 1).replace(/\r$/, '');
}
