import { describe, expect, it, test } from '@jest/globals';
import { group } from '../../test/properties/builders.js';
import { order } from './order.js';

/** `database 1; web 2 < database`: names, priorities, and what they wait for. */
function groupsOf(text: string) {
  return text.split('; ').map((line) => {
    const [head = '', after = ''] = line.split(' < ');
    const [name = '', priority = '3'] = head.split(' ');
    return group(name, '', { priority: Number(priority), after: after.split(' ').filter(Boolean) });
  });
}

function levels(text: string): string[] {
  return order(groupsOf(text)).levels.map(({ priority, groups }) => `${priority}: ${groups.join(' ')}`);
}

describe('order', () => {
  test.each([
    ['one priority makes one level', 'a; b', ['3: a b']],
    ['priorities follow one another', 'late 5; early 1; other 1', ['1: early other', '5: late']],
    ['within a priority, what is waited for comes first', 'c 2 < b; b 2 < a; a 2', ['2: a', '2: b', '2: c']],
    ['a group waits for one of a later priority', 'web 1 < db; db 4; cache 1', ['1: cache', '4: db', '4: web']],
    ['and so does what waits for it', 'app 1 < web; web 1 < db; db 4', ['4: db', '4: web', '4: app']],
    ['an earlier priority needs no level more', 'web 2 < db; db 1; log 2', ['1: db', '2: web log']],
    ['groups of a diamond wait for both sides', 'd < b c; b < a; c; a', ['3: c a', '3: b', '3: d']],
  ])('%s', (_, text, expected) => {
    expect(levels(text)).toEqual(expected);
  });

  it('says when a priority has to wait', () => {
    expect(order(groupsOf('web 1 < db; db 4')).findings.map(({ message }) => message)).toEqual([
      'web has priority 1 but waits for a group of priority 4, so that it comes after it',
    ]);
  });

  it('refuses circles with their path', () => {
    const { conflicts, levels: none } = order(groupsOf('a < c; b < a; c < b; d < a'));
    expect(conflicts.map(({ code, message, path }) => [code, message, path])).toEqual([
      ['group-cycle', 'groups wait for each other in a circle: a → c → b → a', '/groups/0/after/0'],
    ]);
    expect(none).toEqual([]);
  });

  it('refuses a group that there is not', () => {
    const [conflict] = order(groupsOf('database; web < databse')).conflicts;
    expect(conflict).toMatchObject({
      code: 'group-unknown',
      path: '/groups/1/after/0',
      hint: 'did you mean database?',
    });
  });

  it('bears a chain of ten thousand groups', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) => (index === 0 ? 'g0' : `g${index} < g${index - 1}`));
    expect(order(groupsOf(chain.join('; '))).levels).toHaveLength(10_000);
  });
});
