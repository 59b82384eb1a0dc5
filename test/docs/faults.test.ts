/** `docs/simulation.md` has every kind of scripted fault and no other. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const textOf = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

it('the page of simulated worlds lists the faults that there are', () => {
  const [types = ''] = textOf('src/hypervisors/simulated/fault.ts').split('/** Whether a fault');
  const kinds = [...types.matchAll(/readonly kind: '([a-z-]+)'/g)].map(([, kind = '']) => kind);
  const listed = [...textOf('docs/simulation.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, kind = '']) => kind);
  expect(kinds.length).toBeGreaterThan(10);
  expect(listed.toSorted()).toEqual(kinds.toSorted());
});
