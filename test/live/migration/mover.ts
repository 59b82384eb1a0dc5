/** The port of live moves on two hosts of the lab, as one process has it, and what can be seen of its work. */
import { connect, type Libvirt } from 'node-libvirt';
import type { Hypervisor, Migration, MigrationResult, TransferProgress } from '../../../src/hypervisors/hypervisor.js';
import { Connections } from '../../../src/hypervisors/libvirt/connections.js';
import { migrationsOf } from '../../../src/hypervisors/libvirt/migration/migrations.js';
import type { Estate } from '../../../src/model/estate.js';
import { type Failure, FailureError } from '../../../src/model/failure.js';
import { addressOf, onHost, uriOf } from '../lab.js';

const images = '/var/lib/libvirt/images';
const never = new AbortController().signal;
const ignore = (): void => undefined;

export type Moves = Pick<Hypervisor, 'migrate' | 'migrationState' | 'carry'>;

/** What a call came to. */
export type Outcome = { readonly result: MigrationResult } | { readonly failure: Failure };

/** One process that moves VMs. `kill` ends it as SIGKILL does: its connections are gone, and nobody hears its calls end. */
export class Mover implements AsyncDisposable {
  readonly moves: Moves;
  readonly #connections: Connections;

  constructor(hosts: readonly string[]) {
    const estate = estateOf(hosts);
    this.#connections = new Connections({ estate });
    this.moves = migrationsOf({ connections: this.#connections, estate, now: Date.now });
  }

  /** Begins to move; what it came to is a value, since a test that waits for something else must not miss it. */
  begin(migration: Migration, signal: AbortSignal = never): Journey {
    return new Journey((report) => this.moves.migrate(migration, signal, report));
  }

  async kill(): Promise<void> {
    await this.#connections.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** A move that is under way. */
export class Journey {
  readonly outcome: Promise<Outcome>;
  #isOver = false;
  readonly #phases = new Set<string>();
  readonly #rungs = new Set<string>();
  #tell: () => void = ignore;

  constructor(begin: (report: (progress: TransferProgress) => void) => Promise<MigrationResult>) {
    this.outcome = begin(({ phase, rung }) => {
      this.#phases.add(phase ?? '');
      this.#rungs.add(rung ?? '');
      this.#tell();
    }).then(
      (result) => ({ result }),
      (error: unknown) => {
        if (error instanceof FailureError) return { failure: error.failure };
        throw error;
      },
    );
    void this.outcome
      .finally(() => {
        this.#isOver = true;
        this.#tell();
      })
      .catch(ignore);
  }

  /** Resolves when it was told to be in this phase, or on this rung; fails when it ends without. */
  async reached(sign: string): Promise<void> {
    while (!this.#phases.has(sign) && !this.#rungs.has(sign)) {
      if (this.#isOver) throw new Error(`it ended before \`${sign}\`: ${JSON.stringify(await this.outcome)}`);
      await new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
    }
  }

  async failure(): Promise<Failure> {
    const outcome = await this.outcome;
    if ('failure' in outcome) return outcome.failure;
    throw new Error(`it was to fail, and gave ${JSON.stringify(outcome.result)}`);
  }

  async result(): Promise<MigrationResult> {
    const outcome = await this.outcome;
    if ('result' in outcome) return outcome.result;
    throw new FailureError(outcome.failure);
  }
}

/** What of a VM is on a host: the definition's state, files of its disks, markers, and pools of ours. */
export async function tracesOn(
  host: string,
  { uuid, name }: { readonly uuid: string; readonly name: string },
): Promise<readonly string[]> {
  await using libvirt = await connect(uriOf.tcp(host));
  const domains = (await libvirt.connectListAllDomains()).filter((domain) => domain.uuid === uuid);
  const pools = (await libvirt.connectListAllStoragePools()).filter((pool) => pool.name.startsWith('lifeboat-'));
  const files = (await onHost(host, 'ls', images))
    .split('\n')
    .filter((file) => file.startsWith(name) || file.includes(uuid));
  return [
    ...domains.map(({ id }) => (id === -1 ? 'defined' : 'alive')),
    ...files.map((file) => `file ${file}`),
    ...pools.map((pool) => `pool ${pool.name}`),
  ];
}

/** Does something with a host's own libvirt. */
export async function onLibvirt<Answer>(host: string, work: (libvirt: Libvirt) => Promise<Answer>): Promise<Answer> {
  await using libvirt = await connect(uriOf.tcp(host));
  return await work(libvirt);
}

function estateOf(hosts: readonly string[]): Estate {
  const entries = hosts.map((name) => {
    const uri = uriOf.tcp(name);
    return [name, { name, site: 'north', uri, address: addressOf(name), peerUri: uri }] as const;
  });
  const site = {
    name: 'north',
    hosts: Object.fromEntries(entries),
    networks: {},
    images,
    replicas: '/var/lib/lifeboat/replicas',
  };
  return { sites: { north: site }, links: {}, tls: 'off', store: { sqlite: '/dev/null' } };
}
