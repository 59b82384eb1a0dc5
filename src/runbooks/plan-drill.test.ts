import { describe, expect, it } from '@jest/globals';
import {
  estate,
  group,
  host,
  inventory,
  madePlan,
  outline,
  replica,
  request,
  runbook,
  vm,
} from '../../test/properties/builders.js';
import type { ExtraStep } from '../model/runbook.js';

const sites = estate('north-1', 'south-1');
const facts = inventory({
  hosts: [host('north-1'), host('south-1')],
  vms: [vm('db-1', 'north-1', { networks: ['br-prod-north', 'br-odd'], hasAutostart: true })],
  replicas: [replica('db-1', 'south-1')],
});
const inputs = { runbook: runbook([group('all', 'db-1')]), estate: sites, inventory: facts, request: request('drill') };

describe('a drill', () => {
  it('attaches clones to nothing but the isolated network, whatever the VM itself is on', () => {
    const define = madePlan(inputs).stages[0]?.lanes[0]?.steps.find(({ kind }) => kind === 'define');
    expect(define?.input['definition']).toMatchObject({
      networks: ['br-drill-south', 'br-drill-south'],
      cloneOf: facts.vms[0]?.id,
      hasAutostart: false,
      name: expect.stringMatching(/^drill-db-1-[0-9a-f]{6}$/),
    });
  });

  it('removes in the end the very clone and overlay that its lane has made', () => {
    const [drill, cleanup] = madePlan(inputs).stages;
    const start = drill?.lanes[0]?.steps.find(({ kind }) => kind === 'start');
    expect(cleanup).toMatchObject({ id: 'cleanup', isAlways: true });
    expect(cleanup?.lanes[0]?.steps[0]).toMatchObject({
      onFailure: 'ask',
      retry: { attempts: 3 },
      input: { ...start?.input, what: 'clone', vmOverlay: 'db-1', overlayStep: 'vm/db-1/overlay' },
    });
  });

  it('makes other clones next time, and the same when the plan is made again', () => {
    const nameOf = (at: number): unknown =>
      madePlan({ ...inputs, request: request('drill', { at }) }).stages[0]?.lanes[0]?.steps.find(
        ({ kind }) => kind === 'start',
      )?.input['vm'];
    expect(nameOf(1)).toBe(nameOf(1));
    expect(nameOf(1)).not.toBe(nameOf(2));
  });

  it('starts from the newest point there is then, and from another only when it is asked for', () => {
    const overlayOf = (given: typeof inputs) =>
      madePlan(given).stages[0]?.lanes[0]?.steps.find(({ kind }) => kind === 'overlay')?.input;
    expect(overlayOf(inputs)).toMatchObject({ purpose: 'clone', point: 'newest' });
    const asked = { ...inputs, request: { ...inputs.request, point: { id: 'db-1-point-1' } } };
    expect(overlayOf(asked)).toMatchObject({ purpose: 'clone', point: { id: 'db-1-point-1' } });
  });

  it('is refused at a site without an isolated network', () => {
    const south = sites.sites['south'];
    const open =
      south === undefined
        ? sites
        : { ...sites, sites: { ...sites.sites, south: { ...south, networks: { prod: 'br-prod-south' } } } };
    expect(outline({ ...inputs, estate: open })).toEqual(['safety drill-network-missing south']);
  });

  it('tells of commands that it runs too', () => {
    const step: ExtraStep = {
      moment: { at: 'after-move' },
      action: { uses: 'run', with: { on: 'controller', command: ['./switch-dns.sh'], repeatable: false } },
      timeoutMs: 60_000,
      onFailure: 'stop',
    };
    const codes = (steps: readonly ExtraStep[]) =>
      madePlan({ ...inputs, runbook: runbook([group('all', 'db-1')], { steps }) }).findings.map(({ code }) => code);
    expect(codes([step])).toEqual(['drill-runs-command']);
    expect(codes([{ ...step, only: ['failover'] }])).toEqual([]);
  });
});
