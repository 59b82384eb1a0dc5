import type { Duplex } from 'node:stream';
import type { HostShell } from '../../../src/hypervisors/host-shell.js';
import type { HostSocket } from '../../../src/hypervisors/host-socket.js';

/** The controller dies `before` or `after` its act of this number, counted from 1: a command, a connection, a QMP command. */
export interface Stop {
  readonly act: number;
  readonly when: 'before' | 'after';
}

export interface Mortal {
  readonly shell: HostShell;
  readonly sockets: HostSocket;
  /** Whether the stop came. */
  readonly isDead: () => boolean;
  /** What it did, as far as it came. */
  readonly acts: readonly string[];
}

export class Died extends Error {}

/** The same ways to a host, for a controller that dies. From then on nothing gets through, and connections are cut. */
export function mortal(shell: HostShell, sockets: HostSocket, stop: Stop | undefined): Mortal {
  const acts: string[] = [];
  let isDead = false;
  /** Counts an act; whether it may still be done, and whether it is the last. */
  const begin = (name: string): 'go' | 'last' | 'none' => {
    if (isDead) {
      return 'none';
    }
    acts.push(name);
    if (acts.length !== stop?.act) {
      return 'go';
    }
    isDead = true;
    return stop.when === 'before' ? 'none' : 'last';
  };
  const act = async <Answer>(name: string, perform: () => Promise<Answer>): Promise<Answer> => {
    const turn = begin(name);
    if (turn === 'none') {
      throw new Died(name);
    }
    const answer = await perform();
    if (turn === 'last') {
      throw new Died(name);
    }
    return answer;
  };
  return {
    acts,
    isDead: () => isDead,
    shell: {
      run: async (command, signal) => await act(command.argv.join(' '), async () => await shell.run(command, signal)),
    },
    sockets: {
      connect: async (on, path, signal) =>
        await act('connect', async () => cuttable(await sockets.connect(on, path, signal), begin)),
    },
  };
}

function cuttable(stream: Duplex, begin: (name: string) => 'go' | 'last' | 'none'): Duplex {
  const write = stream.write.bind(stream) as (chunk: string) => boolean;
  stream.write = ((chunk: string): boolean => {
    const turn = begin(chunk);
    if (turn === 'none') {
      stream.destroy();
      return false;
    }
    if (turn === 'last') {
      // It dies with the answer on its way: the command was done.
      stream.prependOnceListener('data', () => stream.destroy());
    }
    return write(chunk);
  }) as Duplex['write'];
  return stream;
}
