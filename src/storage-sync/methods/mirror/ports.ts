/** Ports of a recovery host on which mirrors are received; a firewall has to let the protected hosts through to them. */
export const mirrorPorts = { first: 10_810, last: 11_809 } as const;

/** How many are tried. */
const tries = 16;

/** Where a VM's mirror may be received: always the same, in the same order, and mostly others than another VM's. */
export function portsFor(vmId: string): readonly number[] {
  const count = mirrorPorts.last - mirrorPorts.first + 1;
  const begin = Number.parseInt(vmId.slice(0, 8), 16);
  return Array.from({ length: tries }, (_, index) => mirrorPorts.first + ((begin + index) % count));
}
