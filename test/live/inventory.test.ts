/** A host with many VMs is looked at in as few rounds of questions as one with few. */
import { expect, it } from '@jest/globals';
import { type ConnectOptions, connect, type Libvirt } from 'node-libvirt';
import { askHost } from '../../src/hypervisors/libvirt/host-look.js';
import { labHosts, uriOf } from './lab.js';

const [host = ''] = labHosts();
const images = '/var/lib/libvirt/images';
const names = Array.from({ length: 50 }, (_, index) => `inventory-${index + 1}`);

/**
 * Counts the rounds in which calls go out: a call belongs to the round after that of the last answer that was there when it was
 * sent, so that calls which wait for each other are told from those that go out together.
 */
class Rounds {
  calls = 0;
  /** Calls that came one after the other at most. */
  deepest = 0;
  #answered = 0;
  readonly #roundOf = new Map<number, number>();

  readonly trace: NonNullable<ConnectOptions['trace']> = ({ direction, type, serial }) => {
    if (direction === 'sent' && type === 'call') {
      this.calls += 1;
      this.#roundOf.set(serial, this.#answered + 1);
      this.deepest = Math.max(this.deepest, this.#answered + 1);
    } else if (direction === 'received') {
      this.#answered = Math.max(this.#answered, this.#roundOf.get(serial) ?? 0);
    }
  };

  /** What came before does not count. */
  reset(): void {
    this.calls = 0;
    this.deepest = 0;
    this.#answered = 0;
    this.#roundOf.clear();
  }
}

it('takes at most three round trips for a host with fifty VMs', async () => {
  const rounds = new Rounds();
  await using libvirt = await connect(uriOf.tcp(host), { trace: rounds.trace, maxInFlight: 128 });
  await using _ = await definedOn(libvirt);
  rounds.reset();

  const { vms } = await askHost(libvirt, images);

  const seen = vms.map(({ description }) => description.name);
  expect(names.filter((name) => !seen.includes(name))).toEqual([]);
  expect(rounds.calls).toBeGreaterThan(names.length);
  expect(rounds.deepest).toBeLessThanOrEqual(3);
}, 60_000);

/** VMs that are only defined, and forgotten when it is disposed of. */
async function definedOn(libvirt: Libvirt): Promise<AsyncDisposable> {
  const doms = await Promise.all(names.map((name) => libvirt.domainDefineXML({ xml: definitionOf(name) })));
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(doms.map((dom) => libvirt.domainUndefine({ dom })));
    },
  };
}

function definitionOf(name: string): string {
  return `<domain type='qemu'>
  <name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/><source file='${images}/${name}.qcow2'/><target dev='vda' bus='virtio'/>
    </disk>
  </devices>
</domain>`;
}
