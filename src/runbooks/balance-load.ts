/** What VMs were given of a host, against what it has. */
export interface HostLoad {
  readonly host: string;
  readonly memoryBytes: number;
  readonly threads: number;
  readonly givenBytes: number;
  readonly givenVcpus: number;
}

/** How much of their memory and of their CPU threads hosts have given away: of the emptiest and of the fullest one. */
export interface Spread {
  readonly memory: Range;
  readonly cpu: Range;
}

export interface Range {
  readonly least: number;
  readonly most: number;
}

/** Hosts that differ by no more than this part of what they have are even. */
export const tolerance = 0.1;

/** Shares are sums of many parts: below this, two of them are the same. */
const grain = 1e-9;

/** The load of hosts while VMs are moved between them in thought. The amounts change. */
export class LoadTable {
  readonly #hosts: readonly HostLoad[];
  readonly #index: ReadonlyMap<string, number>;
  readonly #memory: number[];
  readonly #cpu: number[];

  constructor(hosts: readonly HostLoad[]) {
    this.#hosts = hosts;
    this.#index = new Map(hosts.map(({ host }, index) => [host, index]));
    this.#memory = hosts.map(({ givenBytes, memoryBytes }) => givenBytes / Math.max(1, memoryBytes));
    this.#cpu = hosts.map(({ givenVcpus, threads }) => givenVcpus / Math.max(1, threads));
  }

  /** Moves so much from one host to another; the other way round it takes that back. */
  move({ memoryBytes, vcpus }: Pick<Moved, 'memoryBytes' | 'vcpus'>, from: string, to: string): void {
    for (const [name, sign] of [
      [from, -1],
      [to, 1],
    ] as const) {
      const index = this.#index.get(name);
      const host = index === undefined ? undefined : this.#hosts[index];
      if (index !== undefined && host !== undefined) {
        this.#memory[index] = (this.#memory[index] ?? 0) + (sign * memoryBytes) / Math.max(1, host.memoryBytes);
        this.#cpu[index] = (this.#cpu[index] ?? 0) + (sign * vcpus) / Math.max(1, host.threads);
      }
    }
  }

  spread(): Spread {
    return { memory: rangeOf(this.#memory), cpu: rangeOf(this.#cpu) };
  }

  /** How far the hosts are from their mean, all together: what each good move makes smaller. */
  disorder(): number {
    return variance(this.#memory) + variance(this.#cpu);
  }
}

/** What moves. */
export interface Moved {
  readonly memoryBytes: number;
  readonly vcpus: number;
}

export function isEven({ memory, cpu }: Spread): boolean {
  return excessOf(memory) === 0 && excessOf(cpu) === 0;
}

/** How much more than the tolerance allows the fullest has than the emptiest. */
export function excessOf({ least, most }: Range): number {
  const excess = most - least - tolerance;
  return excess < grain ? 0 : excess;
}

/** Whether neither memory nor CPU is further from even than before. */
export function isNoWorse(after: Spread, before: Spread): boolean {
  return (
    excessOf(after.memory) <= excessOf(before.memory) + grain && excessOf(after.cpu) <= excessOf(before.cpu) + grain
  );
}

function rangeOf(shares: readonly number[]): Range {
  return shares.length === 0
    ? { least: 0, most: 0 }
    : { least: shares.reduce((a, b) => Math.min(a, b)), most: shares.reduce((a, b) => Math.max(a, b)) };
}

function variance(shares: readonly number[]): number {
  const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
  return shares.reduce((sum, share) => sum + (share - mean) ** 2, 0);
}
