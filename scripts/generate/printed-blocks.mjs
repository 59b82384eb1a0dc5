/** Blocks of a document that a command has printed: each follows a line `<!-- made by: lifeboat … -->`. */
import './json-schemas.mjs';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const block = /^(<!-- made by: lifeboat (.+) -->\n```\w+\n)[^]*?(?=^```$)/gm;

/** The document with what its commands print now, in a copy of the sample runbooks. */
export function printedBlocks(path) {
  return readFileSync(join(root, path), 'utf8').replaceAll(block, (_, head, words) => head + printed(words.split(' ')));
}

function printed(words) {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-docs-'));
  try {
    cpSync(join(root, 'runbooks'), folder, { recursive: true });
    // The module above has built what is run here.
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status === 0) return stdout;
    throw new Error(`lifeboat ${words.join(' ')} ended with ${status}: ${stderr}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
