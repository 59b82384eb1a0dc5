/** Jest with the flags that ES modules need. */
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const args = process.argv.slice(2);
run(`test ${args.join(' ')}`, process.execPath, [
  '--experimental-vm-modules',
  '--no-warnings=ExperimentalWarning',
  jest,
  ...args,
]);
