import type { Inventory, VmFacts } from '../model/inventory.js';
import { compileGlob } from './glob.js';
import { namePattern } from './schema-field.js';

/** A host that was pointed at, and the site it was said to belong to. */
export interface FoundHost {
  readonly name: string;
  readonly site: string;
  readonly uri: string;
  /** The value of its key `fence`, as YAML of one line; without it a comment shows how to write one. */
  readonly fence?: string;
}

/** What both texts begin with, so that editors complete and check the file. */
function modeline(schema: string): string {
  return `# yaml-language-server: $schema=${schema}`;
}

/**
 * A commented `lifeboat.yaml` for these hosts, which parses as it is. `schema` is the path or URL of the estate schema. What
 * no look at the hosts can tell (fence agents, rates, mail) stands in comments, ready to be filled in.
 */
export function estateText(found: {
  readonly hosts: readonly FoundHost[];
  readonly inventory: Inventory;
  readonly schema: string;
}): string {
  const sites = [...new Set(found.hosts.map(({ site }) => site))];
  const [one, other] = sites;
  return lines([
    modeline(found.schema),
    '# The estate: the hosts on which VMs can live, by site. A site is what fails together.',
    'version: 1',
    'sites:',
    ...sites.flatMap((site) => siteLines(site, found)),
    ...(one === undefined || other === undefined
      ? []
      : [
          '# What a link carries; without it there is no limit.',
          '# links:',
          `#   ${one}-${other}: { between: [${one}, ${other}], rate: 1Gbit }`,
        ]),
    'tls: required # off where the hosts have no TLS and the network is trusted',
    'store: { sqlite: /var/lib/lifeboat/lifeboat.db } # the journal of every run, on this machine',
    '# mail: { smtp: "smtps://mail.example.org", from: lifeboat@example.org, to: [ops@example.org] }',
  ]);
}

function siteLines(site: string, { hosts, inventory }: Parameters<typeof estateText>[0]): readonly string[] {
  const here = hosts.filter((host) => host.site === site);
  const networks = new Set(inventory.hosts.filter((host) => host.site === site).flatMap((host) => host.networks));
  const known = [...networks].filter(isName).map((network) => `${network}: ${JSON.stringify(network)}`);
  return [
    `  ${site}:`,
    '    hosts:',
    ...here.flatMap(({ name, uri, fence }) => [
      `      ${name}:`,
      `        uri: ${JSON.stringify(uri)}`,
      '        # How the host is made certainly dead before its VMs start elsewhere. A failover needs it.',
      fence === undefined
        ? `        # fence: { agent: fence_ipmilan, options: { ip: …, username: …, password: { file: ${name}.secret } } }`
        : `        fence: ${fence}`,
    ]),
    '    # Name at every site alike what the VMs are attached to. A drill needs one called `drill`, which leads nowhere.',
    `    networks: {${known.length === 0 ? '' : ` ${known.join(', ')} `}}`,
    '    images: /var/lib/libvirt/images # disks of VMs that live here',
    "    replicas: /var/lib/lifeboat/replicas # replicas of other sites' disks",
  ];
}

/**
 * A commented runbook for the VMs found at the site `from`, which parses as it is. VMs whose names differ only in the
 * number at the end become a group; those that stand alone are one group together. Without another site to go to, it is
 * a runbook that empties the first host.
 */
export function runbookText(found: {
  readonly name: string;
  readonly from: string;
  readonly to?: string;
  readonly hosts: readonly FoundHost[];
  readonly inventory: Inventory;
  readonly schema: string;
}): string {
  const { name, from, to, hosts, inventory, schema } = found;
  const first = hosts.find(({ site }) => site === from)?.name ?? '';
  const vms = inventory.vms.filter(({ site }) => site === from);
  const protect = to === undefined ? `from: { host: ${first} }, to: ${from}` : `from: ${from}, to: ${to}`;
  return lines([
    modeline(schema),
    '# One runbook for every mode: drill, evacuate, relocate, failover, failback.',
    'version: 1',
    `name: ${name}`,
    `protect: { ${protect} }`,
    'objectives: { rpo: 5m, rto: 30m } # the age of data that may be lost, the time a recovery may take',
    'groups:',
    ...groupsOf(vms).flatMap((group) => groupLines(group, { vms, hasReplica: to !== undefined })),
    'limits: { per-host: 2, per-link: 4 } # at once on one host, over one link',
    '# notify: { mail: true, on: [waiting, failed, finished, rpo-missed] }',
  ]);
}

interface FoundGroup {
  readonly name: string;
  readonly vms: readonly VmFacts[];
}

const rest = 'others';

/** Groups by what stands before the number at the end of a name, in the order of their names. */
function groupsOf(vms: readonly VmFacts[]): readonly FoundGroup[] {
  const byPrefix = new Map<string, VmFacts[]>();
  for (const vm of vms.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const prefix = /^(.*?)[-_.]?\d+$/.exec(vm.name)?.[1] ?? '';
    const key = isName(prefix) && prefix !== rest ? prefix : rest;
    byPrefix.set(key, [...(byPrefix.get(key) ?? []), vm]);
  }
  const groups = [...byPrefix].map(([name, members]) => ({ name, vms: members }));
  return groups.length === 0 ? [{ name: 'all', vms: [] }] : groups;
}

function groupLines(
  { name, vms }: FoundGroup,
  context: { readonly vms: readonly VmFacts[]; readonly hasReplica: boolean },
): readonly string[] {
  const hasAgent = vms.length > 0 && vms.every((vm) => vm.hasAgent);
  const quiesce = hasAgent ? ', quiesce: true' : '';
  return [
    `  - name: ${name}`,
    `    priority: ${isDatabase(name) ? 1 : 3} # 1 goes first, 5 last`,
    '    # after: [] # groups whose VMs must answer before these begin',
    `    vms: [${selectorsOf(vms, context.vms)
      .map((text) => JSON.stringify(text))
      .join(', ')}]`,
    ...(context.hasReplica
      ? [
          `    replicate: { method: block-sync, every: 2m, keep: 12${quiesce} } # or { method: mirror }: nothing is lost`,
        ]
      : []),
    hasAgent
      ? '    ready: [{ probe: guest-agent, within: 2m }] # add { probe: tcp, port: …, within: 2m } for what it serves'
      : '    # ready: [{ probe: tcp, port: 22, within: 2m }] # these VMs have no guest agent: say how to see that they run',
  ];
}

/** Others wait for databases, so that they go first: a guess by the name, for a person to correct. */
function isDatabase(group: string): boolean {
  return /^(db|database|sql|mysql|mariadb|pg|postgres)/.test(group);
}

/** A glob when it means these VMs and no others, so that the next one of them is protected too; else their names. */
function selectorsOf(vms: readonly VmFacts[], all: readonly VmFacts[]): readonly string[] {
  if (all.length === 0) {
    return ['*'];
  }
  const prefix = /^(.*?[-_.]?)\d+$/.exec(vms[0]?.name ?? '')?.[1] ?? '';
  const glob = `${literal(prefix)}*`;
  const isMeant = compileGlob(glob);
  const meant = all.filter((vm) => isMeant(vm.name));
  const isExact = vms.length > 1 && prefix !== '' && meant.length === vms.length && vms.every((vm) => isMeant(vm.name));
  return isExact ? [glob] : vms.map((vm) => literal(vm.name));
}

/** A name as a selector that means this name alone. */
function literal(name: string): string {
  return name.replace(/[*?[]/g, (character) => `[${character}]`);
}

function isName(text: string): boolean {
  return new RegExp(namePattern).test(text);
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
