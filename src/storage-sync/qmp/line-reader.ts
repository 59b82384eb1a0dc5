/** Cuts a stream of bytes into lines, and refuses a line that is longer than the bound: the far side is then not what it should be. */
export class LineReader {
  #kept: Buffer[] = [];
  #keptBytes = 0;
  readonly #boundBytes: number;

  constructor(boundBytes: number) {
    this.#boundBytes = boundBytes;
  }

  /** The lines that this chunk completes, without their ends. Throws a RangeError at a line beyond the bound. */
  push(chunk: Buffer): readonly string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, from)) {
      this.#keep(chunk.subarray(from, end));
      lines.push(Buffer.concat(this.#kept).toString('utf8').replace(/\r$/, ''));
      this.#kept = [];
      this.#keptBytes = 0;
      from = end + 1;
    }
    this.#keep(chunk.subarray(from));
    return lines;
  }

  #keep(part: Buffer): void {
    this.#keptBytes += part.length;
    if (this.#keptBytes > this.#boundBytes) {
      throw new RangeError(`a line is longer than ${this.#boundBytes} bytes`);
    }
    if (part.length > 0) {
      this.#kept.push(part);
    }
  }
}
