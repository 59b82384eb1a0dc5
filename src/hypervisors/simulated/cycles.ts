import type { CycleRequest, CycleResult } from '../../storage-sync/replicas.js';
import type { Call, Outcome } from './call.js';
import { copyAt, publish, recoveryPoint } from './copies.js';
import type { Copy, Replication } from './copy.js';
import type { Core } from './core.js';
import { failed } from './failures.js';
import { keepCopy } from './holdings.js';
import { canSpeak } from './network.js';
import { asked, follow, hasLayer, restart } from './syncs.js';
import type { Guest, HostState } from './world-state.js';

/** Between two points of a mirror that the world makes by itself, ms. */
const mirrorEveryMs = 300_000;

/**
 * Begins a cycle of a VM's replication, or joins the one under way; makes the replica where there is none. From then on
 * the world lets no cycle of it happen by itself: somebody tends it.
 */
export function replicate(core: Core, call: Call, request: Omit<CycleRequest, 'rate'>): Outcome | undefined {
  const { vm, from, to, replicate: policy, bytesPerSecond } = request;
  const source = core.state.hosts[from.host];
  const target = core.state.hosts[to.host] as HostState;
  const guest = Object.values(source?.guests ?? {}).find(({ definition }) => definition.name === vm);
  if (source === undefined || guest === undefined) {
    return failed('vm-not-found', 'permanent', `Host ${from.host} has no VM ${vm}`, 'Look where it is');
  }
  if (!canSpeak(core, source, target)) {
    return failed('transfer-broken', 'transient', `${from.host} cannot reach ${to.host}`, 'Check the link');
  }
  const known = copyAt(core, vm, to.host);
  if (known?.isClosed || (known !== undefined && hasLayer(core, known, ['promoted', 'move']))) {
    return failed('replica-in-use', 'precondition', `A run has taken the replica of ${vm} on ${to.host}`, 'Reverse it');
  }
  if (target.diskFreeBytes <= 0) {
    return failed('no-space', 'permanent', `${to.host} has no room left for replicas`, 'Free some space there');
  }
  core.state.replications[vm] = replicationBy(policy);
  const copy = known ?? newCopy(core, { guest, target, request });
  copy.source = from.host;
  copy.isTended = true;
  if (copy.isLive) {
    return { value: pointOfMirror(core, copy), tookMs: 100 };
  }
  return follow(core, call, asked(core, copy) ?? restart(core, copy, bytesPerSecond));
}

/** A cycle whose point is compared with its source's moment; see `completeSync`. */
export function prove(core: Core, call: Call, request: Omit<CycleRequest, 'rate'>): Outcome | undefined {
  const { vm, replicate: policy } = request;
  if (policy.method === 'mirror' || copyAt(core, vm, request.to.host)?.isLive) {
    return failed('proof-not-offered', 'permanent', `${vm} is mirrored`, 'Drill its runbook instead');
  }
  const outcome = replicate(core, call, request);
  if (call.waitsFor !== undefined && 'transfer' in call.waitsFor) {
    call.waitsFor = { ...call.waitsFor, isProof: true };
  }
  return outcome;
}

function replicationBy(policy: CycleRequest['replicate']): Replication {
  return policy.method === 'mirror'
    ? { method: 'mirror', everyMs: mirrorEveryMs, keep: policy.keep, quiesce: false }
    : policy;
}

function newCopy(
  core: Core,
  of: { readonly guest: Guest; readonly target: HostState; readonly request: Omit<CycleRequest, 'rate'> },
): Copy {
  const { guest, target, request } = of;
  const copy: Copy = {
    vm: request.vm,
    id: guest.definition.id,
    site: target.site,
    host: target.name,
    method: request.replicate.method,
    source: request.from.host,
    points: [],
    isLive: false,
    isClosed: false,
    promoted: {},
  };
  keepCopy(core, copy);
  core.touched.hasChanged = true;
  return copy;
}

/** A mirror that is ready has the source's present already. */
function pointOfMirror(core: Core, copy: Copy): CycleResult {
  const point = publish(core, copy, core.clock.now());
  return { bytes: 0, point: recoveryPoint(core, copy, point), transfer: 'delta', transferMs: 0 };
}
