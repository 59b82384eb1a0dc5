/** node-libvirt: libvirt's remote protocol in TypeScript. */

export type { Credentials } from './auth/authenticate.js';
export { type Call, type Calls, type Libvirt, LibvirtConnection, type MigrateToUri } from './client.js';
export { type ConnectOptions, connect, versionText } from './connect.js';
export * from './constants/index.js';
export {
  BadArgument,
  BadUri,
  CallAborted,
  ConnectFailed,
  ConnectionLost,
  DeadlinePassed,
  LibvirtError,
  type LibvirtFailureCode,
  NodeLibvirtError,
  ProtocolError,
  QueueFull,
  type ReportedError,
} from './errors.js';
export type { EventName, EventOf, EventSource } from './protocol/events.js';
export type {
  Domain,
  DomainCheckpoint,
  DomainSnapshot,
  DomainStatsRecord,
  Network,
  Secret,
  StoragePool,
  StorageVol,
  TypedParameter,
} from './protocol/types.js';
export type { CallOptions } from './rpc/calls.js';
export type { KeepaliveOptions } from './rpc/keepalive.js';
export type { DownloadStream, StreamPiece, UploadStream } from './rpc/stream.js';
export type { EventSubject, Subscription } from './rpc/subscriptions.js';
export type { Trace, TraceRecord } from './rpc/trace.js';
export { parameter, valuesByField } from './typed-parameters.js';
