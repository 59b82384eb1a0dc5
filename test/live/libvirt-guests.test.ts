/** What Lifeboat will ask of libvirt, asked of real hosts with guests that count. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ConnectDomainEventBlockJobStatus,
  connect,
  type Domain,
  DomainBlockCopyFlags,
  DomainBlockJobAbortFlags,
  DomainEventType,
  DomainGetJobStatsFlags,
  DomainJobField,
  DomainMigrateFlags,
  DomainState,
  ErrorNumber,
  type EventName,
  type EventOf,
  type Libvirt,
  MigrateParameter,
  parameter,
  StorageVolDownloadFlags,
  StorageVolUploadFlags,
  valuesByField,
} from 'node-libvirt';
import { countedPast, type Guest, prepareTargets, removeGuest, startAudit, startGuest, witnessOf } from './guest.js';
import { lab, onHost, uriOf } from './lab.js';

let north: Libvirt;
let south: Libvirt;
let guest: Guest;
let dom: Domain;

beforeAll(async () => {
  [guest, north, south] = await Promise.all([
    startGuest('client-guest', 'north-1', '--disks', '2', '--ticks-per-second', '10'),
    connect(uriOf.tcp('north-1')),
    connect(uriOf.tcp('south-1')),
  ]);
  dom = await north.domainLookupByName({ name: guest.name });
}, 120_000);

afterAll(async () => {
  await Promise.all([north.close(), south.close()]);
  await removeGuest(guest.name);
});

/** The next event of that name for which `matches` is true; subscribed when it resolves, told by `next`. */
async function expectEvent<N extends EventName>(
  libvirt: Libvirt,
  name: N,
  matches: (event: EventOf<N>) => boolean,
): Promise<{ next: Promise<EventOf<N>> }> {
  let tell: (event: EventOf<N>) => void = () => undefined;
  const next = new Promise<EventOf<N>>((resolve) => {
    tell = resolve;
  });
  const subscription = await libvirt.subscribe(name, (event) => {
    if (!matches(event)) return;
    tell(event);
    void subscription.unsubscribe();
  });
  return { next };
}

