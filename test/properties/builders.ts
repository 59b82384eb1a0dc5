import type { Authority } from '../../src/model/authority.js';
import type { Estate, Host, Site } from '../../src/model/estate.js';
import type { HostFacts, Inventory, VmFacts } from '../../src/model/inventory.js';
import type { Plan } from '../../src/model/plan.js';
import type { Replica } from '../../src/model/replica.js';
import type { RunRequest } from '../../src/model/request.js';
import type { Group, Runbook, Selector } from '../../src/model/runbook.js';
import { type PlanInputs, plan } from '../../src/runbooks/plan.js';

/**
 * Shorthand for worlds of two sites, `north` and `south`. What is not said is ordinary: hosts that answer and have room,
 * running VMs of 1 GiB on `br-prod`, priority 3.
 */

export const GiB = 2 ** 30;
/** The moment of every observation, unless said otherwise. */
export const noon = Date.UTC(2026, 0, 15, 12);
export const digests = { runbook: '1'.repeat(64), estate: '2'.repeat(64), inventory: '3'.repeat(64) };

/** `estate('north-1 north-2', 'south-1')`: a host belongs to the site that its name begins with. */
export function estate(...hostLists: readonly string[]): Estate {
  const hosts = hostLists.flatMap((list) => list.split(' ')).map(estateHost);
  const names = [...new Set(['north', 'south', ...hosts.map((each) => each.site)])];
  return {
    sites: Object.fromEntries(
      names.map((name) => [
        name,
        estateSite(
          name,
          hosts.filter((each) => each.site === name),
        ),
      ]),
    ),
    links: {},
    tls: 'required',
    store: { sqlite: '/var/lib/lifeboat/lifeboat.db' },
  };
}

export function estateHost(name: string): Host {
  const uri = `qemu+ssh://root@${name}/system`;
  return {
    name,
    site: siteOf(name),
    uri,
    address: name,
    peerUri: uri,
    fence: { agent: 'fence_ipmilan', options: { ip: name } },
  };
}

function estateSite(name: string, hosts: readonly Host[]): Site {
  return {
    name,
    hosts: Object.fromEntries(hosts.map((each) => [each.name, each])),
    networks: { prod: `br-prod-${name}`, drill: `br-drill-${name}` },
    images: '/var/lib/libvirt/images',
    replicas: '/var/lib/lifeboat/replicas',
  };
}

/** The site in a host's name: what is before the last `-`. */
export function siteOf(hostName: string): string {
  return hostName.slice(0, hostName.lastIndexOf('-'));
}

export function host(name: string, facts: Partial<HostFacts> = {}): HostFacts {
  return {
    name,
    site: siteOf(name),
    observedAt: noon,
    cpuModel: 'EPYC',
    cpuModels: ['EPYC', 'qemu64'],
    cpuThreads: 32,
    memoryBytes: 256 * GiB,
    memoryFreeBytes: 200 * GiB,
    networks: [`br-prod-${siteOf(name)}`, `br-drill-${siteOf(name)}`],
    diskFreeBytes: 2_000 * GiB,
    isCordoned: false,
    ...facts,
  };
}

/** A host that does not answer. */
export function lostHost(name: string): HostFacts {
  return host(name, {
    unreachable: 'no route to host',
    memoryBytes: 0,
    memoryFreeBytes: 0,
    cpuThreads: 0,
    networks: [],
  });
}

/** `vm('db-1', 'north-1')`: seen running there. */
export function vm(name: string, on: string, facts: Partial<VmFacts> = {}): VmFacts {
  return {
    id: idOf(name),
    name,
    site: siteOf(on),
    host: on,
    observedAt: noon,
    seenOn: 'host',
    state: 'running',
    memoryBytes: GiB,
    vcpus: 1,
    networks: [`br-prod-${siteOf(on)}`],
    disks: [
      {
        target: 'vda',
        path: `/var/lib/libvirt/images/${name}.qcow2`,
        format: 'qcow2',
        sizeBytes: 20 * GiB,
        usedBytes: 5 * GiB,
        isShared: false,
      },
    ],
    tags: [],
    hasAutostart: false,
    hasAgent: true,
    ...facts,
  };
}

