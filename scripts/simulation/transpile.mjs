import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { transform } from '@swc/core';

/**
 * Turns `src` and `test/simulation` into JavaScript in a folder of this process's own, and returns the folder. Types are not checked: that is what
 * `npm run build` is for. What the folder had before is gone.
 */
export async function transpile(root) {
  const folder = join(root, 'node_modules/.cache/simulation');
  const fresh = `${folder}-${process.pid}`;
  await Promise.all([turn(root, 'src', fresh), turn(root, 'test/simulation', fresh)]);
  await writeFile(join(fresh, 'package.json'), '{"type":"module"}\n');
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  return folder;
}

async function turn(root, part, into) {
  const names = await readdir(join(root, part), { recursive: true });
  const sources = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  await Promise.all(
    sources.map(async (name) => {
      const file = join(root, part, name);
      const { code } = await transform(await readFile(file, 'utf8'), {
        filename: file,
        sourceMaps: 'inline',
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
      });
      const target = join(into, part, name.replace(/\.ts$/, '.js'));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, code);
    }),
  );
}