describe('a host and its domains', () => {
  it('are listed, looked up, and described', async () => {
    expect(await north.connectListAllDomains()).toContainEqual(dom);
    expect(await north.domainLookupByUUID({ uuid: guest.uuid })).toEqual(dom);
    expect(await north.domainGetState({ dom })).toMatchObject({ state: DomainState.RUNNING });
    expect(await north.domainGetXMLDesc({ dom })).toContain(`<uuid>${guest.uuid}</uuid>`);
    const [stats] = await north.connectGetAllDomainStats({ doms: [dom] });
    expect(valuesByField(stats?.params ?? []).get('block.count')).toBe(2);
  });

  it('a domain is defined, started, paused, resumed, stopped and undefined, and every change is told', async () => {
    const heard: number[] = [];
    const isOurs = ({ dom: { name } }: EventOf<'domain.lifecycle'>): boolean => name === 'client-lifecycle';
    const subscription = await north.subscribe(
      'domain.lifecycle',
      (event) => void (isOurs(event) && heard.push(event.event)),
    );
    const gone = await expectEvent(
      north,
      'domain.lifecycle',
      (event) => isOurs(event) && event.event === DomainEventType.UNDEFINED,
    );
    const xml = `<domain type='qemu'><name>client-lifecycle</name><memory unit='MiB'>16</memory><os><type arch='x86_64'>hvm</type></os></domain>`;
    const defined = await north.domainDefineXML({ xml });
    expect(defined.id).toBe(-1);
    await north.domainCreate({ dom: defined });
    const running = await north.domainLookupByName({ name: 'client-lifecycle' });
    await north.domainSuspend({ dom: running });
    await north.domainResume({ dom: running });
    await north.domainDestroy({ dom: running });
    await north.domainUndefine({ dom: running });
    await gone.next;
    await subscription.unsubscribe();
    // libvirt also tells of the vCPUs' first resume and of QEMU's shutdown, in an order of its own.
    const steps: number[] = [
      DomainEventType.DEFINED,
      DomainEventType.STARTED,
      DomainEventType.SUSPENDED,
      DomainEventType.STOPPED,
      DomainEventType.UNDEFINED,
    ];
    expect(heard.filter((event) => steps.includes(event))).toEqual(steps);
  });

  it('the guest agent answers, freezes and thaws', async () => {
    await expect(north.qemuDomainAgentCommand({ dom, cmd: '{"execute":"guest-ping"}', timeout: 30 })).resolves.toBe(
      '{"return":{}}',
    );
    await expect(north.domainFSFreeze({ dom })).resolves.toBe(2);
    await expect(north.domainFSThaw({ dom })).resolves.toBe(2);
    await countedPast(guest.name, (await witnessOf(guest.name)).printed);
  });

  it("QEMU's monitor answers", async () => {
    const answer = JSON.parse(await north.qemuDomainMonitorCommand({ dom, cmd: '{"execute":"query-status"}' })) as {
      return: { running: boolean };
    };
    expect(answer.return.running).toBe(true);
  });

  it('a volume goes up and comes down the same, holes and all', async () => {
    const pool = await north.storagePoolCreateXML({
      xml: "<pool type='dir'><name>client-pool</name><target><path>/var/lib/libvirt/images</path></target></pool>",
    });
    const vol = await north.storageVolCreateXML({
      pool,
      xml: "<volume><name>client-volume.raw</name><capacity unit='MiB'>8</capacity><allocation>0</allocation><target><format type='raw'/></target></volume>",
    });
    try {
      const content = Buffer.alloc(8 << 20);
      for (let at = 0; at < 1 << 20; at++) content[at] = at * 31;
      content.write('the end', content.length - 7);
      const up = await north.storageVolUpload({ vol, flags: StorageVolUploadFlags.SPARSE_STREAM });
      await up.stream.write(content.subarray(0, 1 << 20));
      await up.stream.hole(content.length - (1 << 20) - 7);
      await up.stream.write(content.subarray(-7));
      await up.stream.finish();
      const down = await north.storageVolDownload({ vol, flags: StorageVolDownloadFlags.SPARSE_STREAM });
      const pieces: Buffer[] = [];
      let holes = 0;
      for await (const piece of down.stream) {
        if ('hole' in piece) holes += piece.hole;
        pieces.push('data' in piece ? piece.data : Buffer.alloc(piece.hole));
      }
      expect(Buffer.concat(pieces).equals(content)).toBe(true);
      expect(holes).toBeGreaterThan(6 << 20);
    } finally {
      await north.storageVolDelete({ vol });
      await north.storagePoolDestroy({ pool });
    }
  });
});

describe('block jobs, checkpoints and backups', () => {
  it('a disk is copied under the running guest until both are the same, and the copy is given up', async () => {
    const copy = '/var/lib/libvirt/images/client-copy.qcow2';
    const ready = await expectEvent(
      north,
      'domain.block-job-2',
      ({ dst, status }) => dst === 'vda' && status === ConnectDomainEventBlockJobStatus.READY,
    );
    await north.domainBlockCopy({
      dom,
      path: 'vda',
      destxml: `<disk type='file'><source file='${copy}'/><driver type='qcow2'/></disk>`,
      flags: DomainBlockCopyFlags.TRANSIENT_JOB,
    });
    await ready.next;
    const job = await north.domainGetBlockJobInfo({ dom, path: 'vda' });
    expect(job).toMatchObject({ found: true });
    expect(job.cur).toBe(job.end);
    await north.domainBlockJobAbort({ dom, path: 'vda' });
    await expect(north.domainGetBlockJobInfo({ dom, path: 'vda' })).resolves.toMatchObject({ found: false });
    await onHost('north-1', 'rm', copy);
  });

  it('a checkpoint, a pull backup of everything, and one of what changed since', async () => {
    const socket = '/var/lib/libvirt/images/client-backup.sock';
    const backup = async (incremental: string): Promise<string[]> => {
      const ended = await expectEvent(north, 'domain.job-completed', (event) => event.dom.uuid === guest.uuid);
      await north.domainBackupBegin({
        dom,
        backupXML: `<domainbackup mode='pull'>${incremental}<server transport='unix' socket='${socket}'/><disks><disk name='vda' backup='yes' type='file'><scratch file='/var/lib/libvirt/images/client-scratch.qcow2'/></disk><disk name='vdb' backup='no'/></disks></domainbackup>`,
        checkpointXML: incremental === '' ? '<domaincheckpoint><name>client-c0</name></domaincheckpoint>' : null,
      });
      expect(await north.domainBackupGetXMLDesc({ dom })).toContain("mode='pull'");
      const listed = await onHost('north-1', 'nbdinfo', '--list', '--json', `nbd+unix:///?socket=${socket}`);
      await north.domainAbortJob({ dom });
      await ended.next;
      const [exported] = (JSON.parse(listed) as { exports: Array<{ contexts: string[] }> }).exports;
      return exported?.contexts ?? [];
    };
    expect(await backup('')).toEqual(['base:allocation']);
    const checkpoint = await north.domainCheckpointLookupByName({ dom, name: 'client-c0' });
    expect(await north.domainListAllCheckpoints({ dom })).toEqual([checkpoint]);
    expect(await backup('<incremental>client-c0</incremental>')).toEqual([
      'base:allocation',
      'qemu:dirty-bitmap:backup-vda',
    ]);
    await north.domainCheckpointDelete({ checkpoint });
    expect(await north.domainListAllCheckpoints({ dom })).toEqual([]);
    await onHost('north-1', 'rm', '-f', socket, '/var/lib/libvirt/images/client-scratch.qcow2');
  });
});

