import type { Authority } from '../model/authority.js';
import type { Inventory, VmFacts } from '../model/inventory.js';
import type { ProtectionState, Replica } from '../model/replica.js';
import type { ReplicaReport } from '../model/replica-report.js';
import type { Runbook } from '../model/runbook.js';
import { select } from '../runbooks/select.js';
import { lagOf, type ReplicationFacts } from '../storage-sync/lag.js';

/** One replica of a VM, or a VM that has none; its members may be added to, never changed. */
export interface StatusRow {
  readonly vm: string;
  readonly state: VmFacts['state'];
  readonly place: string;
  /** `replica`: its host did not answer, so that place and state are the last that were known. */
  readonly seenOn: VmFacts['seenOn'];
  readonly method: Replica['method'] | 'none';
  readonly replica: string;
  readonly replicaState?: Replica['state'];
  readonly lastPointAt?: number;
  /** The state in one word, from what the replica shows now and what the journal tells; absent where there is no replication. */
  readonly protection?: ProtectionState;
  /** Why it is so, where the state alone does not say it. */
  readonly why?: string;
  /** Age of the data that would be lost now. */
  readonly dataAgeMs?: number;
  readonly targetMs?: number;
  /** `unprotected`: it should be replicated, and no replica is anywhere but where it runs itself. */
  readonly verdict: 'met' | 'missed' | 'no-target' | 'no-point' | 'not-replicated' | 'unprotected';
  /** Whether it lives on the other side, so that `reverse` protects it again. */
  readonly isAway: boolean;
}

/** How each VM is protected: those of the runbook in its order, without one all by name. */
export function statusRows(
  inventory: Inventory,
  runbook: Runbook | undefined,
  reports: ReadonlyMap<string, ReplicaReport> = new Map(),
): readonly StatusRow[] {
  if (runbook === undefined) {
    const vms = inventory.vms.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    return vms.flatMap((vm) => {
      const isAway = wasTakenOver(vm, inventory);
      return rowsOf(vm, inventory, { isAway, isMeant: isAway, isInSite: false });
    });
  }
  const { protect, objectives } = runbook;
  const goal = objectives.rpoMs === undefined ? {} : { targetMs: objectives.rpoMs };
  const isInSite = protect.from.site === protect.to.site;
  return select(runbook, inventory.vms).groups.flatMap(({ group, vms }) =>
    vms.flatMap((vm) => {
      const isAway = vm.site !== protect.from.site;
      const report = reports.get(vm.name);
      const told = report === undefined ? {} : { report };
      return rowsOf(vm, inventory, { isAway, isMeant: group.replicate !== undefined, isInSite, ...told, ...goal });
    }),
  );
}

interface Wanted {
  readonly isAway: boolean;
  /** Whether it is to be replicated. */
  readonly isMeant: boolean;
  /** Whether another host of the same site is elsewhere enough. */
  readonly isInSite: boolean;
  readonly targetMs?: number;
  /** What the journal of its protection tells. */
  readonly report?: ReplicaReport;
}

function rowsOf(vm: VmFacts, { replicas, hosts, at }: Inventory, wanted: Wanted): readonly StatusRow[] {
  const { isAway, isMeant, isInSite, targetMs, report } = wanted;
  const facts = {
    vm: vm.name,
    state: vm.state,
    place: `${vm.site}/${vm.host}`,
    seenOn: vm.seenOn,
    isAway,
    ...(targetMs === undefined ? {} : { targetMs }),
  };
  // A copy that burns down with the VM protects nothing: after a failover the VM lives on what was its replica.
  const elsewhere = replicas.filter(
    ({ vm: name, site, host }) => name === vm.name && (site !== vm.site || (isInSite && host !== vm.host)),
  );
  const unseen = elsewhere.length === 0 ? unseenReplica(report, hosts) : undefined;
  if (unseen !== undefined) {
    return [
      { ...facts, ...unseen, ...agedBy(unseen.lastPointAt, at), verdict: verdictOf(at - unseen.lastPointAt, targetMs) },
    ];
  }
  if (elsewhere.length === 0 && report?.state !== undefined && isMeant) {
    const { state, why } = report;
    const told = { protection: state, ...(why === undefined ? {} : { why }) };
    return [{ ...facts, ...told, method: 'none', replica: '-', verdict: 'unprotected' }];
  }
  if (elsewhere.length === 0) {
    return [{ ...facts, method: 'none', replica: '-', verdict: isMeant ? 'unprotected' : 'not-replicated' }];
  }
  return elsewhere.map((replica) => {
    const newest = replica.points.reduce<number | undefined>((last, point) => Math.max(last ?? 0, point.at), undefined);
    const standing = protectionOf(vm, replica, { report, targetMs, at });
    return {
      ...facts,
      method: replica.method,
      replica: `${replica.site}/${replica.host}`,
      replicaState: replica.state,
      ...(newest === undefined ? {} : { lastPointAt: newest }),
      ...standing,
      verdict: verdictOf(standing.dataAgeMs, targetMs),
    };
  });
}

