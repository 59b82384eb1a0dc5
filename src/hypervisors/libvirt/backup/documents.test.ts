import { describe, expect, it } from '@jest/globals';
import { backupXml, checkpointXml, readCheckpoint, readSocket, redefinitionXml } from './documents.js';

const request = {
  host: 'north-1',
  id: 'id',
  folder: '/scratch/l&b',
  checkpoint: 'c2',
  disks: [
    { target: 'vda', isTracked: true, since: 'c1' },
    { target: 'vdb', isTracked: true },
    { target: 'vdc', isTracked: false },
  ],
  others: ['vdd'],
};

describe('documents of a backup', () => {
  it('name each disk, since when, and its scratch file', () => {
    expect(backupXml(request)).toBe(
      "<domainbackup mode='pull'><server transport='unix' socket='/scratch/l&#38;b/nbd.sock'/><disks>" +
        "<disk name='vda' backup='yes' type='file' backupmode='incremental' incremental='c1'><scratch file='/scratch/l&#38;b/vda.scratch'/></disk>" +
        "<disk name='vdb' backup='yes' type='file' backupmode='full'><scratch file='/scratch/l&#38;b/vdb.scratch'/></disk>" +
        "<disk name='vdc' backup='yes' type='file' backupmode='full'><scratch file='/scratch/l&#38;b/vdc.scratch'/></disk>" +
        "<disk name='vdd' backup='no'/></disks></domainbackup>",
    );
  });

  it('make a checkpoint of those that can have one', () => {
    expect(checkpointXml(request)).toBe(
      "<domaincheckpoint><name>c2</name><disks><disk name='vda' checkpoint='bitmap' bitmap='c2'/>" +
        "<disk name='vdb' checkpoint='bitmap' bitmap='c2'/><disk name='vdc' checkpoint='no'/>" +
        "<disk name='vdd' checkpoint='no'/></disks></domaincheckpoint>",
    );
  });

  it('tell a host of bitmaps that it has, with their moment in seconds', () => {
    const record = { host: 'h', id: 'id', checkpoint: 'c1', at: 1_999, tracked: ['vda'], others: ['vdc'] };
    expect(redefinitionXml(record)).toContain('<name>c1</name><creationTime>1</creationTime>');
  });

  it('say which bitmaps are whole, while the VM runs', () => {
    const xml =
      "<domaincheckpoint><name>c1</name><disks><disk name='vda' checkpoint='bitmap' bitmap='c1' size='65536'/>" +
      "<disk name='vdb' checkpoint='bitmap' bitmap='c1'/><disk name='vdc' checkpoint='no'/></disks></domaincheckpoint>";
    expect(readCheckpoint(xml, 'c1', true)).toEqual({ name: 'c1', bitmaps: { vda: 'whole', vdb: 'broken' } });
    expect(readCheckpoint(xml, 'c1', false)).toEqual({ name: 'c1', bitmaps: { vda: 'unknown', vdb: 'unknown' } });
  });

  it('say at which socket a backup is read', () => {
    expect(readSocket(backupXml(request))).toBe('/scratch/l&b/nbd.sock');
    expect(readSocket("<domainbackup mode='push'><disks/></domainbackup>")).toBe('');
  });
});
