/** The types that libvirt's messages are made of (remote_protocol.x, section "Data types"). */

import { ProtocolError } from '../errors.js';
import {
  array,
  bool,
  bytes,
  type Codec,
  double,
  hyper,
  int,
  nullable,
  string,
  uhyper,
  uint,
  wideHyper,
  wideUhyper,
} from '../wire/codec.js';
import { type Decoded, struct } from '../wire/struct.js';

const UUID_SIZE = 16;
const UUID_PATTERN = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** A UUID, written as libvirt prints it: `8d3c…-…`, lower case, with dashes; read in any case, with or without them. Sixteen bytes on the wire. */
export const uuid: Codec<string> = {
  minBytes: UUID_SIZE,
  encode(writer, value) {
    if (!UUID_PATTERN.test(value)) throw new TypeError(`"${value}" is not a UUID`);
    writer.opaque(Buffer.from(value.replaceAll('-', ''), 'hex'));
  },
  decode(reader) {
    const hex = reader.opaque(UUID_SIZE).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
};

/** A domain. `id` is -1 while it is not running, so compare domains by `uuid`. */
export const domain = struct({ name: string, uuid, id: int });
export type Domain = Decoded<typeof domain.fields>;

/** A virtual network. */
export const network = struct({ name: string, uuid });
export type Network = Decoded<typeof network.fields>;

/** A storage pool. */
export const storagePool = struct({ name: string, uuid });
export type StoragePool = Decoded<typeof storagePool.fields>;

/** A volume: `pool` is its pool's name, `key` is unique on its host and mostly the volume's path. */
export const storageVol = struct({ pool: string, name: string, key: string });
export type StorageVol = Decoded<typeof storageVol.fields>;

/** A secret without its value; `usageType` is a `SecretUsageType`. */
export const secret = struct({ uuid, usageType: int, usageID: string });
export type Secret = Decoded<typeof secret.fields>;

/** A snapshot of a domain. */
export const domainSnapshot = struct({ name: string, dom: domain });
export type DomainSnapshot = Decoded<typeof domainSnapshot.fields>;

/** A checkpoint of a domain. */
export const domainCheckpoint = struct({ name: string, dom: domain });
export type DomainCheckpoint = Decoded<typeof domainCheckpoint.fields>;

/** virNetMessageError */
export const reportedError = struct({
  number: int,
  domain: int,
  message: nullable(string),
  level: int,
  dom: nullable(domain),
  str1: nullable(string),
  str2: nullable(string),
  str3: nullable(string),
  int1: int,
  int2: int,
  net: nullable(network),
});

/**
 * virTypedParameterType. `llong` and `ullong` are 64 bits wide; their value is a number where that is exact and a
 * bigint beyond 2^53-1.
 */
export type TypedParameter =
  | { readonly field: string; readonly type: 'int' | 'uint' | 'double'; readonly value: number }
  | { readonly field: string; readonly type: 'llong' | 'ullong'; readonly value: number | bigint }
  | { readonly field: string; readonly type: 'boolean'; readonly value: boolean }
  | { readonly field: string; readonly type: 'string'; readonly value: string };

const parameterTypes: ReadonlyArray<readonly [TypedParameter['type'], Codec<any>]> = [
  ['int', int],
  ['uint', uint],
  ['llong', wideHyper],
  ['ullong', wideUhyper],
  ['double', double],
  ['boolean', bool],
  ['string', string],
];

/** One typed parameter: a name, the number of its type (1 to 7, libvirt-common.h), its value. */
export const typedParameter: Codec<TypedParameter> = {
  minBytes: 12,
  encode(writer, parameter) {
    const index = parameterTypes.findIndex(([type]) => type === parameter.type);
    const entry = parameterTypes[index];
    if (entry === undefined) throw new TypeError(`"${parameter.type}" is not a type of parameter`);
    string.encode(writer, parameter.field);
    writer.int(index + 1);
    entry[1].encode(writer, parameter.value);
  },
  decode(reader) {
    const field = string.decode(reader);
    const number = reader.int();
    const entry = parameterTypes[number - 1];
    if (entry === undefined) throw new ProtocolError(`${number} is not a type of parameter`);
    return { field, type: entry[0], value: entry[1].decode(reader) };
  },
};

/** Typed parameters by name; `max` is the protocol's limit on their number. Several values of one name keep their order. */
export function parameters(max: number): Codec<TypedParameter[]> {
  return array(typedParameter, max);
}

/** What `connectGetAllDomainStats` tells of one domain; names such as `cpu.time` are in libvirt's reference of that function. */
export const domainStatsRecord = struct({ dom: domain, params: parameters(262_144) });
export type DomainStatsRecord = Decoded<typeof domainStatsRecord.fields>;

/** `tag` is a `DomainMemoryStatTags`. */
export const memoryStat = struct({ tag: int, val: uhyper });
/** A kind of memory and how much of it, in KiB. */
export const hostStat = struct({ field: string, value: uhyper });
/** A kind of CPU time in nanoseconds, of which 2^53 are only 104 days of one CPU: hence the whole range. */
export const cpuStat = struct({ field: string, value: wideUhyper });
/** `disk` is its target, such as `vda`; `error` a `DomainDiskErrorCode`. */
export const diskError = struct({ disk: string, error: int });
/** `cpuTime` in nanoseconds; `cpu` is the host's CPU that it runs on, -1 when it does not run. */
export const vcpu = struct({ number: uint, state: int, cpuTime: wideUhyper, cpu: int });
/** A file system of a guest; `devAliases` are the disks beneath it, by target. */
export const fileSystem = struct({ mountpoint: string, name: string, fstype: string, devAliases: array(string, 256) });
/** `type` is an `IPAddrType`, `prefix` the length of the network's part in bits. */
export const address = struct({ type: int, addr: string, prefix: uint });
/** A network interface of a guest, as the guest or the host names it. */
export const guestInterface = struct({ name: string, hwaddr: nullable(string), addrs: array(address, 2048) });
/** `expirytime` in seconds since 1970 (UTC), 0 for a lease without end; `type` is an `IPAddrType`. */
export const dhcpLease = struct({
  iface: string,
  expirytime: hyper,
  type: int,
  mac: nullable(string),
  iaid: nullable(string),
  ipaddr: string,
  prefix: uint,
  hostname: nullable(string),
  clientid: nullable(string),
});

/** An integer list of CPUs, one bit each, lowest first. */
export const cpuMap = bytes(2048);
