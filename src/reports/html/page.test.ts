import { describe, expect, it } from '@jest/globals';
import { eventfulRun } from '../../../test/reports/eventful-run.js';
import { failover } from '../../../test/reports/journals.js';
import { elementsOf } from '../../../test/reports/markup.js';
import { reportOf } from '../report-of.js';
import { renderHtml } from './page.js';

const page = renderHtml(reportOf('run-1', eventfulRun(), { headHash: 'f00d' }));
const allowed = [
  'html head meta title style body header main footer section div p h1 h2 h3 dl dt dd ul li span code pre abbr br',
  'details summary table caption thead tbody tr th td svg defs pattern desc g rect line circle text',
].flatMap((names) => names.split(' '));

describe('renderHtml', () => {
  it('closes every element and uses none that could run or fetch anything', () => {
    expect([...new Set(elementsOf(page))].filter((name) => !allowed.includes(name))).toEqual([]);
  });

  it('asks nothing of anybody: no address, no handler, no script', () => {
    expect(page).not.toMatch(/https?:|\bsrc=|\bhref=|\son\w+=|@import|url\((?!#)/i);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it('escapes whatever a VM is called', () => {
    const name = `<img src=x onerror=alert(1)>"'&\u202e`;
    const hostile = renderHtml(reportOf(name, failover({ vms: [name, 'web-1'], failing: [name] }), { headHash: name }));
    expect([...new Set(elementsOf(hostile))].filter((element) => !allowed.includes(element))).toEqual([]);
    expect(hostile).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\\u{202e}');
  });

  it('gives every chart a title and a description of its own', () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const [, labels = ''] = /role="img" aria-labelledby="([^"]*)"/.exec(page) ?? [];
    expect(labels.split(' ').filter((id) => !ids.includes(id))).toEqual([]);
    expect(page).toContain('Priority 3: web, 4 lanes: 3 succeeded, 1 blocked. ');
  });

  it('shows what an auditor looks for', () => {
    for (const text of [
      '! finished with errors',
      '6 of 9',
      '2m 08s',
      'target 3m',
      'f00d',
      'bob',
      'certificate, known',
    ]) {
      expect(page).toContain(text);
    }
  });

  it('folds five hundred VMs away but for those that failed', () => {
    const vms = Array.from({ length: 500 }, (_, index) => `vm-${index}`);
    const big = renderHtml(reportOf('run-1', failover({ vms, failing: ['vm-17'], stages: 5 })));
    expect(elementsOf(big).filter((name) => name === 'svg').length).toBeGreaterThan(6);
    const unfolded = big.replace(/<details>[^]*?<\/details>/g, '');
    expect(unfolded).toContain('vm-17');
    expect(unfolded).not.toContain('vm-18');
    expect(big).toContain('499 VMs in their place');
  });
});
