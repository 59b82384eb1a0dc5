/**
 * Lets Node run the TypeScript of `test/` over the built program: `node --import ./test/crash/typescript.mjs FILE.ts`.
 * What a test imports from `src/` is taken from `build/`, so that what is proven is what ships. Types are only stripped.
 */
import { existsSync, readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transformSync } from '@swc/core';

const root = new URL('../../', import.meta.url).href;

export async function resolve(specifier, context, next) {
  if (!specifier.startsWith('.') || context.parentURL?.startsWith(`${root}test/`) !== true) {
    return next(specifier, context);
  }
  const { href } = new URL(specifier, context.parentURL);
  const source = href.replace(/\.js$/, '.ts');
  return href.startsWith(`${root}src/`)
    ? next(href.replace(`${root}src/`, `${root}build/`), context)
    : next(existsSync(fileURLToPath(source)) ? source : href, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) {
    return next(url, context);
  }
  const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), {
    swcrc: false,
    sourceMaps: 'inline',
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  return { format: 'module', source: code, shortCircuit: true };
}

if (isMainThread) register(import.meta.url);
