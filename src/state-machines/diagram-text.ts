/** Text as the pictures measure it. No font is at hand where they are made, so widths are taken from a wide one. */

/** Width in pixels of a text in a common sans-serif face; real ones are rarely wider. */
export function textWidth(text: string, size: number, isBold = false): number {
  let ems = 0;
  for (const character of text) {
    ems += emsOf(character);
  }
  return ems * size * (isBold ? 1.1 : 1);
}

function emsOf(character: string): number {
  if (/[iljI.,:;'|!·]/.test(character)) {
    return 0.36;
  }
  if (/[ ftr()[\]/"-]/.test(character)) {
    return 0.42;
  }
  if (/[mwMW@%…—→]/.test(character)) {
    return 1;
  }
  if (/[A-Z&+=<>#~×–]/.test(character)) {
    return 0.8;
  }
  return /[ -ɏ]/.test(character) ? 0.64 : 1.2;
}

/** The text, or as much of it as fits, ended by `…`. */
function fitted(text: string, width: number, size: number, isBold = false): string {
  if (textWidth(text, size, isBold) <= width) {
    return text;
  }
  const characters = Array.from(text);
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size, isBold) > width) {
    characters.pop();
  }
  return `${characters.join('').trimEnd()}…`;
}

interface WrapOptions {
  readonly width: number;
  readonly size: number;
  readonly isBold?: boolean;
  /** The last one ends in `…` when there would be more. */
  readonly lines: number;
}

/** The text in lines that fit, broken at spaces. A word longer than a line is cut. */
export function wrapped(text: string, { width, size, isBold = false, lines }: WrapOptions): readonly string[] {
  const made: string[] = [];
  for (const word of text.split(' ')) {
    const last = made.at(-1);
    const joined = last === undefined ? word : `${last} ${word}`;
    if (last !== undefined && textWidth(joined, size, isBold) <= width) {
      made[made.length - 1] = joined;
    } else {
      made.push(word);
    }
  }
  const kept = made.length <= lines ? made : [...made.slice(0, lines - 1), made.slice(lines - 1).join(' ')];
  return kept.map((line) => fitted(line, width, size, isBold));
}
