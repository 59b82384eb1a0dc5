import type { VmFacts } from '../model/inventory.js';
import { formatPlace, type Place } from '../model/place.js';
import type { Lane } from '../model/plan.js';
import { transferMs } from './estimate.js';
import { usesOfTransfer } from './limits.js';
import { usedBytes } from './plan-need.js';
import { isReachable, type Scene } from './plan-scene.js';
import { step, transferTimeoutMs } from './plan-step.js';
import type { Subject } from './plan-subject.js';
import { type Decision, type PlacedWork, skip } from './plan-work.js';

/** Usually a small part of a disk has changed since the VM moved; a tenth is expected, more when bitmaps were lost. */
const changedShare = 0.1;

/** Turns round the replication of VMs that live at the recovery site: their old disks become the replicas. */
export function decideReverse(scene: Scene, subject: Subject): Decision {
  const { name, facts, place, trouble } = subject;
  if (trouble !== undefined) {
    return skip(name, trouble.code, trouble.message);
  }
  if (!scene.sourceHosts.includes(place.host)) {
    return skip(name, 'not-moved', `it lives on ${formatPlace(place)}: there is nothing to reverse`);
  }
  const known = (scene.replicas.get(name) ?? []).find(({ state }) => state === 'in-sync' || state === 'behind');
  if (known !== undefined) {
    return skip(name, 'already-reversed', `its replica on ${known.host} is kept already (${known.state})`);
  }
  const host = oldHost(scene, subject);
  if (host === undefined) {
    return skip(name, 'old-disks-unknown', `nothing says which host of ${scene.target.site} has its old disks`);
  }
  if (!isReachable(scene, host)) {
    return skip(name, 'target-unreachable', `its old disks are on ${host}, which cannot be reached`);
  }
  const nothing = { memoryBytes: 0, vcpus: 0, networks: [], diskBytes: 0 };
  const deltaBytes = Math.ceil(usedBytes(facts) * changedShare);
  return { work: { subject, way: 'reverse', need: nothing, hosts: [host], deltaBytes } };
}

export function reverseLane(scene: Scene, { subject, target, share, deltaBytes = 0 }: PlacedWork): Lane {
  const { name, place } = subject;
  const title = `replicate ${name} from ${place.host} to ${target.host}`;
  const estimateMs = transferMs(deltaBytes, share.bytesPerSecond) + 5_000;
  return {
    id: `vm/${name}`,
    subject: { kind: 'vm', name },
    title,
    after: [],
    steps: [
      step('reverse', {
        title,
        input: { vm: name, from: place, to: target },
        uses: usesOfTransfer(scene, place, target),
        timeoutMs: transferTimeoutMs(estimateMs),
        estimateMs,
      }),
    ],
    recovery: [],
  };
}

/** The old copy's own definition says it best, then the proof of the move, then an old replica. */
function oldHost(scene: Scene, { name, authority }: Subject): string | undefined {
  const isOld = ({ site, host }: Place): boolean => site === scene.target.site && scene.targetHosts.includes(host);
  const seen = (scene.sightings.get(name) ?? []).find((vm: VmFacts) => vm.seenOn === 'host' && isOld(vm));
  const { proof } = authority;
  const proven =
    proof.kind === 'migration-completed'
      ? proof.from
      : proof.kind === 'observed-stopped'
        ? proof.place
        : proof.kind === 'fenced-off' || proof.kind === 'attested'
          ? { site: scene.target.site, host: proof.host }
          : undefined;
  const [replica] = scene.replicas.get(name) ?? [];
  return seen?.host ?? (proven !== undefined && isOld(proven) ? proven.host : replica?.host);
}
