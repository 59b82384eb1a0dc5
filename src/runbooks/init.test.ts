import { describe, expect, it } from '@jest/globals';
import type { HostFacts, Inventory, VmFacts } from '../model/inventory.js';
import { estateText, type FoundHost, runbookText } from './init.js';
import { parseEstate } from './parse-estate.js';
import { parseRunbook } from './parse-runbook.js';

const schema = '/usr/share/lifeboat/schemas/runbook.schema.json';
const hosts: readonly FoundHost[] = [
  { name: 'north-1', site: 'north', uri: 'qemu+ssh://root@north-1/system' },
  { name: 'south-1', site: 'south', uri: 'qemu:///system' },
];

function hostFacts(name: string, site: string): HostFacts {
  const cpu = { cpuModel: 'x', cpuModels: [], cpuThreads: 8 };
  const room = { memoryBytes: 1, memoryFreeBytes: 1, diskFreeBytes: 1 };
  return { name, site, observedAt: 0, ...cpu, ...room, networks: ['br-prod', 'odd name'], isCordoned: false };
}

function vm(name: string, hasAgent = true): VmFacts {
  const place = { site: 'north', host: 'north-1', observedAt: 0, seenOn: 'host', state: 'running' } as const;
  const size = { memoryBytes: 1, vcpus: 1, networks: [], disks: [], tags: [], hasAutostart: false };
  return { id: name, name, ...place, ...size, hasAgent };
}

function inventory(...vms: readonly VmFacts[]): Inventory {
  const facts = [hostFacts('north-1', 'north'), hostFacts('south-1', 'south')];
  return { at: 0, hosts: facts, vms, replicas: [], authority: [] };
}

function read(found: Inventory, to?: string) {
  const estate = parseEstate(estateText({ hosts, inventory: found, schema }), 'lifeboat.yaml');
  if (!estate.ok) {
    throw new Error(estate.problems.map(({ message }) => message).join('\n'));
  }
  const target = to === undefined ? {} : { to };
  const text = runbookText({ name: 'all', from: 'north', ...target, hosts, inventory: found, schema });
  return { estate: estate.value, text, runbook: parseRunbook(text, 'all.yaml', estate.value) };
}

describe('init', () => {
  it('writes an estate of the hosts it found, with their networks', () => {
    const { estate } = read(inventory(), 'south');
    expect(Object.keys(estate.sites)).toEqual(['north', 'south']);
    expect(estate.sites['north']?.hosts['north-1']?.address).toBe('north-1');
    expect(estate.sites['south']?.networks).toEqual({ 'br-prod': 'br-prod' });
  });

  it('groups VMs by the name before the number, and takes a glob only where it means no other VM', () => {
    const vms = ['web-1', 'web-2', 'db-1', 'db-2', 'db-main', 'mail'].map((name) => vm(name));
    const { runbook } = read(inventory(...vms), 'south');
    expect(runbook.ok && runbook.value.groups.map(({ name, vms: selectors }) => [name, selectors])).toEqual([
      ['db', [{ name: 'db-1' }, { name: 'db-2' }]],
      ['others', [{ name: 'db-main' }, { name: 'mail' }]],
      ['web', [{ glob: 'web-*' }]],
    ]);
  });

  it('begins with the modeline, so that an editor knows the schema', () => {
    expect(read(inventory(vm('web-1'))).text.split('\n')[0]).toBe(`# yaml-language-server: $schema=${schema}`);
  });

  it('asks only VMs with a guest agent to be quiesced and to answer by it', () => {
    const { text } = read(inventory(vm('web-1', false), vm('db-1', true)), 'south');
    expect(text.match(/quiesce: true/g)).toHaveLength(1);
    expect(text.match(/^ {4}ready:/gm)).toHaveLength(1);
  });

  it('parses whatever the VMs are called', () => {
    const odd = [
      'a[b]1',
      '*',
      'x: y',
      '"',
      "it's",
      'ünïcode-1',
      'true',
      '1',
      '- x',
      '#',
      '12',
      'no 7',
      'others1',
      'a\\b',
    ];
    const { runbook } = read(inventory(...odd.map((name) => vm(name))), 'south');
    expect(runbook.ok ? [] : runbook.problems).toEqual([]);
  });

  it('empties the first host when there is no other site, and takes every VM when it found none', () => {
    const { runbook } = read(inventory());
    expect(runbook).toMatchObject({
      ok: true,
      value: {
        protect: { from: { site: 'north', host: 'north-1' }, to: { site: 'north' } },
        groups: [{ vms: [{ glob: '*' }] }],
      },
    });
  });
});
