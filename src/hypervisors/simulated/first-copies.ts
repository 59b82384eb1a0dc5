import { drawBetween, uuidOf } from './chance.js';
import { beginSync, linkChanged, publish } from './copies.js';
import { copyKey } from './copy.js';
import { after, type Core } from './core.js';
import { keepCopy } from './holdings.js';
import type { ReplicaSpec, WorldSpec } from './world-spec.js';

/** How many points a replica has when the world begins, at most. */
const earlierPoints = 3;

/** Puts the replicas of a spec into the world, with the points that they would have by now, and keeps them going. */
export function addCopies(core: Core, spec: WorldSpec): void {
  for (const replica of spec.replicas ?? []) {
    addCopy(core, replica, spec);
  }
  linkChanged(core);
  core.state.audit.effects.length = 0;
}

function addCopy(core: Core, replica: ReplicaSpec, { vms = [] }: WorldSpec): void {
  const vm = vms.find(({ name }) => name === replica.vm);
  if (vm === undefined || core.state.hosts[replica.to.host] === undefined) {
    throw new Error(`The replica of ${replica.vm} on ${replica.to.host} lacks its VM or its host`);
  }
  const { everyMs = 300_000, keep = 12, quiesce = false, method } = replica;
  const key = copyKey(vm.name, replica.to.host);
  const isSeeded = replica.isSeeded ?? true;
  core.state.replications[vm.name] = { method, everyMs, keep, quiesce };
  const copy = {
    vm: vm.name,
    id: vm.id ?? uuidOf(vm.name),
    site: replica.to.site,
    host: replica.to.host,
    method,
    source: vm.host,
    points: [],
    isLive: method === 'mirror' && isSeeded,
    isClosed: false,
    promoted: {},
  };
  keepCopy(core, copy);
  if (!isSeeded) {
    beginSync(core, copy, false);
    after(core, everyMs, { event: 'cycle-due', copy: key });
    return;
  }
  const ageMs = replica.pointAgeMs ?? drawBetween(core.state, 0, everyMs - 1);
  for (let back = Math.min(earlierPoints, keep) - 1; back >= 0; back -= 1) {
    publish(core, copy, core.clock.now() - ageMs - back * everyMs);
  }
  after(core, Math.max(0, everyMs - ageMs), { event: 'cycle-due', copy: key });
}
