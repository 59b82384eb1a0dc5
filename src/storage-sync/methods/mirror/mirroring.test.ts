import { describe, expect, it } from '@jest/globals';
import { vm as facts } from '../../../../test/properties/builders.js';
import type { BackupSource } from '../../../hypervisors/backups.js';
import type { DiskCopy } from '../../../hypervisors/mirrors.js';
import { FailureError } from '../../../model/failure.js';
import type { PointManifest } from '../../store/manifest.js';
import type { MirrorRecord } from '../../store/replica-state.js';
import type { StoredPoint, StoredReplica } from '../../store/store.js';
import { beginMirror, followMirror } from './begin.js';
import type { Mirroring } from './mirror-request.js';
import { pointUnderMirror } from './point.js';
import { isTornApart, settleMirror } from './settle.js';

const vm = { id: '11111111-2222-3333-4444-555555555555', name: 'db-1' };
const record: MirrorRecord = { instance: '7-1', address: '10.77.2.11', port: 10_815, prefix: 'a1-', readyAt: 5 };
const chain = 'lifeboat.south.south-1.';
const file = (target: string) =>
  ({ target, path: `/i/${target}.qcow2`, format: 'qcow2', sizeBytes: 8, isRemote: false }) as const;
const source: BackupSource = {
  name: vm.name,
  state: 'running',
  isPausedByError: false,
  hasAgent: false,
  isFrozen: false,
  disks: [file('vda'), { ...file('vdb'), format: 'raw' }],
  checkpoints: [`${chain}old`, `${chain}p1`, 'theirs'].map((name) => ({ name, bitmaps: {} })),
  isBusy: false,
  definition: '<domain/>',
  hasStateBesideDisks: false,
};
const manifest: PointManifest = {
  version: 1,
  id: 'p1',
  vm,
  at: 1_000,
  consistency: 'crash',
  bytes: 0,
  checkpoint: `${chain}p1`,
  source: { site: 'north', host: 'north-1' },
  disks: [],
  carries: facts(vm.name, 'north-1'),
};
const newest: StoredPoint = {
  id: 'p1',
  vm: vm.name,
  at: 1_000,
  sizeBytes: 0,
  pinnedBy: [],
  consistency: 'crash',
  checkpoint: `${chain}p1`,
  manifest,
};
const replica = (parts: Partial<StoredReplica['state']> = {}): StoredReplica => ({
  state: {
    version: 1,
    vm,
    method: 'mirror',
    source: manifest.source,
    disks: [{ target: 'vda', sizeBytes: 8, layers: [0, 1] }],
    nextLayer: 2,
    ...parts,
  },
  points: [newest],
  daemon: { pid: 7, instance: '7-1' },
});

/** A port of which no more than these parts may be used. */
const only = <Port extends object>(parts: Partial<Port>): Port =>
  new Proxy(parts, {
    get: (known, name) => {
      if (!(name in known)) throw new Error(`nobody should ask for ${String(name)}`);
      return Reflect.get(known, name);
    },
  }) as Port;

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.catch((reason: unknown) => reason);
  return error instanceof FailureError ? error.failure.code : String(error);
};

/** Both hosts, and what is done to them in its order. */
function scene({ takenPorts = 0, breaks = false, cut = '' } = {}) {
  const acts: string[] = [];
  let copies: readonly DiskCopy[] = [];
  let looks = 0;
  const act = (text: string) => async () => void acts.push(text);
  const tools: Mirroring['tools'] = {
    clock: {
      now: () => 60_000,
      at: (_at: number, callback: () => void) => (queueMicrotask(callback), () => undefined),
    },
    shell: { run: async () => ({ exitCode: 0, stdout: cut, stderr: '' }) },
    hypervisor: { vm: async () => facts(vm.name, 'north-1') },
    sockets: only({}),
    commits: only({}),
    backups: only<Mirroring['tools']['backups']>({
      look: async () => source,
      createCheckpoint: async ({ checkpoint, tracked, others }) =>
        void acts.push(`checkpoint ${checkpoint.slice(chain.length)} of ${tracked.join()} not ${others.join()}`),
      deleteCheckpoint: async ({ checkpoint }) => void acts.push(`delete ${checkpoint}`),
    }),
    mirrors: only<Mirroring['tools']['mirrors']>({
      look: async () => {
        looks += 1;
        if (looks > 2 && breaks) return [];
        return copies.map((copy) => ({ ...copy, isReady: looks > 2 }));
      },
      begin: async ({ disks }) => {
        acts.push(`begin ${disks.map(({ target, isShallow }) => `${target}${isShallow ? ' shallow' : ''}`).join()}`);
        copies = disks.map(({ target, to }) => ({ target, to, isReady: false, doneBytes: 4, totalBytes: 8 }));
      },
      connections: async () => ['libvirt-5-storage'],
      end: async ({ exports }) => void acts.push(`end ${exports.join()}`),
    }),
    store: only<Mirroring['tools']['store']>({
      find: async () => replica(),
      open: async ({ listening }) => {
        acts.push('open');
        if (listening.kind !== 'tcp') throw new Error('a mirror comes over TCP');
        if (acts.filter((each) => each === 'open').length <= takenPorts) {
          throw new FailureError({ code: 'nbd-port-taken', kind: 'transient', message: String(listening.port) });
        }
        const exports = source.disks.map(({ target, sizeBytes }) => ({
          target,
          sizeBytes,
          name: `${listening.prefix}${target}`,
          content: 'kept' as const,
        }));
        return { instance: '7-1', exports };
      },
      recordMirror: async (_id, mirror) =>
        void acts.push(mirror === undefined ? 'forget' : mirror.readyAt === undefined ? 'record' : 'record ready'),
      publish: async (_id, point) => {
        acts.push(`publish of ${point.checkpoint === newest.checkpoint ? 'the same' : 'a new'} checkpoint`);
        return { ...manifest, id: point.id, at: point.at };
      },
      writtenAt: async () => 2_000,
      definition: async () => '<domain/>',
      endExports: act('cut'),
      discardIncoming: act('discard'),
    }),
  };
  const mirroring: Mirroring = {
    vm,
    from: { site: 'north', host: 'north-1' },
    to: { site: 'south', host: 'south-1' },
    address: '10.77.2.11',
    stallMs: 5_000,
    scratch: '/scratch',
    signal: new AbortController().signal,
    onProgress: () => undefined,
    note: () => undefined,
    tools,
  };
  return { mirroring, acts };
}