function agedBy(pointAt: number, at: number): Pick<StatusRow, 'dataAgeMs'> {
  return { dataAgeMs: Math.max(0, at - pointAt) };
}

/** What the journal knows of a replica whose host does not answer. */
function unseenReplica(
  report: ReplicaReport | undefined,
  hosts: Inventory['hosts'],
): (Pick<StatusRow, 'method' | 'replica' | 'protection' | 'why'> & { readonly lastPointAt: number }) | undefined {
  const { to, point, state } = report ?? {};
  const host = hosts.find(({ name }) => name === to?.host);
  if (to === undefined || point === undefined || host?.unreachable === undefined) {
    return undefined;
  }
  return {
    method: 'block-sync',
    replica: `${to.site}/${to.host}`,
    ...(state === undefined ? {} : { protection: state }),
    why: `${to.host} does not answer; its newest point is known from the journal`,
    lastPointAt: point.at,
  };
}

function protectionOf(
  vm: VmFacts,
  replica: Replica,
  {
    report,
    targetMs,
    at,
  }: { readonly report: ReplicaReport | undefined; readonly targetMs: number | undefined; readonly at: number },
): Pick<StatusRow, 'protection' | 'why' | 'dataAgeMs'> {
  const isLost = vm.seenOn === 'replica' || replica.state === 'source-lost';
  const facts: ReplicationFacts = {
    activity: activityOf(replica),
    ...(replica.dataAsOf === undefined ? {} : { dataAsOf: replica.dataAsOf }),
    ...(isLost ? { sourceLostAt: report?.state === 'recovery-possible' ? (report.since ?? at) : at } : {}),
  };
  const { state, ageMs } = lagOf(facts, targetMs, at);
  const why = state === report?.state ? report.why : (report?.failure?.message ?? report?.forecast);
  return {
    protection: state,
    ...(ageMs === undefined ? {} : { dataAgeMs: ageMs }),
    ...(why === undefined ? {} : { why }),
  };
}

function activityOf({ method, state }: Replica): ReplicationFacts['activity'] {
  switch (state) {
    case 'seeding':
    case 'resyncing':
    case 'broken':
      return state;
    case 'in-sync':
    case 'behind':
    case 'source-lost':
      return method === 'mirror' && state === 'in-sync' ? 'mirroring' : 'syncing';
  }
}

function verdictOf(ageMs: number | undefined, targetMs: number | undefined): StatusRow['verdict'] {
  if (ageMs === undefined) {
    return 'no-point';
  }
  if (targetMs === undefined) {
    return 'no-target';
  }
  return ageMs <= targetMs ? 'met' : 'missed';
}

/** Without a runbook the ledger tells that a run has brought the VM to another site. */
function wasTakenOver(vm: VmFacts, { authority, replicas }: Inventory): boolean {
  const own = authority.find((one) => one.vm === vm.name);
  const livesOnReplica = replicas.some((replica) => replica.vm === vm.name && replica.site === vm.site);
  return livesOnReplica || (own !== undefined && hasChangedSite(own));
}

function hasChangedSite({ proof }: Authority): boolean {
  switch (proof.kind) {
    case 'migration-completed':
    case 'migration-started':
      return proof.from.site !== proof.to.site;
    case 'fenced-off':
    case 'attested':
      return true;
    case 'observed-running':
    case 'observed-stopped':
      return false;
  }
}
