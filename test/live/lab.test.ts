/** The lab keeps what it promises, since every other live test believes it. */
import { spawn } from 'node:child_process';
import { connect as connectTcp } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, DomainMigrateFlags, DomainState } from 'node-libvirt';
import { countedPast, type Guest, prepareTargets, removeGuest, startAudit, startGuest, witnessOf } from './guest.js';
import { lab, labJson, onHost, uriOf } from './lab.js';

interface Status {
  readonly sites: ReadonlyArray<{ readonly hosts: ReadonlyArray<{ readonly name: string }> }>;
}

/** What a TCP server says to whoever connects, or the error's code. */
function heardFrom(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, timeout: 2000 });
    socket.once('data', (chunk) => {
      resolve(chunk.toString());
      socket.destroy();
    });
    socket.once('timeout', () => {
      resolve('ETIMEDOUT');
      socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

describe('hosts', () => {
  it('are on two sites, and each knows its own name', async () => {
    const { sites } = await labJson<Status>('status');
    const names = sites.flatMap(({ hosts }) => hosts.map(({ name }) => name));
    expect(names).toEqual(expect.arrayContaining(['north-1', 'north-2', 'north-3', 'south-1', 'south-2', 'south-3']));
    for (const name of names) expect((await onHost(name, 'hostname')).trim()).toBe(name);
  });

  it('coming up a second time changes nothing', async () => {
    const before = await onHost('north-1', 'pidof', 'libvirtd', 'sshd');
    await lab('up', '--yes');
    expect(await onHost('north-1', 'pidof', 'libvirtd', 'sshd')).toBe(before);
  });

  it('a cut of the WAN separates the sites and nothing else; healing joins them', async () => {
    const reach = (from: string, to: string): Promise<string> =>
      onHost(from, 'nc', '-z', '-w', '1', to, '22').then(
        () => 'reached',
        () => 'cut',
      );
    await lab('cut', 'wan');
    try {
      expect([await reach('north-1', 'south-1'), await reach('north-1', 'north-2')]).toEqual(['cut', 'reached']);
    } finally {
      await lab('heal', 'wan');
    }
    expect(await reach('north-1', 'south-1')).toBe('reached');
  });

  it('a mistyped host is refused with the hosts there are', async () => {
    await expect(lab('power-off', 'north-9')).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/north-9.*north-1/s),
    });
  });
});

describe('the folder of a site', () => {
  afterAll(() => removeGuest('lab-roamer'));

  it('is one for its hosts, and a guest moves in it without its disks', async () => {
    const guest = await startGuest('lab-roamer', 'north-1', '--shared');
    expect(guest.disks.map(({ path }) => path)).toEqual(['/var/lib/libvirt/shared/lab-roamer-vda.qcow2']);
    await using libvirt = await connect(uriOf.tcp('north-1'));
    const dom = await libvirt.domainLookupByUUID({ uuid: guest.uuid });
    const flags = DomainMigrateFlags.LIVE | DomainMigrateFlags.PEER2PEER | DomainMigrateFlags.UNSAFE;
    await libvirt.domainMigrateToURI3({ dom, dconnuri: 'qemu+tcp://north-2/system', flags });
    const { printed } = await countedPast(guest.name, (await witnessOf(guest.name)).printed + 5);
    const { disks } = await witnessOf(guest.name);
    expect(disks).toHaveLength(1);
    expect(disks[0]?.counter).toBeGreaterThanOrEqual(printed);
    await lab('witness', guest.name, '--check');
  }, 60_000);
});

describe('a guest', () => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await startGuest('lab-guest', 'north-2', '--disks', '2');
  }, 60_000);
  afterAll(() => removeGuest('lab-guest'));

  it('answers on its network with its name, its UUID and its counter', async () => {
    const [name, uuid, counter] = (await heardFrom(guest.address, 8080)).trim().split(' ');
    expect([name, uuid]).toEqual([guest.name, guest.uuid]);
    expect(Number(counter)).toBeGreaterThan(0);
  });

  it('after a power cut no copy of its disks is behind what it had printed', async () => {
    await countedPast(guest.name, 20);
    await lab('power-off', 'north-2');
    const witness = await witnessOf(guest.name);
    expect(witness.printed).toBeGreaterThan(20);
    expect(witness.disks.map(({ path }) => path).toSorted()).toEqual(guest.disks.map(({ path }) => path));
    for (const { counter } of witness.disks) expect(counter).toBeGreaterThanOrEqual(witness.printed);
    expect(await heardFrom(guest.address, 8080)).not.toContain(guest.uuid);
    await lab('power-on', 'north-2');
    await using libvirt = await connect(uriOf.tcp('north-2'));
    const dom = await libvirt.domainLookupByUUID({ uuid: guest.uuid });
    expect(await libvirt.domainGetState({ dom })).toMatchObject({ state: DomainState.SHUTOFF });
  }, 60_000);
});

