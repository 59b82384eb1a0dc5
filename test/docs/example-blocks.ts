/** The examples of a Markdown document: its fenced `ts` blocks. */

/** A block that stands for itself in the text; the line before it may be `<!-- example: how -->`. */
export interface ExampleBlock {
  readonly document: string;
  /** The line of its opening fence, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** The world in which it runs, or `types only` for what is compiled and not run. */
  readonly world: string;
  /** What it says it prints: its `// →` comments, in their order. */
  readonly prints: readonly string[];
}

/** The world of a block that names none. */
const USUAL_WORLD = 'host';
/** What stands in place of a world for a block that is not run. */
export const TYPES_ONLY = 'types only';
const FENCE = /^```(\S*)(.*)$/;
const MARK = /^<!-- example: (.+) -->$/;
const PRINTS = /\/\/ → ?(.*)$/;

/** Every block whose language is TypeScript. Throws for one that another tool would take for TypeScript and this would not. */
export function exampleBlocks(document: string, markdown: string): ExampleBlock[] {
  const blocks: ExampleBlock[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const fence = FENCE.exec(lines[at] ?? '');
    if (fence === null) continue;
    const end = lines.indexOf('```', at + 1);
    if (end === -1) throw new Error(`${document}:${at + 1}: the block is never closed`);
    if (/^(ts|typescript|mts|tsx)$/i.test(fence[1] ?? '')) {
      if (fence[0] !== '```ts') throw new Error(`${document}:${at + 1}: write \`\`\`ts and nothing more`);
      const code = lines.slice(at + 1, end);
      const world = MARK.exec(lines[at - 1] ?? '')?.[1] ?? USUAL_WORLD;
      const prints = code.flatMap((text) => PRINTS.exec(text)?.[1] ?? []);
      if (world === TYPES_ONLY && prints.length > 0)
        throw new Error(`${document}:${at + 1}: it says what it prints, and that it is not run`);
      blocks.push({
        document,
        line: at + 1,
        code: `${code.join('\n')}\n`,
        world,
        prints,
      });
    }
    at = end;
  }
  return blocks;
}
