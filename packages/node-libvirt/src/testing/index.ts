/** For tests of programs that use node-libvirt: a daemon that does as it is told. */

export { events } from '../protocol/events.js';
export { handshake, procedures } from '../protocol/procedures.js';
export { encodeFrame, type Header, MessageStatus, MessageType } from '../wire/frame.js';
export {
  type FakeClient,
  FakeError,
  FakeServer,
  type FakeServerOptions,
  noReply,
  type ReceivedMessage,
  type StreamMessage,
} from './fake-server.js';
