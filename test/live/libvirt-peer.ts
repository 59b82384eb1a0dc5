/** libvirt-python as a second client of a host: asks it the same questions, and brings both answers into one form. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LibvirtError } from 'node-libvirt';

const script = fileURLToPath(new URL('./libvirt-peer.py', import.meta.url));

/** An object of the host by its kind and names, such as `['volume', 'pool', 'disk.qcow2']`. */
export type Handle = readonly [kind: string, ...keys: string[]];

/** A method of libvirt-python on such an object. */
export interface PeerCall {
  readonly on: Handle;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What a call came to, in a form that JSON keeps. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** A running peer. Requests are answered one at a time, in their order. */
export class Peer {
  readonly #answers: AsyncIterator<string>;

  private constructor(private readonly process: ChildProcess) {
    const output = process.stdout as NodeJS.ReadableStream;
    this.#answers = createInterface({ input: output })[Symbol.asyncIterator]();
  }

  static start(uri: string): Peer {
    return new Peer(spawn(pythonWithLibvirt(), [script, uri], { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  ask(call: PeerCall): Promise<Outcome> {
    return this.#request(call);
  }

  /** Keeps the peer's handle of an object, so that it can be used after the object has gone. */
  async hold(handle: Handle): Promise<void> {
    const outcome = await this.#request({ hold: handle });
    if ('error' in outcome) throw new Error(`the peer cannot hold ${handle.join(' ')}: ${JSON.stringify(outcome)}`);
  }

  /** Ends the peer by closing its input. Safe to call more than once. */
  async stop(): Promise<void> {
    this.process.stdin?.end();
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
  }

  async #request(request: object): Promise<Outcome> {
    this.process.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('libvirt-peer.py has ended: see its message above');
    const answer = JSON.parse(value) as Outcome | { readonly broken: string };
    if ('broken' in answer) throw new Error(`libvirt-peer.py cannot do ${JSON.stringify(request)}: ${answer.broken}`);
    return answer;
  }
}

/** Debian's bindings belong to Debian's Python, which need not be the first one in PATH. */
function pythonWithLibvirt(): string {
  for (const python of ['python3', '/usr/bin/python3']) {
    if (spawnSync(python, ['-c', 'import libvirt'], { stdio: 'ignore' }).status === 0) return python;
  }
  throw new Error('no Python here can `import libvirt`: install python3-libvirt, then run this test again');
}

/** What a call of ours comes to. Errors that are not libvirt's own are not an answer and are thrown on. */
export async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    return { value: plain(await call) };
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    const { number, domain, level, message, str1, str2, str3, int1, int2 } = error.reported;
    return { error: { number, domain, level, message, str1, str2, str3, int1, int2 } };
  }
}

/** Values as both sides write them: truth as 0 and 1, bytes in base64, whole numbers beyond 2^53-1 in words, done as 0. */
function plain(value: unknown): unknown {
  if (value === undefined) return 0;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') return { big: String(value) };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value;
}

/**
 * How two answers are held against each other. An answer that moves by itself is asked for before and after the peer's:
 * - `same`: equal in everything
 * - `between`: as `same`, but each number of the peer lies between our earlier and our later one
 * - `near`: as `same`, but numbers may be a quarter apart, since they go up and down
 */
export type Comparison = 'same' | 'between' | 'near';

/** What differs, a line for each place; empty when the answers agree. */
export function differences(comparison: Comparison, before: unknown, theirs: unknown, after: unknown): string[] {
  return walk('', before, theirs, after);

  function walk(path: string, ours: unknown, peers: unknown, later: unknown): string[] {
    if (typeof ours === 'number' && typeof peers === 'number' && typeof later === 'number') {
      return agree(ours, peers, later) ? [] : [`${path}: ${ours} then ${later}, the peer has ${peers}`];
    }
    if (isContainer(ours) && isContainer(peers) && isContainer(later) && Array.isArray(ours) === Array.isArray(peers)) {
      const keys = new Set([...Object.keys(ours), ...Object.keys(peers)]);
      return [...keys].flatMap((key) => walk(`${path}.${key}`, ours[key], peers[key], later[key]));
    }
    return Object.is(ours, peers) ? [] : [`${path}: ${JSON.stringify(ours)}, the peer has ${JSON.stringify(peers)}`];
  }

  function agree(ours: number, peers: number, later: number): boolean {
    if (comparison === 'same') return ours === peers;
    if (comparison === 'between') return Math.min(ours, later) <= peers && peers <= Math.max(ours, later);
    return Math.abs(ours - peers) <= Math.max(Math.abs(ours), Math.abs(peers)) / 4;
  }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
