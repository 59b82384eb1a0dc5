/**
 * `node-libvirt` and `console` as the examples see them: a connection to whatever URI leads to the fake daemon, and what
 * is printed is kept.
 */
import { format } from 'node:util';
import { type ConnectOptions, connect as connectTo, type Libvirt } from 'node-libvirt';
import { parseUri } from '../../packages/node-libvirt/src/uri.js';

export * from 'node-libvirt';

let daemon = '';
let printed: string[] = [];

/** Begins an example: its connections go to `uri`, and nothing is printed yet. */
export function begin(uri: string): void {
  daemon = uri;
  printed = [];
}

/** What was printed since `begin`, line by line. */
export function output(): readonly string[] {
  return printed;
}

/** Refuses what the real one refuses. A URI of the `test` driver is the example's own fake daemon; a wrong one is tried. */
export async function connect(uri: string, options?: ConnectOptions): Promise<Libvirt> {
  const { driver, socket } = parseUri(uri);
  return connectTo(driver === 'test' || socket === '/run/no/such' ? uri : daemon, options);
}

export const console = {
  log: (...values: readonly unknown[]): void => void printed.push(...format(...values).split('\n')),
};
