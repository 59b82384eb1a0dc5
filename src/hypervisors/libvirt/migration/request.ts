import { DomainMigrateFlags, MigrateParameter, parameter, type TypedParameter } from 'node-libvirt';
import type { Host } from '../../../model/estate.js';
import type { Migration } from '../../hypervisor.js';
import { copiedTargets, standalone } from './moved-disks.js';

/** What libvirt is asked for when a migration begins. */
export interface Request {
  readonly dconnuri: string;
  readonly params: readonly TypedParameter[];
  readonly flags: number;
}

/** The VM's definition: as it runs, and as it will start the next time; a transient VM has none of the latter. */
export interface Definitions {
  readonly live: string;
  readonly persistent?: string;
}

/**
 * How a migration is asked for. Everything that a rung may need is said at the beginning, since QEMU takes no capability
 * on while it migrates.
 *
 * The URI names the target's address, for memory and disks alike: without it the target gives its own host name, which the
 * source must then be able to resolve. libvirt refuses caches that it takes for unsafe on disks that both hosts have, unless
 * told otherwise; it is told so only of disks that were seen to be the same file on both.
 */
export function requestOf(
  migration: Migration,
  { target, tls, definitions }: { readonly target: Host; readonly tls: boolean; readonly definitions: Definitions },
): Request {
  const { ladder, copyStorage, shared = [], bytesPerSecond } = migration;
  const copied = copiedTargets(definitions.live, migration);
  const isPersistent = definitions.persistent !== undefined;
  const flags = [
    DomainMigrateFlags.LIVE,
    DomainMigrateFlags.PEER2PEER,
    when(isPersistent, DomainMigrateFlags.PERSIST_DEST | DomainMigrateFlags.UNDEFINE_SOURCE),
    when(tls, DomainMigrateFlags.TLS),
    when(ladder.includes('throttle'), DomainMigrateFlags.AUTO_CONVERGE),
    when(ladder.includes('post-copy'), DomainMigrateFlags.POSTCOPY),
    when(copied.length > 0 && copyStorage === 'all', DomainMigrateFlags.NON_SHARED_DISK),
    when(copied.length > 0 && copyStorage === 'overlay', DomainMigrateFlags.NON_SHARED_INC),
    when(shared.length > 0, DomainMigrateFlags.UNSAFE),
  ];
  const whole = copyStorage === 'all' ? copied : [];
  const live = standalone(definitions.live, whole);
  const persistent = definitions.persistent === undefined ? undefined : standalone(definitions.persistent, whole);
  const mebibytes = bytesPerSecond === undefined ? undefined : Math.max(1, Math.floor(bytesPerSecond / 2 ** 20));
  return {
    dconnuri: target.peerUri,
    flags: flags.reduce((all, flag) => all | flag, 0),
    params: [
      parameter.string(MigrateParameter.URI, `tcp://${bracketed(target.address)}`),
      ...copied.map((disk) => parameter.string(MigrateParameter.MIGRATE_DISKS, disk)),
      ...(live === undefined ? [] : [parameter.string(MigrateParameter.DEST_XML, live)]),
      ...(persistent === undefined ? [] : [parameter.string(MigrateParameter.PERSIST_XML, persistent)]),
      ...(mebibytes === undefined ? [] : bandwidths(mebibytes, ladder.includes('post-copy'))),
    ],
  };
}

function bandwidths(mebibytes: number, hasPostCopy: boolean): TypedParameter[] {
  const names = hasPostCopy
    ? [MigrateParameter.BANDWIDTH, MigrateParameter.BANDWIDTH_POSTCOPY]
    : [MigrateParameter.BANDWIDTH];
  return names.map((name) => parameter.ullong(name, mebibytes));
}

const when = (condition: boolean, flag: number): number => (condition ? flag : 0);

/** An IPv6 address as a URI has it. */
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
