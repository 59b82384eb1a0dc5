/**
 * Random estates, runbooks and faults against the simulated world, in virtual time:
 *
 *     npm run simulate -- --runs 10000 --seed 1 --workers 2
 *     npm run simulate -- --runs 1 --seed 4711 --verbose
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { transpile } from './simulation/transpile.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    verbose: { type: 'boolean', default: false },
  },
});
const folder = await transpile(root);
const { runSimulation } = await import(pathToFileURL(`${folder}/test/simulation/main.js`).href);
process.exitCode = await runSimulation({
  runs: Number(values.runs),
  seed: Number(values.seed),
  workers: Number(values.workers),
  isVerbose: values.verbose,
});
