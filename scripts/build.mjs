/**
 * `npm run build`: compiles to `build/`, and makes of that what ships: `dist/main.js` and the parts that it loads when a command
 * needs them, with the libraries in them. A command that had to find seven hundred files would start a second later.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { run } from './run.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
run('compile', 'node_modules/.bin/tsc', ['-b', 'src'], { stdio: ['ignore', 2, 2] });
const { metafile } = await build({
  entryPoints: ['build/main.js'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  chunkNames: 'parts/[name]-[hash]',
  // It loads a binary that lies beside it.
  external: ['libsql'],
  // Libraries in the older format ask for Node's own modules by `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  metafile: true,
  logLevel: 'warning',
});
removeOthers(Object.keys(metafile.outputs));
writeFileSync('dist/LICENSES', licencesOf(Object.keys(metafile.inputs)));

/** Parts of earlier builds: their names change with what is in them. */
function removeOthers(made) {
  for (const part of readdirSync('dist/parts')) if (!made.includes(`dist/parts/${part}`)) rmSync(`dist/parts/${part}`);
}

/** The licences of the libraries that are in what ships, as each of them asks. */
function licencesOf(inputs) {
  const folders = new Set(inputs.flatMap((input) => input.match(/^node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? []));
  return [...folders]
    .toSorted((one, other) => one.localeCompare(other))
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
      if (file === undefined) throw new Error(`${name} has no licence in ${folder}: leave it out of what ships`);
      return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
