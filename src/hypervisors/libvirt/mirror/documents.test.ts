import { describe, expect, it } from '@jest/globals';
import { connectionsIn, exportXml, overlayXml, readCopies } from './documents.js';

const to = { address: '10.77.2.11', port: 10_815, name: 'a1b2-vda' };

const disk = (target: string, mirror: string): string =>
  `<disk type='file' device='disk'><source file='/i/${target}.qcow2'/><target dev='${target}'/>${mirror}</disk>`;
const domain = (...disks: string[]): string => `<domain><devices>${disks.join('')}</devices></domain>`;
const mirror = (ready: string): string =>
  `<mirror type='network' job='copy'${ready}><format type='raw'/><source protocol='nbd' name='${to.name}'>` +
  `<host name='${to.address}' port='${to.port}'/></source></mirror>`;

describe('documents of mirrors', () => {
  it('name the export that is written to', () => {
    expect(exportXml({ ...to, name: `it's` })).toContain(
      `<source protocol='nbd' name='it&#39;s'><host name='10.77.2.11' port='10815'/></source>`,
    );
  });

  it.each([
    ['a copy that is not ready', mirror(''), [{ target: 'vda', to, isReady: false }]],
    ['a ready one', mirror(` ready='yes'`), [{ target: 'vda', to, isReady: true }]],
    ['one that is ending', mirror(` ready='abort'`), [{ target: 'vda', to, isReady: false }]],
    [
      'a copy to a file',
      `<mirror type='file' job='copy' ready='yes'><source file='/x'/></mirror>`,
      [{ target: 'vda', to: undefined, isReady: true }],
    ],
    [
      'a commit',
      `<mirror type='file' job='active-commit'><source file='/x'/></mirror>`,
      [{ target: 'vda', to: undefined, isReady: false }],
    ],
    ['nothing under way', '', []],
  ])('tell of %s', (_case, inDisk, copies) => {
    expect(readCopies(domain(disk('vda', inDisk), disk('vdb', '')))).toEqual(copies);
  });

  it('put images above the disks that are named, and above no other', () => {
    const xml = domain(disk('vda', ''), disk('vdb', ''));
    expect(overlayXml(xml, [{ target: 'vda', path: '/i/a&b' }])).toBe(
      `<domainsnapshot><disks><disk name='vda' snapshot='external' type='file'><driver type='qcow2'/>` +
        `<source file='/i/a&#38;b'/></disk><disk name='vdb' snapshot='no'/></disks></domainsnapshot>`,
    );
  });

  it('find the connections to exports of these names, and no other', () => {
    const node = (name: string, drv: string, file: string) => ({ 'node-name': name, drv, file });
    const reply = {
      return: [
        node('libvirt-3-format', 'raw', 'nbd://10.77.2.11:10815/a1b2-vda'),
        node('libvirt-3-storage', 'nbd', 'nbd://10.77.2.11:10815/a1b2-vda'),
        node('libvirt-4-storage', 'nbd', 'nbd://10.77.2.11:10815/ffff-vda'),
        node('libvirt-1-storage', 'file', '/images/a1b2-vda'),
      ],
    };
    expect(connectionsIn(JSON.stringify(reply), ['a1b2-vda', 'a1b2-vdb'])).toEqual(['libvirt-3-storage']);
    expect(connectionsIn('{"error":{}}', ['a1b2-vda'])).toEqual([]);
  });
});
