import type { Lane, Plan, PlanConflict, Stage } from '../model/plan.js';
import type { Group } from '../model/runbook.js';
import { conflict } from './conflict.js';
import { balanceAfter, balanceBefore, balancePlaces, balanceRefusals, decideBalance } from './plan-balance.js';
import { decideDrill, drillCleanup, drillLane, drillRefusals } from './plan-drill.js';
import { confirmStage, cordonStage, decideEvacuation, evacuationRefusals } from './plan-evacuation.js';
import { decideFailover, failoverLane, failoverRefusals, proofsStage } from './plan-failover.js';
import { moveLane } from './plan-move.js';
import type { Places, ToPlace } from './plan-places.js';
import { decideRelocation, relocationLane } from './plan-relocation.js';
import { decideReturn, uncordonStage } from './plan-return.js';
import { decideReverse, reverseLane } from './plan-reverse.js';
import { isReachable, type Scene } from './plan-scene.js';
import type { Subject } from './plan-subject.js';
import type { Decision, PlacedWork } from './plan-work.js';

/** What a mode has of its own. */
export interface ModeRules {
  /** All or nothing: what cannot be done is a conflict, and a lane that fails stops the run. */
  readonly isStrict: boolean;
  readonly onLaneFailure: Plan['onLaneFailure'];
  /** Why the mode cannot be planned at all. */
  refusals(scene: Scene, subjects: readonly Subject[]): readonly PlanConflict[];
  decide(scene: Scene, subject: Subject, group: Group): Decision;
  lane(scene: Scene, work: PlacedWork): Lane;
  /** Where the VMs go, when not as `placesOf` says. */
  readonly places?: (scene: Scene, toPlace: ToPlace) => Places;
  /** Whether it does something with hosts also when no VM takes part. */
  readonly isAboutHosts?: boolean;
  before(scene: Scene, works: readonly PlacedWork[]): readonly Stage[];
  after(scene: Scene, works: readonly PlacedWork[]): readonly Stage[];
}

const none = (): readonly never[] => [];

const relocation: ModeRules = {
  isStrict: true,
  onLaneFailure: 'stop',
  refusals: (scene) => [...oneSite(scene), ...targetGone(scene)],
  decide: decideRelocation,
  lane: relocationLane,
  before: none,
  after: none,
};

export const modeRules: Readonly<Record<Scene['mode'], ModeRules>> = {
  relocate: relocation,
  failback: relocation,
  failover: {
    isStrict: false,
    onLaneFailure: 'continue',
    refusals: (scene, subjects) => [...oneSite(scene), ...failoverRefusals(scene, subjects), ...targetGone(scene)],
    decide: decideFailover,
    lane: failoverLane,
    before: proofsStage,
    after: none,
  },
  drill: {
    isStrict: false,
    onLaneFailure: 'continue',
    refusals: (scene) => [...oneSite(scene), ...drillRefusals(scene), ...targetGone(scene)],
    decide: decideDrill,
    lane: drillLane,
    before: none,
    after: drillCleanup,
  },
  evacuate: {
    isStrict: false,
    onLaneFailure: 'continue',
    refusals: (scene) => [...evacuationRefusals(scene), ...targetGone(scene)],
    decide: decideEvacuation,
    lane: moveLane,
    isAboutHosts: true,
    before: (scene) => [cordonStage(scene)],
    after: confirmStage,
  },
  reverse: {
    isStrict: false,
    onLaneFailure: 'continue',
    refusals: (scene) => [...oneSite(scene), ...targetGone(scene)],
    decide: decideReverse,
    lane: reverseLane,
    before: none,
    after: none,
  },
  return: {
    isStrict: false,
    onLaneFailure: 'continue',
    refusals: targetGone,
    decide: decideReturn,
    lane: moveLane,
    isAboutHosts: true,
    before: (scene) => [uncordonStage(scene)],
    after: none,
  },
  balance: {
    isStrict: false,
    onLaneFailure: 'continue',
    refusals: (scene) => [...balanceRefusals(scene), ...targetGone(scene)],
    decide: decideBalance,
    lane: moveLane,
    places: balancePlaces,
    isAboutHosts: true,
    before: balanceBefore,
    after: balanceAfter,
  },
};

/** Evening out a site is no move from one place to another, so that such a runbook has no other mode. */
export function otherMode({ runbook, mode }: Scene): readonly PlanConflict[] {
  return runbook.balance === undefined || mode === 'balance'
    ? []
    : [
        conflict('impossible', {
          code: 'mode-unknown',
          subject: runbook.name,
          message: `this runbook evens out a site, and has no plan for mode ${mode}`,
          hint: 'use it without --mode, or write a runbook with `protect: { from: …, to: … }`',
          path: '/protect/balance',
        }),
      ];
}

function oneSite({ source, target, mode }: Scene): readonly PlanConflict[] {
  return source.site === target.site
    ? [
        conflict('invalid', {
          code: 'one-site',
          subject: source.site,
          message: `${mode} goes from one site to another, and this runbook stays inside ${source.site}`,
          hint: 'use evacuate, or name another site in `protect.to`',
          path: '/protect',
        }),
      ]
    : [];
}

function targetGone(scene: Scene): readonly PlanConflict[] {
  const { target, targetHosts } = scene;
  return targetHosts.length === 0 || targetHosts.some((host) => isReachable(scene, host))
    ? []
    : [
        conflict('unreachable', {
          code: 'target-unreachable',
          subject: target.host ?? target.site,
          message: `no host of ${target.site} can be reached: ${targetHosts.join(', ')}`,
          hint: 'mend the connection to its hosts, then plan again',
        }),
      ];
}
