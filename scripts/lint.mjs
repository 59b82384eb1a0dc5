import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

const bin = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));

run('format', bin('biome'), ['check', '.']);
run('types', bin('tsc'), ['-b']);
run('lint', bin('oxlint'), ['--type-aware', '--deny-warnings', '.']);
