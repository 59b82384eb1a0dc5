/**
 * The events, as data: one line each. The number before is what a subscription asks for (virDomainEventID and its
 * sisters), the one after is the procedure number of the message that then comes (remote_protocol.x).
 */
import { type Codec, hyper, int, nullable, string, uhyper, uint } from '../wire/codec.js';
import { type Decoded, type Fields, struct } from '../wire/struct.js';
import { domain, network, parameters, secret, storagePool } from './types.js';

/** Whose events they are: a subscription may be for all of them or for one. */
export type EventSource = 'domain' | 'network' | 'storagePool' | 'secret';

/** One line of the table. */
export interface EventType<F extends Fields = Fields> {
  readonly source: EventSource;
  readonly id: number;
  readonly procedure: number;
  readonly payload: Codec<Decoded<F>>;
}

function event<F extends Fields>(source: EventSource, id: number, procedure: number, fields: F): EventType<F> {
  return { source, id, procedure, payload: struct(fields) };
}

/** Every event that can be subscribed to. */
export const events = {
  /** `event` is a `DomainEventType`, `detail` per event such as `DomainEventStoppedDetailType`. */
  'domain.lifecycle': event('domain', 0, 318, { dom: domain, event: int, detail: int }),
  'domain.reboot': event('domain', 1, 319, { dom: domain }),
  /** `offset` in seconds from UTC. */
  'domain.rtc-change': event('domain', 2, 320, { dom: domain, offset: hyper }),
  /** `action` is a `DomainEventWatchdogAction`. */
  'domain.watchdog': event('domain', 3, 321, { dom: domain, action: int }),
  /** `action` is a `DomainEventIOErrorAction`. */
  'domain.io-error': event('domain', 4, 322, { dom: domain, srcPath: string, devAlias: string, action: int }),
  /** As `domain.io-error`; `reason` is `enospc` when the host's disk is full, else mostly empty. */
  'domain.io-error-reason': event('domain', 6, 324, { dom: domain, srcPath: string, devAlias: string, action: int, reason: string }),
  /** libvirt can no longer control the domain, which may go on running. */
  'domain.control-error': event('domain', 7, 325, { dom: domain }),
  /** Names the disk by its file; `domain.block-job-2` names it by its target, such as `vda`. */
  'domain.block-job': event('domain', 8, 326, { dom: domain, path: string, type: int, status: int }),
  /** `reason` is a `ConnectDomainEventDiskChangeReason`. */
  'domain.disk-change': event('domain', 9, 327, { dom: domain, oldSrcPath: nullable(string), newSrcPath: nullable(string), devAlias: string, reason: int }),
  /** `reason` is 0 for opened, 1 for closed. */
  'domain.tray-change': event('domain', 10, 328, { dom: domain, devAlias: string, reason: int }),
  'domain.pm-wakeup': event('domain', 11, 329, { reason: int, dom: domain }),
  'domain.pm-suspend': event('domain', 12, 330, { reason: int, dom: domain }),
  /** `actual` in KiB. */
  'domain.balloon-change': event('domain', 13, 331, { dom: domain, actual: uhyper }),
  'domain.pm-suspend-disk': event('domain', 14, 332, { reason: int, dom: domain }),
  'domain.device-removed': event('domain', 15, 333, { dom: domain, devAlias: string }),
  /** `type` is a `DomainBlockJobType`, `status` a `ConnectDomainEventBlockJobStatus`. */
  'domain.block-job-2': event('domain', 16, 339, { dom: domain, dst: string, type: int, status: int }),
  /** `params` hold what was changed and its new value. */
  'domain.tunable': event('domain', 17, 346, { dom: domain, params: parameters(2048) }),
  /** The guest agent came or went: `ConnectDomainEventAgentLifecycleState` and `ConnectDomainEventAgentLifecycleReason`. */
  'domain.agent-lifecycle': event('domain', 18, 348, { dom: domain, state: int, reason: int }),
  'domain.device-added': event('domain', 19, 354, { dom: domain, devAlias: string }),
  /** A pass over the guest's memory begins. It comes from the source. */
  'domain.migration-iteration': event('domain', 20, 359, { dom: domain, iteration: int }),
  /** `params` are statistics as of `domainGetJobStats`. */
  'domain.job-completed': event('domain', 21, 363, { dom: domain, params: parameters(64) }),
  /** The guest refuses to let the device go. */
  'domain.device-removal-failed': event('domain', 22, 367, { dom: domain, devAlias: string }),
  /** `type` is a `DomainMetadataType`. */
  'domain.metadata-change': event('domain', 23, 379, { dom: domain, type: int, nsuri: nullable(string) }),
  /** `threshold` and `excess` in bytes. The threshold is gone then: set it again when needed. */
  'domain.block-threshold': event('domain', 24, 385, { dom: domain, dev: string, path: nullable(string), threshold: uhyper, excess: uhyper }),
  /** `DomainMemoryFailureRecipientType`, `DomainMemoryFailureActionType`, `DomainMemoryFailureFlags`. */
  'domain.memory-failure': event('domain', 25, 423, { dom: domain, recipient: int, action: int, flags: uint }),
  /** `size` in KiB. */
  'domain.memory-device-size-change': event('domain', 26, 438, { dom: domain, alias: string, size: uhyper }),
  /** `event` is a `NetworkEventLifecycleType`. */
  'network.lifecycle': event('network', 0, 315, { net: network, event: int, detail: int }),
  /** `event` is a `StoragePoolEventLifecycleType`. */
  'storage-pool.lifecycle': event('storagePool', 0, 370, { pool: storagePool, event: int, detail: int }),
  /** The list of volumes was read again. */
  'storage-pool.refresh': event('storagePool', 1, 373, { pool: storagePool }),
  /** `event` is a `SecretEventLifecycleType`. */
  'secret.lifecycle': event('secret', 0, 382, { secret, event: int, detail: int }),
  'secret.value-changed': event('secret', 1, 383, { secret }),
} as const;

/** The name of an event. */
export type EventName = keyof typeof events;
/** What the event of that name tells. */
export type EventOf<N extends EventName> = (typeof events)[N] extends EventType<infer F> ? Decoded<F> : never;

/** The message that libvirt sends when the driver behind the connection has gone (REMOTE_PROC_CONNECT_EVENT_CONNECTION_CLOSED). */
export const CONNECTION_CLOSED_PROCEDURE = 362;
