/** Writes the documents that are made from the sources. With `--check` it writes nothing and fails when one is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commandReference } from './generate/command-reference.mjs';
import { estateJsonSchema, runbookJsonSchema } from './generate/json-schemas.mjs';
import { estateReference, runbookReference } from './generate/key-reference.mjs';
import { libvirtApi } from './generate/libvirt-api.mjs';
import { printedBlocks } from './generate/printed-blocks.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

/** Every generated document, by its path, with the function that gives its whole text. */
const documents = {
  'docs/commands.md': commandReference,
  'docs/estate.md': estateReference,
  'docs/runbook.md': runbookReference,
  'docs/runs.md': () => printedBlocks('docs/runs.md'),
  'packages/node-libvirt/API.md': libvirtApi,
  'schemas/estate.schema.json': estateJsonSchema,
  'schemas/runbook.schema.json': runbookJsonSchema,
};

const isCheck = process.argv.includes('--check');
let stale = 0;
for (const [path, make] of Object.entries(documents)) {
  const text = make();
  if (text === textOf(path)) continue;
  if (isCheck) {
    stale++;
    console.error(`${path} is stale: run \`npm run generate\` and commit it.`);
  } else {
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
}
process.exitCode = stale === 0 ? 0 : 1;

/** The file's text, or nothing when it is not there. */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}