describe('a host with a restricted CPU', () => {
  afterAll(async () => {
    await lab('cpu', 'south-1', 'full');
    await removeGuest('lab-picky');
  });

  it('refuses a guest that needs more, and the guest runs on where it was', async () => {
    const guest = await startGuest('lab-picky', 'north-1', '--needs', 'aes');
    await lab('cpu', 'south-1', 'restricted');
    await prepareTargets(guest, 'south-1');
    await using libvirt = await connect(uriOf.tcp('north-1'));
    const dom = await libvirt.domainLookupByUUID({ uuid: guest.uuid });
    const flags = DomainMigrateFlags.LIVE | DomainMigrateFlags.PEER2PEER | DomainMigrateFlags.NON_SHARED_DISK;
    await expect(libvirt.domainMigrateToURI3({ dom, dconnuri: 'qemu+tcp://south-1/system', flags })).rejects.toThrow(
      /CPU.*aes/s,
    );
    await countedPast(guest.name, (await witnessOf(guest.name)).printed);
  }, 60_000);
});

describe('the fence agent', () => {
  const agent = fileURLToPath(new URL('../../lab/fence/fence_lab', import.meta.url));

  /** Runs the agent as a cluster would: its options on standard input. Killed after `killAfterLines` lines of nothing. */
  function fence(
    action: string,
    plug = 'south-2',
    signal?: AbortSignal,
  ): Promise<{ code: number | null; said: string }> {
    return new Promise((resolve) => {
      const child = spawn(agent, [], { stdio: ['pipe', 'pipe', 'pipe'], ...(signal === undefined ? {} : { signal }) });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk));
      child.stderr.on('data', (chunk: Buffer) => (said += chunk));
      child.on('error', () => undefined);
      child.once('close', (code) => resolve({ code, said }));
      child.stdin.end(`action=${action}\nplug=${plug}\n`);
    });
  }
  const behave = (fault: string): Promise<string> => lab('fence-fault', 'south-2', fault);
  const isOn = async (): Promise<boolean> => (await fence('status')).code === 0;
  afterAll(async () => {
    await behave('none');
    await fence('on');
  });

  it('describes itself, and says on, off and on again', async () => {
    expect((await fence('metadata')).said).toContain('<resource-agent name="fence_lab"');
    expect((await fence('monitor')).code).toBe(0);
    expect((await fence('status')).code).toBe(0);
    expect((await fence('off')).code).toBe(0);
    expect((await fence('status')).code).toBe(2);
    expect((await fence('on')).code).toBe(0);
    expect(await isOn()).toBe(true);
  }, 60_000);

  it('lies when told to: success, and the host is on', async () => {
    await behave('lie');
    expect((await fence('off')).code).toBe(0);
    await behave('none');
    expect(await isOn()).toBe(true);
  });

  it('fails when told to', async () => {
    await behave('fail');
    expect((await fence('off')).code).toBe(1);
    await behave('none');
    expect(await isOn()).toBe(true);
  });

  it('hangs when told to, until it is killed', async () => {
    await behave('hang');
    const patience = AbortSignal.timeout(1000);
    expect(await fence('off', 'south-2', patience)).toMatchObject({ code: null });
    expect(patience.aborted).toBe(true);
    await behave('none');
    expect(await isOn()).toBe(true);
  });

  it('refuses a plug that is no host', async () => {
    expect(await fence('off', 'south-9')).toMatchObject({ code: 1, said: expect.stringContaining('south-9') });
  });
});

describe('the auditor', () => {
  afterAll(() => removeGuest('lab-double'));

  it('finds a VM that is live on two hosts', async () => {
    const guest = await startGuest('lab-double', 'north-1');
    await using audit = await startAudit();
    const [disk] = guest.disks;
    await using north = await connect(uriOf.tcp('north-1'));
    await using south = await connect(uriOf.tcp('south-1'));
    const xml = await north.domainGetXMLDesc({ dom: await north.domainLookupByUUID({ uuid: guest.uuid }) });
    await onHost('south-1', 'qemu-img', 'create', '-q', '-f', 'qcow2', disk?.path ?? '', String(disk?.size));
    const copy = await south.domainCreateXML({
      xmlDesc: xml.replace(/<domain type='(\w+)' id='\d+'>/, "<domain type='$1'>"),
    });
    await countedPast(guest.name, (await witnessOf(guest.name)).printed + 20);
    await expect(audit.stop()).rejects.toThrow('live twice');
    await south.domainDestroy({ dom: copy });
  }, 60_000);
});