describe('live migration with its storage, host to host', () => {
  const flags =
    DomainMigrateFlags.LIVE |
    DomainMigrateFlags.PEER2PEER |
    DomainMigrateFlags.PERSIST_DEST |
    DomainMigrateFlags.UNDEFINE_SOURCE |
    DomainMigrateFlags.NON_SHARED_DISK;
  const disks = ['vda', 'vdb'].map((disk) => parameter.string(MigrateParameter.MIGRATE_DISKS, disk));

  it('can be aborted: the guest runs on where it was', async () => {
    await prepareTargets(guest, 'south-1');
    const migration = north.domainMigrateToURI3({
      dom,
      dconnuri: 'qemu+tcp://south-1/system',
      flags,
      params: [...disks, parameter.ullong(MigrateParameter.BANDWIDTH, 1)],
    });
    const end = migration.catch((error: unknown) => error);
    const abort = await connect(uriOf.tcp('north-1'));
    const processed = async () =>
      valuesByField((await abort.domainGetJobStats({ dom })).params).get(DomainJobField.DATA_PROCESSED) ?? 0;
    while ((await processed()) === 0);
    await abort.domainAbortJob({ dom });
    await abort.close();
    expect(await end).toMatchObject({
      code: 'LIBVIRT',
      number: ErrorNumber.OPERATION_ABORTED,
      numberName: 'VIR_ERR_OPERATION_ABORTED',
    });
    await countedPast(guest.name, (await witnessOf(guest.name)).printed);
    expect((await witnessOf(guest.name)).console).not.toHaveProperty('south-1');
    await expect(south.domainLookupByUUID({ uuid: guest.uuid })).rejects.toMatchObject({
      number: ErrorNumber.NO_DOMAIN,
    });
  }, 60_000);

  it('loses no tick, and never runs twice', async () => {
    await prepareTargets(guest, 'south-1');
    await using audit = await startAudit();
    const arrived = await expectEvent(
      south,
      'domain.lifecycle',
      (event) => event.dom.uuid === guest.uuid && event.event === DomainEventType.RESUMED,
    );
    await north.domainMigrateToURI3({ dom, dconnuri: 'qemu+tcp://south-1/system', flags, params: disks });
    await arrived.next;
    const moved = await south.domainLookupByUUID({ uuid: guest.uuid });
    const stats = valuesByField(
      (await south.domainGetJobStats({ dom: moved, flags: DomainGetJobStatsFlags.COMPLETED })).params,
    );
    expect(stats.get(DomainJobField.DOWNTIME)).toBeGreaterThanOrEqual(0);
    const witness = await countedPast(guest.name, (await witnessOf(guest.name)).printed + 5);
    expect(witness.console).toHaveProperty('south-1');
    await lab('witness', guest.name, '--check');
    const census = await audit.stop();
    expect(census.vms.find(({ name }) => name === guest.name)).toMatchObject({
      double: false,
      moves: [{ source: 'north-1', target: 'south-1', same_boot: true }],
    });
    await expect(north.domainLookupByUUID({ uuid: guest.uuid })).rejects.toMatchObject({
      number: ErrorNumber.NO_DOMAIN,
    });
    expect(await south.domainIsPersistent({ dom: moved })).toBe(true);
  }, 60_000);

  it('goes back encrypted, guest memory and disks too', async () => {
    const back = await south.domainLookupByUUID({ uuid: guest.uuid });
    await prepareTargets(guest, 'north-1');
    await using audit = await startAudit();
    await south.domainMigrateToURI3({
      dom: back,
      dconnuri: 'qemu+tls://north-1/system',
      flags: flags | DomainMigrateFlags.TLS,
      params: disks,
    });
    await countedPast(guest.name, (await witnessOf(guest.name)).printed + 5);
    await lab('witness', guest.name, '--check');
    const census = await audit.stop();
    expect(census.vms.find(({ name }) => name === guest.name)).toMatchObject({
      double: false,
      moves: [{ source: 'south-1', target: 'north-1' }],
    });
  }, 60_000);
});

