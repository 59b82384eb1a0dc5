import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { completionScript, shells } from './completion-script.js';

/** What bash offers for the last word of a line. */
function offered(...words: readonly string[]): readonly string[] {
  const script = `lifeboat() { [ "$*" = 'completion hosts' ] && printf '%s\\n' north-1 tmp-1; }
${completionScript('bash')}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lifeboat; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, status, stderr } = spawnSync('bash', ['-c', script, 'bash', 'lifeboat', ...words], {
    encoding: 'utf8',
    cwd: '/',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\n').filter((word) => word !== '');
}

describe('the completion for bash', () => {
  it.each<[words: readonly string[], offers: readonly string[]]>([
    [['fail'], ['failover', 'failback']],
    [['failover', 'x.yaml', '--att'], ['--attest']],
    [['--simulate', 'pla'], ['plan']],
    [
      ['plan', 'x.yaml', '--mode', 're'],
      ['relocate', 'reverse', 'return'],
    ],
    [
      ['report', 'last', '-o', ''],
      ['text', 'json', 'html', 'junit'],
    ],
    [['completion', ''], [...shells]],
    [['help', 'exit'], ['exit-codes']],
    [['drill', 'tm'], ['tmp']],
    [['evacuate', 'nor'], ['north-1']],
    [
      ['plan', 'tm'],
      ['tmp', 'tmp-1'],
    ],
  ])('after %j offers %j', (words, offers) => {
    expect(offered(...words)).toEqual(offers);
  });
});

describe('the scripts', () => {
  it.each(shells)('for %s name every kind of thing', (shell) => {
    const script = completionScript(shell);
    for (const word of ['failover', 'simulate-lose', 'mermaid', 'exit-codes']) {
      expect(script).toContain(word);
    }
  });
});