/** What a recovery point says of a VM whose host cannot be seen. */
export function remembered(name: string, on: string, facts: Partial<VmFacts> = {}): VmFacts {
  return vm(name, on, { seenOn: 'replica', ...facts });
}

/** `replica('db-1', 'south-1')`: in sync, with points of ten and five minutes ago. */
export function replica(name: string, on: string, facts: Partial<Replica> = {}): Replica {
  const point = (number: number, at: number) => ({
    id: `${name}-point-${number}`,
    vm: name,
    at,
    consistency: 'crash' as const,
    sizeBytes: 100 * 2 ** 20,
    pinnedBy: [],
  });
  return {
    vm: name,
    site: siteOf(on),
    host: on,
    method: 'block-sync',
    state: 'in-sync',
    dataAsOf: noon - 300_000,
    points: [point(1, noon - 600_000), point(2, noon - 300_000)],
    ...facts,
  };
}

export function inventory(facts: Partial<Inventory>): Inventory {
  return { at: noon, hosts: [], vms: [], replicas: [], authority: [], ...facts };
}

/** The ledger's entry of a VM that was brought to a host. */
export function authorityAt(name: string, on: string, epoch = 1): Authority {
  const place = { site: siteOf(on), host: on };
  return {
    vm: name,
    epoch,
    since: noon - 3_600_000,
    proof: { kind: 'observed-running', place, at: noon - 3_600_000 },
    state: 'at',
    place,
  };
}

/** `group('web', 'web-1 web-* tag:tier=web', { priority: 2 })`. */
export function group(name: string, selectors: string, facts: Partial<Group> = {}): Group {
  return {
    name,
    priority: 3,
    after: [],
    vms: selectors.split(' ').filter(Boolean).map(selector),
    move: { ladder: ['live', 'throttle', 'post-copy', 'pause', 'restart'], maxDowntimeMs: 500, deadlineMs: 600_000 },
    ready: [],
    ...facts,
  };
}

export function selector(text: string): Selector {
  if (text.startsWith('tag:')) {
    return { tag: text.slice(4) };
  }
  return /[*?[]/.test(text) ? { glob: text } : { name: text };
}

export function runbook(groups: readonly Group[], facts: Partial<Runbook> = {}): Runbook {
  return {
    name: 'payroll',
    protect: { from: { site: 'north' }, to: { site: 'south' } },
    objectives: {},
    groups,
    keepApart: [],
    keepTogether: [],
    limits: { perHost: 2, perLink: 4 },
    steps: [],
    triggers: [],
    guard: 'normal',
    ...facts,
  };
}

export function request(mode: RunRequest['mode'], facts: Partial<RunRequest> = {}): RunRequest {
  return { mode, by: 'ada', at: noon + 1_000, ...facts };
}

/** The plan as one line a stage: `level-1: vm/db-1 [check place …]`, and one for what is skipped; or the conflicts. */
export function outline(inputs: Omit<PlanInputs, 'digests'>): readonly string[] {
  const made = plan({ ...inputs, digests });
  if (!('stages' in made)) {
    return made.map(({ reason, code, subject }) => `${reason} ${code} ${subject}`);
  }
  const stages = made.stages.map(
    ({ id, lanes }) =>
      `${id}: ${lanes.map((lane) => `${lane.id} [${lane.steps.map((step) => step.id).join(' ')}]`).join(', ')}`,
  );
  return [...stages, ...made.skipped.map((skipped) => `skipped ${skipped.vm} ${skipped.code}`)];
}

/** The plan; a test that expects one fails with the conflicts there are. */
export function madePlan(inputs: Omit<PlanInputs, 'digests'>): Plan {
  const made = plan({ ...inputs, digests });
  if (!('stages' in made)) {
    throw new Error(made.map(({ message }) => message).join('\n'));
  }
  return made;
}

/** A UUID for each name. */
export function idOf(name: string): string {
  let number = 7;
  for (const character of name) {
    number = (number * 31 + (character.codePointAt(0) ?? 0)) % 0xffffffffffff;
  }
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}
