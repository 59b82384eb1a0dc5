import { describe, expect, it } from '@jest/globals';
import { runInMemory } from '../../test/cli/memory-environment.js';
import { catalogue } from './catalogue/catalogue.js';
import { sharedOptions } from './command-spec.js';
import { exitCodeMeanings, exitCodes } from './exit-codes.js';

const folder = '/';

describe('the help', () => {
  it('lists every command in one line of its own', async () => {
    const { exitCode, stdout } = await runInMemory(['--help'], { folder });
    expect(exitCode).toBe(0);
    for (const { name, summary } of catalogue) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name} +${summary.slice(0, 12)}`, 'm'));
    }
  });

  it.each(catalogue.map(({ name }) => name))('of %s shows its options and two examples', async (name) => {
    const spec = catalogue.find((one) => one.name === name);
    const { exitCode, stdout } = await runInMemory([name, '--help'], { folder });
    expect(exitCode).toBe(0);
    for (const { flags } of [...(spec?.options ?? []), ...sharedOptions]) {
      expect(stdout).toContain(flags);
    }
    expect(stdout.slice(stdout.indexOf('Examples:')).split(`lifeboat ${name}`).length).toBeGreaterThan(2);
    expect(await runInMemory(['help', name], { folder })).toEqual({ exitCode, stdout, stderr: '' });
  });

  it('explains every exit code', async () => {
    const { exitCode, stdout } = await runInMemory(['help', 'exit-codes'], { folder });
    expect(exitCode).toBe(0);
    expect(exitCodeMeanings.map(({ code }) => code)).toEqual(Object.values(exitCodes));
    for (const { code, meaning } of exitCodeMeanings) {
      expect(stdout).toContain(`${String(code).padStart(5)}  ${meaning}`);
    }
  });

  it('prints the version', async () => {
    expect(await runInMemory(['--version'], { folder })).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' });
  });
});
