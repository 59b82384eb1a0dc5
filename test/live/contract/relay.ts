/** A way to a host that a test can close, and on which it can lose an answer. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The daemon's port for connections without TLS. */
const libvirtPort = 16_509;
/** libvirt's own program, and the types of its messages. */
const remoteProgram = 0x20_00_80_86;
const [callType, replyType] = [0, 1];

interface Message {
  readonly program: number;
  readonly procedure: number;
  readonly type: number;
  readonly serial: number;
}

/** Hands bytes between clients on this machine and the daemon of a host. */
export class Relay {
  readonly #address: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #doomed: number | undefined;

  private constructor(address: string) {
    this.#address = address;
    this.#server = createServer((client) => this.#join(client));
  }

  static async listen(address: string): Promise<Relay> {
    const relay = new Relay(address);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  /** Where the host is reached by this way. */
  get uri(): string {
    return `qemu+tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}/system`;
  }

  /** The next call of this procedure reaches the host; its answer and the connection do not come back. */
  loseReplyTo(procedure: number): void {
    this.#doomed = procedure;
  }

  /** Ends every connection, as a process does that is killed; new ones are taken. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends every connection, and takes no new one. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : Promise.resolve();
    this.#server.close();
    this.drop();
    await closed;
  }

  #join(client: Socket): void {
    const host = connect(libvirtPort, this.#address);
    const both = [client, host];
    const end = (): void => both.forEach((socket) => socket.destroy());
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    let lostSerial: number | undefined;
    const calls = messagesOf(({ program, procedure, type, serial }) => {
      if (program === remoteProgram && type === callType && procedure === this.#doomed) {
        this.#doomed = undefined;
        lostSerial = serial;
      }
      return true;
    });
    const replies = messagesOf(
      ({ program, type, serial }) => !(program === remoteProgram && type === replyType && serial === lostSerial),
    );
    client.on('data', (chunk: Buffer) => host.write(calls(chunk).passed));
    host.on('data', (chunk: Buffer) => {
      const { passed, isLost } = replies(chunk);
      client.write(passed);
      if (isLost) end();
    });
  }
}

/** Cuts a stream of bytes into messages, and gives those that may pass, up to the first that may not. */
function messagesOf(mayPass: (message: Message) => boolean) {
  let rest = Buffer.alloc(0);
  return (chunk: Buffer): { readonly passed: Buffer; readonly isLost: boolean } => {
    rest = Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= 24 && rest.length - at >= rest.readUInt32BE(at)) {
      const [program = 0, , procedure = 0, type = 0, serial = 0] = [4, 8, 12, 16, 20].map((offset) =>
        rest.readUInt32BE(at + offset),
      );
      if (!mayPass({ program, procedure, type, serial })) return { passed: rest.subarray(0, at), isLost: true };
      at += rest.readUInt32BE(at);
    }
    const passed = rest.subarray(0, at);
    rest = rest.subarray(at);
    return { passed, isLost: false };
  };
}
