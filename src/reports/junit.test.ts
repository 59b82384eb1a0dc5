import { describe, expect, it } from '@jest/globals';
import { eventfulRun } from '../../test/reports/eventful-run.js';
import { failover } from '../../test/reports/journals.js';
import { elementsOf } from '../../test/reports/markup.js';
import { renderJUnit } from './junit.js';
import { reportOf } from './report-of.js';

describe('renderJUnit', () => {
  it('has a case per step with its time, and one per objective', () => {
    const text = renderJUnit(reportOf('run-1', failover({ vms: ['db-1'] })));
    expect(text).toBe(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites name="failover payroll" tests="7" failures="0" errors="0" skipped="0" time="13.700">',
        '  <testsuite name="Proofs of death" tests="1" failures="0" errors="0" skipped="0" time="4.900" timestamp="2026-03-01T14:00:03.000Z">',
        '    <testcase classname="host/north-1" name="Fence north-1" time="4.900"/>',
        '  </testsuite>',
        '  <testsuite name="Priority 1" tests="4" failures="0" errors="0" skipped="0" time="8.800" timestamp="2026-03-01T14:00:03.000Z">',
        '    <testcase classname="vm/db-1" name="Check the replica of db-1" time="0.400"/>',
        '    <testcase classname="vm/db-1" name="Promote db-1" time="1.000"/>',
        '    <testcase classname="vm/db-1" name="Start db-1" time="1.400"/>',
        '    <testcase classname="vm/db-1" name="db-1 answers on tcp 5432" time="6.000"/>',
        '  </testsuite>',
        '  <testsuite name="Objectives" tests="2" failures="0" errors="0" skipped="0" time="0.000" timestamp="2026-03-01T14:00:03.000Z">',
        '    <testcase classname="objectives" name="RPO" time="0.000"/>',
        '    <testcase classname="objectives" name="RTO" time="0.000"/>',
        '  </testsuite>',
        '</testsuites>',
        '',
      ].join('\n'),
    );
  });

  it('tells failures with their code and message, and what was not reached or skipped by an operator', () => {
    const text = renderJUnit(reportOf('run-1', eventfulRun()));
    expect(text).toContain(
      '<failure type="check-failed" message="the replica of queue-1 has no recovery point"></failure>',
    );
    expect(text).toContain('<skipped message="no answer on tcp 443 in 12s"/>');
    expect(text).toContain('name="Start batch-1" time="0.000"><skipped');
  });

  it('is well-formed whatever a VM is called', () => {
    const text = renderJUnit(reportOf('run-1', failover({ vms: ['a"><testcase/>&\u0000\ufffe', ']]>'] })));
    expect(elementsOf(text).filter((name) => name === 'testcase')).toHaveLength(11);
  });
});
