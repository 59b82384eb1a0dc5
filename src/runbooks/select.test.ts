import { describe, expect, it } from '@jest/globals';
import { group, runbook, selector } from '../../test/properties/builders.js';
import { select, selectSets } from './select.js';

const vms = [
  { name: 'web-1', tags: ['tier=web'] },
  { name: 'web-2', tags: ['tier=web', 'loud=yes'] },
  { name: 'db-1', tags: ['tier=db'] },
];

function chosen(...groups: ReturnType<typeof group>[]) {
  return Object.fromEntries(
    select(runbook(groups), vms).groups.map((found) => [found.group.name, found.vms.map(({ name }) => name)]),
  );
}

describe('select', () => {
  it('takes names, globs and tags, each VM once', () => {
    expect(chosen(group('web', 'web-1 web-* tag:loud=yes'), group('rest', 'tag:tier=db'))).toEqual({
      web: ['web-1', 'web-2'],
      rest: ['db-1'],
    });
  });

  it('refuses a VM of two groups, naming both and the second selector', () => {
    const { conflicts } = select(runbook([group('web', 'web-1'), group('all', 'db-1 web-*')]), vms);
    expect(conflicts).toEqual([
      {
        code: 'vm-in-two-groups',
        severity: 'blocker',
        subject: 'web-1',
        message: 'web-1 is in group web and, by glob web-*, in group all',
        hint: 'let one group only ask for it',
        path: '/groups/1/vms/1',
        reason: 'invalid',
      },
    ]);
  });

  it('says which name a wrong one was probably meant for', () => {
    const { unmatched } = select(runbook([group('web', 'web-1 wbe-2 mail')]), vms);
    expect(unmatched.map(({ subject, path, hint }) => [subject, path, hint])).toEqual([
      ['wbe-2', '/groups/0/vms/1', 'did you mean web-2?'],
      ['mail', '/groups/0/vms/2', undefined],
    ]);
  });

  it('warns of globs and tags that match nothing', () => {
    const { findings, unmatched } = select(runbook([group('mail', 'mail-* tag:tier=mail')]), vms);
    expect(findings.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      'warning: glob mail-* of group mail matches no VM',
      'warning: tag tier=mail of group mail matches no VM',
    ]);
    expect(unmatched).toEqual([]);
  });

  it('takes a glob that begins with a wildcard over all names', () => {
    expect(chosen(group('firsts', '*-1'))).toEqual({ firsts: ['db-1', 'web-1'] });
  });
});

describe('selectSets', () => {
  it('gives the names of each rule, and nobody twice', () => {
    expect(selectSets([['web-*', 'web-1', 'tag:tier=db'].map(selector), [selector('nobody')]], vms)).toEqual([
      ['web-1', 'web-2', 'db-1'],
      [],
    ]);
  });
});