describe('errors of every kind', () => {
  it('carry the code, the domain and the level of libvirt', async () => {
    const missing = { name: 'none', uuid: '00000000-0000-4000-8000-000000000000', id: -1 };
    const cases: Array<[() => Promise<unknown>, string, string]> = [
      [() => south.domainLookupByName({ name: 'none' }), 'VIR_ERR_NO_DOMAIN', 'VIR_FROM_QEMU'],
      [() => south.networkLookupByName({ name: 'none' }), 'VIR_ERR_NO_NETWORK', 'VIR_FROM_NETWORK'],
      [() => south.storagePoolLookupByName({ name: 'none' }), 'VIR_ERR_NO_STORAGE_POOL', 'VIR_FROM_STORAGE'],
      [() => south.secretLookupByUsage({ usageType: 1, usageID: '/none' }), 'VIR_ERR_NO_SECRET', 'VIR_FROM_SECRET'],
      [() => south.domainDefineXML({ xml: '<domain' }), 'VIR_ERR_XML_DETAIL', 'VIR_FROM_DOMAIN'],
      [() => south.domainDefineXML({ xml: "<domain type='qemu'/>" }), 'VIR_ERR_NO_NAME', 'VIR_FROM_DOMAIN'],
      [() => south.domainGetXMLDesc({ dom: missing }), 'VIR_ERR_NO_DOMAIN', 'VIR_FROM_QEMU'],
      [() => south.domainGetXMLDesc({ dom: missing, flags: 0x80000000 }), 'VIR_ERR_INVALID_ARG', 'VIR_FROM_QEMU'],
      [() => south.connectListAllDomains({ flags: 0x80000000 }), 'VIR_ERR_INVALID_ARG', 'VIR_FROM_QEMU'],
    ];
    for (const [call, numberName, domainName] of cases) {
      await expect(call()).rejects.toMatchObject({
        code: 'LIBVIRT',
        numberName,
        domainName,
        levelName: 'VIR_ERR_ERROR',
        mayHaveHappened: false,
      });
    }
  });

  it('and an operation that the state of a domain does not allow', async () => {
    const running = await north.domainLookupByUUID({ uuid: guest.uuid });
    await expect(north.domainCreate({ dom: running })).rejects.toMatchObject({
      numberName: 'VIR_ERR_OPERATION_INVALID',
    });
    await expect(
      north.domainBlockJobAbort({ dom: running, path: 'vda', flags: DomainBlockJobAbortFlags.PIVOT }),
    ).rejects.toMatchObject({ code: 'LIBVIRT' });
    await expect(north.domainBlockResize({ dom: running, disk: 'vdz', size: 1 })).rejects.toMatchObject({
      numberName: 'VIR_ERR_INVALID_ARG',
    });
  });
});
