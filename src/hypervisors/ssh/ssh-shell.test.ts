import { describe, expect, it } from '@jest/globals';
import { createSshShell } from './ssh-shell.js';

const never = new AbortController().signal;

describe('what a command reads', () => {
  const shell = createSshShell({ sites: {}, links: {}, tls: 'off', store: { sqlite: 'db' } });
  const run = async (argv: readonly string[], input?: string | Buffer) =>
    await shell.run({ on: 'controller', argv, environment: {}, ...(input === undefined ? {} : { input }) }, never);

  it('is its input, byte for byte', async () => {
    expect(await run(['cat'], 'one\n$two "three"')).toMatchObject({ exitCode: 0, stdout: 'one\n$two "three"' });
    expect(await run(['wc', '-c'], Buffer.alloc(1_000_000))).toMatchObject({ stdout: '1000000\n' });
  });

  it('is nothing without one', async () => {
    expect(await run(['cat'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('may be left unread', async () => {
    expect(await run(['false'], Buffer.alloc(1_000_000))).toMatchObject({ exitCode: 1 });
  });
});
