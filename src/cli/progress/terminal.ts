import type { Output } from '../environment.js';
import { widthOf } from '../style.js';

const escape = '\u001B[';
/** Terminals that know it show what lies between these at once; others ignore them. */
const beginUpdate = `${escape}?2026h`;
const endUpdate = `${escape}?2026l`;

/** Between these two nobody sees the cursor; who ends the process meanwhile shows it again. */
export const hideCursor = `${escape}?25l`;
export const showCursor = `${escape}?25h`;

/** A block of lines that is redrawn in place: one write per picture, the cursor hidden meanwhile and restored by `close`. */
export class Terminal {
  readonly #output: Output;
  #drawn: readonly string[] = [];
  #isOpen = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Puts the lines in the place of those drawn before; writes nothing when they are the same. */
  draw(lines: readonly string[]): void {
    if (
      this.#isOpen &&
      lines.length === this.#drawn.length &&
      lines.every((line, index) => line === this.#drawn[index])
    ) {
      return;
    }
    const hide = this.#isOpen ? '' : hideCursor;
    const body = lines.map((line) => `${line}${escape}K\n`).join('');
    this.#output.write(`${beginUpdate}${hide}${this.#home()}${body}${escape}J${endUpdate}`);
    this.#drawn = lines;
    this.#isOpen = true;
  }

  /** Writes a line that stays, in the place of the picture; the next one comes below it. */
  say(line: string): void {
    this.#output.write(`${this.#home()}${line}${escape}K\n${escape}J`);
    this.#drawn = [];
  }

  /** Leaves the last picture on the screen and gives the cursor back. May be called twice. */
  close(): void {
    if (this.#isOpen) {
      this.#isOpen = false;
      this.#drawn = [];
      this.#output.write(showCursor);
    }
  }

  /** To the first line drawn, also when the terminal has become narrower and has wrapped them since. */
  #home(): string {
    const { columns } = this.#output.size();
    const height = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / Math.max(1, columns))),
      0,
    );
    return height === 0 ? '' : `${escape}${height}A\r`;
  }
}
