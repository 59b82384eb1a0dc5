/** The YAML of the documents is YAML, and the examples of whole files are taken. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { parseEstate } from '../../src/runbooks/parse-estate.js';
import { parseRunbook } from '../../src/runbooks/parse-runbook.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const blocksOf = (document: string): readonly string[] =>
  [...readFileSync(`${root}docs/${document}`, 'utf8').matchAll(/^```yaml\n([^]*?)^```$/gm)].map(
    ([, text = '']) => text,
  );
const documents = readdirSync(`${root}docs`).filter((name) => name.endsWith('.md') && blocksOf(name).length > 0);

describe('the YAML of a document', () => {
  it.each(documents)('can be read: %s', (document) => {
    // Several examples may stand in one block, a line each.
    const texts = blocksOf(document).flatMap((block) => (block.startsWith('{') ? block.trim().split('\n') : [block]));
    const wrong = texts.filter((text) => parseAllDocuments(text).some(({ errors }) => errors.length > 0));
    expect(wrong).toEqual([]);
  });

  it('is a whole estate, and a whole runbook, where it says so', () => {
    const whole = (document: string): string => blocksOf(document).find((text) => text.includes('version: 1')) ?? '';
    expect(parseEstate(whole('estate.md'), 'estate.md')).toMatchObject({ ok: true });
    const estate = parseEstate(readFileSync(`${root}runbooks/lifeboat.yaml`, 'utf8'), 'lifeboat.yaml');
    expect(estate.ok && parseRunbook(whole('runbook.md'), 'runbook.md', estate.value)).toMatchObject({ ok: true });
  });
});
