/** The JSON Schemas by which editors complete and check the files that people write: the same ones that Lifeboat checks by. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

// The schemas are read from what is built. A type error elsewhere does not matter here, and the types are checked by lint.
start(['tsc', '-b', 'src']);
const { estateSchema } = await import('../../build/runbooks/schema-estate.js');
const { runbookConditions, runbookSchema } = await import('../../build/runbooks/schema-runbook.js');

/** For `lifeboat.yaml`. */
export function estateJsonSchema() {
  return textOf('schemas/estate.schema.json', { title: 'Lifeboat estate', ...estateSchema });
}

/** For runbooks. */
export function runbookJsonSchema() {
  return textOf('schemas/runbook.schema.json', { title: 'Lifeboat runbook', ...runbookSchema, ...runbookConditions });
}

/** The schema as a file, formatted as every file of the repository. */
function textOf(path, schema) {
  const json = JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema });
  return run(['biome', 'format', `--stdin-file-path=${path}`], json);
}

function run(words, input) {
  const { status, stdout, stderr, error } = start(words, input);
  if (status === 0) return stdout;
  throw new Error(`${words.join(' ')} failed: ${error?.message ?? stderr + stdout}`);
}

function start([command, ...args], input) {
  const options = { cwd: root, encoding: 'utf8', input, maxBuffer: 2 ** 24 };
  return spawnSync(`${root}node_modules/.bin/${command}`, args, options);
}