describe('a mirror that begins', () => {
  it('is recorded before its first write, and known to be ready only once it has a point', async () => {
    const { mirroring, acts } = scene();
    expect((await beginMirror(mirroring, undefined)).bytes).toBe(8);
    expect(acts).toEqual([
      'open',
      'record',
      'begin vda,vdb',
      `delete ${chain}old`,
      'checkpoint 19700101T000100000Z of vda not vdb',
      'publish of a new checkpoint',
      `delete ${chain}p1`,
      'record ready',
    ]);
  });

  it('takes another port when one is taken', async () => {
    const { mirroring, acts } = scene({ takenPorts: 2 });
    await beginMirror(mirroring, undefined);
    expect(acts.filter((act) => act === 'open')).toHaveLength(3);
  });

  it('is never taken for ready when it breaks before', async () => {
    const { mirroring, acts } = scene({ breaks: true });
    expect(await codeOf(beginMirror(mirroring, undefined))).toBe('mirror-broken');
    expect(acts).toEqual(['open', 'record', 'begin vda,vdb']);
    const { readyAt: _, ...begun } = record;
    expect(await codeOf(followMirror(mirroring, { source, record: begun }))).toBe('mirror-broken');
  });
});

describe('a point under a mirror', () => {
  it('lets go of checkpoints of no point before, and of the one before it after it is there', async () => {
    const { mirroring, acts } = scene();
    await pointUnderMirror(mirroring, { source, instance: '7-1', bytes: 0 });
    expect(acts.map((act) => act.split(' ')[0])).toEqual(['delete', 'checkpoint', 'publish', 'delete']);
  });
});

describe('a mirror that is settled', () => {
  const settled = async (found: StoredReplica, standing: 'whole' | 'broken', cut = '') => {
    const { mirroring, acts } = scene({ cut });
    const { tools, signal } = mirroring;
    await settleMirror({ host: 'north-1', tools, replica: found, standing, signal });
    return acts;
  };

  it('leaves what it has brought as a point, with the checkpoint that knows all since', async () => {
    const kept = ['publish of the same checkpoint', 'end a1-vda', 'cut', 'forget'];
    expect(await settled(replica({ mirror: record }), 'whole')).toEqual(kept);
    expect(await settled(replica({ mirror: record }), 'broken')).toEqual(kept);
  });

  it('leaves nothing when it was not ready, its daemon has ended, or its disks may be of two moments', async () => {
    const { readyAt: _, ...begun } = record;
    const two = replica({ mirror: record }).state.disks.flatMap((disk) => [disk, { ...disk, target: 'vdb' }]);
    expect(await settled(replica({ mirror: begun }), 'broken')).toEqual(['end a1-vda', 'cut', 'discard']);
    expect(await settled({ ...replica({ mirror: record }), daemon: undefined }, 'broken')).toContain('discard');
    expect(await settled(replica({ mirror: record, disks: two }), 'broken')).toContain('discard');
    expect(await settled(replica({ mirror: record, disks: two }), 'broken', 'other-\n')).toContain('discard');
    expect(await settled(replica({ mirror: record, disks: two }), 'broken', 'a1-\n')).toContain('forget');
    expect(await settled(replica({ mirror: record, disks: two }), 'whole')).toContain('forget');
  });

  it('is left alone when there is none', async () => {
    expect(await settled(replica(), 'broken')).toEqual([]);
  });
});

describe('what a mirror has brought', () => {
  it.each([
    ['two disks, when their VM runs on without it', 2, 'running', '', true],
    ['two disks, when all was cut at once', 2, 'running', 'a1-\n', false],
    ['two disks, when their VM has ended', 2, 'shut-off', '', false],
    ['one disk', 1, 'running', '', false],
  ] as const)('of %s: torn apart or not', async (_case, count, state, cut, isTorn) => {
    const { mirroring } = scene({ cut });
    const tools = { ...mirroring.tools, hypervisor: { vm: async () => facts(vm.name, 'north-1', { state }) } };
    const [disk] = replica().state.disks;
    const disks = ['vda', 'vdb'].slice(0, count).flatMap((target) => (disk === undefined ? [] : [{ ...disk, target }]));
    const found = replica({ mirror: record, disks });
    expect(await isTornApart({ replica: found, tools, signal: mirroring.signal })).toBe(isTorn);
  });
});
