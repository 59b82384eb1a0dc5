import { run } from './run.mjs';

run('format', 'npx', ['biome', 'check', '.']);
run('types', 'npx', ['tsc', '-b']);
run('lint', 'npx', ['oxlint', '--type-aware', '--deny-warnings', '.']);
