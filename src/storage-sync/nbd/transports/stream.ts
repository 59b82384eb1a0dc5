import type { Duplex } from 'node:stream';
import type { ByteReceiver, Transport } from './transport.js';

/** A transport over any open stream, such as a forwarded socket or the input and output of a child process. */
export function streamTransport(stream: Duplex, options: { readonly isSecure: boolean }): Transport {
  let listener: ((chunk: Buffer) => void) | undefined;
  const release = (): Duplex => {
    if (listener !== undefined) stream.off('data', listener);
    listener = undefined;
    stream.pause();
    return stream;
  };
  return {
    stream,
    isSecure: options.isSecure,
    deliverTo(receiver: ByteReceiver) {
      release();
      listener = (chunk) => receiver.received(chunk, chunk.length);
      stream.on('data', listener);
      stream.resume();
    },
    release,
  };
}
