import type { Finding } from '../model/finding.js';
import { formatPlace } from '../model/place.js';
import type { PlanConflict, Stage } from '../model/plan.js';
import type { Group } from '../model/runbook.js';
import { type Balance, balance } from './balance.js';
import type { BoardVm } from './balance-board.js';
import { type HostLoad, isEven, type Range, type Spread } from './balance-load.js';
import { conflict, warning } from './conflict.js';
import { freeHosts } from './plan-balance-free.js';
import { copyOf, usedBytesOf } from './plan-disks.js';
import { confirmStage, cordonStage } from './plan-evacuation.js';
import { decideMove, ladderOf } from './plan-move.js';
import { type Places, placeRequest, type ToPlace } from './plan-places.js';
import { isReachable, type Scene } from './plan-scene.js';
import type { Subject } from './plan-subject.js';
import { type Decision, skip, type Work } from './plan-work.js';

/** A site is evened out by a runbook that says so, and by no other. */
export function balanceRefusals({ runbook, mode }: Scene): readonly PlanConflict[] {
  return runbook.balance !== undefined
    ? []
    : [
        conflict('impossible', {
          code: 'mode-unknown',
          subject: runbook.name,
          message: `this runbook moves VMs from one place to another, and has no plan for mode ${mode}`,
          hint: 'write `protect: { balance: SITE }` in a runbook of its own',
          path: '/protect',
        }),
      ];
}

/** To even out, only VMs that run and may move live take part; a host that is to be free must be left by all. */
export function decideBalance(scene: Scene, subject: Subject, group: Group): Decision {
  const { name, place, stateThere, trouble } = subject;
  if (trouble !== undefined) {
    return skip(name, trouble.code, trouble.message);
  }
  if (!scene.sourceHosts.includes(place.host)) {
    return skip(name, 'elsewhere', `it lives on ${formatPlace(place)}, outside of this runbook`);
  }
  if (!isReachable(scene, place.host)) {
    return skip(name, 'source-unreachable', `its host ${place.host} cannot be reached`);
  }
  if (!isFreeing(scene) && stateThere !== 'running') {
    return skip(name, 'stays', `it is ${stateThere ?? 'not to be seen'}: only VMs that run are moved for this`);
  }
  if (!isFreeing(scene) && ladderOf(scene, group).length === 0) {
    return skip(name, 'stays', `group ${group.name} allows it no rung but restart, and no VM is stopped for this`);
  }
  return decideMove(scene, subject, { group, hosts: scene.targetHosts.filter((host) => host !== place.host) });
}

export function balancePlaces(scene: Scene, toPlace: ToPlace): Places {
  return isFreeing(scene) ? freeHosts(scene, toPlace) : evenPlaces(scene, toPlace);
}

/** Hosts that are to be free are cordoned first and seen empty last. */
export function balanceBefore(scene: Scene): readonly Stage[] {
  return isFreeing(scene) ? [cordonStage(scene)] : [];
}

export function balanceAfter(scene: Scene): readonly Stage[] {
  return isFreeing(scene) ? confirmStage(scene) : [];
}

function isFreeing({ runbook }: Scene): boolean {
  return (runbook.balance?.freeHosts ?? 0) > 0;
}

function evenPlaces(scene: Scene, toPlace: ToPlace): Places {
  const { rooms, apart, together } = placeRequest(scene, toPlace);
  const hosts = scene.targetHosts.filter((host) => rooms.get(host)?.closed === undefined);
  const takingPart = new Set(hosts);
  const found = balance({
    hosts: hosts.map((host) => loadOf(scene, host)),
    vms: toPlace.works
      .filter(({ work }) => takingPart.has(work.subject.place.host))
      .map(({ work }) => boardVm(scene, work, takingPart)),
    rooms,
    apart,
    together,
    places: new Map(
      [...scene.sightings].flatMap(([name, [first]]) => (first === undefined ? [] : [[name, first.host]])),
    ),
  });
  return {
    placement: {
      hosts: new Map(found.moves.map(({ vm, target }) => [vm, target])),
      refused: new Map(),
      broken: [],
    },
    left: { code: 'stays', reason: 'its move would not help' },
    findings: balanceFindings(scene, found),
  };
}

function boardVm(scene: Scene, work: Work, takingPart: ReadonlySet<string>): BoardVm {
  const { subject, need, hosts, terms } = work;
  const { facts, place } = subject;
  return {
    vm: subject.name,
    host: place.host,
    memoryBytes: facts.memoryBytes,
    vcpus: facts.vcpus,
    cost: facts.memoryBytes + usedBytesOf(copyOf(scene, facts).disks),
    need,
    hosts: hosts.filter((host) => takingPart.has(host)),
    ...(terms === undefined ? {} : { terms }),
  };
}

/** What its running VMs were given, whether the runbook names them or not. */
function loadOf({ hosts, inventory }: Scene, host: string): HostLoad {
  const facts = hosts.get(host);
  const running = inventory.vms.filter((vm) => vm.host === host && vm.seenOn === 'host' && vm.state === 'running');
  return {
    host,
    memoryBytes: facts?.memoryBytes ?? 0,
    threads: facts?.cpuThreads ?? 0,
    givenBytes: running.reduce((sum, vm) => sum + vm.memoryBytes, 0),
    givenVcpus: running.reduce((sum, vm) => sum + vm.vcpus, 0),
  };
}

function balanceFindings({ target: { site } }: Scene, { moves, before, after }: Balance): readonly Finding[] {
  const now = `of what the hosts have, VMs were given ${spreadText(before)}`;
  const then =
    moves.length === 0
      ? ''
      : `; after ${moves.length === 1 ? 'one move' : `${moves.length} moves`} ${spreadText(after)}`;
  const forecast: Finding = { code: 'balance-forecast', severity: 'info', subject: site, message: `${now}${then}` };
  return isEven(after)
    ? [forecast]
    : [
        forecast,
        warning(
          'balance-uneven',
          site,
          `the hosts of ${site} will still differ by more than 10 percentage points: no further move helps`,
          'see which VMs are left alone, and why',
        ),
      ];
}

/** `memory 20 % to 64 %, CPU 12 % to 30 %`. */
function spreadText({ memory, cpu }: Spread): string {
  return `${rangeText(memory)} of memory and ${rangeText(cpu)} of CPU threads`;
}

function rangeText({ least, most }: Range): string {
  return `${Math.round(least * 100)} % to ${Math.round(most * 100)} %`;
}
