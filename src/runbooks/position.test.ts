import { describe, expect, it } from '@jest/globals';
import { locationOf, sourceOf } from './position.js';

function frame(text: string, word: string): string {
  return locationOf(sourceOf('x', text), { offset: text.indexOf(word), length: word.length }).frame;
}

describe('a place in a file', () => {
  it('is counted from one, and after the last character of the file is still a place', () => {
    const source = sourceOf('x', 'ab\ncd');
    expect(locationOf(source, { offset: 4, length: 1 })).toMatchObject({ line: 2, column: 2 });
    expect(locationOf(source, { offset: 99, length: 1 })).toMatchObject({ line: 2, column: 3 });
    expect(locationOf(sourceOf('x', ''), { offset: 0, length: 1 })).toMatchObject({ line: 1, column: 1 });
  });

  it('is shown within a line of any length', () => {
    const text = `${'a'.repeat(3_000_000)}HERE${'b'.repeat(1_000_000)}`;
    const [line = '', mark = ''] = frame(text, 'HERE').split('\n');
    expect(line.length).toBeLessThan(130);
    expect(line.indexOf('HERE')).toBe(mark.indexOf('^^^^'));
  });

  it.each([
    ['password: hunter2, here: 1'],
    ['{ passwd: "hunter2", here: 1 }'],
    ['{ api_key: hunter2 } here'],
    ['snmp_community: hunter2 # here'],
    ['smtps://ops:hunter2@mail here'],
    ['password:\n  hunter2 here'],
    ["'token' : |\n  hunter2 here"],
  ])('never shows the secret of %j', (text) => {
    expect(frame(text, 'here')).not.toContain('hunter2');
  });

  it('still shows where a secret is read from', () => {
    expect(frame('password: { file: ipmi.secret }', 'file')).toContain('password: { file: ipmi.secret }');
  });

  it('shows no character that would command the terminal', () => {
    expect(frame('a\u009b31m\u202e here', 'here')).toContain('a·31m· here');
  });
});
