import { isIP } from 'node:net';
import { DomainInterfaceAddressesSource } from 'node-libvirt';
import type { Connections } from './connections.js';
import { asked } from './failures.js';

/** What can be asked of the guest inside a VM. Rejects with a `FailureError`, `libvirt-refused` when the guest is silent. */
export interface Guests {
  /** Resolves once the guest's agent has answered. */
  ping(guest: GuestAt, signal: AbortSignal): Promise<void>;
  /** The guest's IP addresses by which others may reach it, as its agent says; none when it has none yet. */
  addresses(guest: GuestAt, signal: AbortSignal): Promise<readonly string[]>;
}

export interface GuestAt {
  readonly host: string;
  readonly id: string;
}

/** An agent that says nothing for this long is silent. */
const agentSeconds = 5;

export function guestsOf(connections: Connections): Guests {
  return {
    ping: ({ host, id }, signal) =>
      asked({ host, what: "ask a guest's agent", signal }, async () => {
        const libvirt = await connections.to(host, 'work', signal);
        const dom = await libvirt.domainLookupByUUID({ uuid: id });
        await libvirt.qemuDomainAgentCommand({ dom, cmd: '{"execute":"guest-ping"}', timeout: agentSeconds });
      }),
    addresses: ({ host, id }, signal) =>
      asked({ host, what: "ask for a guest's addresses", signal }, async () => {
        const libvirt = await connections.to(host, 'work', signal);
        const dom = await libvirt.domainLookupByUUID({ uuid: id });
        const cards = await libvirt.domainInterfaceAddresses({ dom, source: DomainInterfaceAddressesSource.AGENT });
        return cards.flatMap(({ addrs }) => addrs.map(({ addr }) => addr)).filter(isReachable);
      }),
  };
}

function isReachable(address: string): boolean {
  return isIP(address) !== 0 && !address.startsWith('127.') && address !== '::1' && !address.startsWith('fe80:');
}
