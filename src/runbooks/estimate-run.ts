import type { Estimates, Lane, Stage, VmEstimate } from '../model/plan.js';
import { usualMs } from './estimate.js';
import { forecastOf } from './plan-move.js';
import type { Scene } from './plan-scene.js';
import { estimateOf } from './plan-vm-steps.js';
import { methods, type PlacedWork } from './plan-work.js';

/**
 * What the run is expected to take. A stage takes as long as its longest lane, or as its busiest resource: the time of all
 * the steps that use it, through the slots it has. Clean-up after a drill is not counted, nor are people who are waited for.
 */
export function estimatesOf(parts: {
  readonly scene: Scene;
  readonly stages: readonly Stage[];
  readonly slots: Readonly<Record<string, number>>;
  readonly works: readonly PlacedWork[];
}): Estimates {
  const { scene, stages, slots, works } = parts;
  const lanes = new Map(stages.flatMap((stage) => stage.lanes.map((lane) => [lane.id, lane])));
  const vms = works.map((work) => vmEstimate(scene, work, lanes.get(`vm/${work.subject.name}`)));
  return {
    durationMs: stages.filter(({ isAlways }) => !isAlways).reduce((sum, stage) => sum + stageMs(stage, slots), 0),
    bytes: vms.reduce((sum, { bytes }) => sum + bytes, 0),
    vms,
  };
}

function vmEstimate(scene: Scene, work: PlacedWork, lane: Lane | undefined): VmEstimate {
  const { subject, way, target, dataAsOf } = work;
  const { downtimeMs, bytes, rung, why } = costOf(scene, work, lane);
  return {
    vm: subject.name,
    method: methods[way],
    target,
    durationMs: lane === undefined ? 0 : laneMs(lane),
    downtimeMs,
    bytes: Math.ceil(bytes),
    ...(rung === undefined ? {} : { rung }),
    ...(why === undefined ? {} : { why }),
    ...(dataAsOf === undefined ? {} : { dataAgeMs: Math.max(0, scene.inventory.at - dataAsOf) }),
  };
}

type Cost = Pick<VmEstimate, 'downtimeMs' | 'bytes' | 'rung' | 'why'>;

/** Downtime counts from the moment the VM stops, or for a lost one from the start of its lane, until it answers. */
function costOf(scene: Scene, work: PlacedWork, lane: Lane | undefined): Cost {
  const { way, deltaBytes = 0 } = work;
  switch (way) {
    case 'live': {
      const move = estimateOf(work, 0);
      return { downtimeMs: move.downtimeMs, bytes: move.bytes + deltaBytes };
    }
    case 'host':
    case 'host-cold':
      return forecastOf(scene, work);
    case 'host-restart': {
      const forecast = forecastOf(scene, work);
      return { ...forecast, downtimeMs: lane === undefined ? forecast.downtimeMs : msFrom(lane, 'migrate') };
    }
    case 'restart':
      return { downtimeMs: lane === undefined ? 0 : msFrom(lane, 'shutdown'), bytes: Math.ceil(deltaBytes * 1.05) };
    case 'promote':
    case 'resume':
      return { downtimeMs: lane === undefined ? 0 : laneMs(lane), bytes: 0 };
    case 'cold':
    case 'reverse':
      return { downtimeMs: 0, bytes: deltaBytes };
    case 'clone':
      return { downtimeMs: 0, bytes: 0 };
    default:
      return way satisfies never;
  }
}

function stageMs(stage: Stage, slots: Readonly<Record<string, number>>): number {
  const busyMs = new Map<string, number>();
  let longestMs = 0;
  for (const lane of stage.lanes) {
    longestMs = Math.max(longestMs, laneMs(lane));
    for (const { uses, kind, estimateMs = usualMs[kind] } of lane.steps) {
      for (const name of uses) {
        busyMs.set(name, (busyMs.get(name) ?? 0) + estimateMs);
      }
    }
  }
  return Math.ceil([...busyMs].reduce((most, [name, ms]) => Math.max(most, ms / (slots[name] ?? 1)), longestMs));
}

function laneMs(lane: Lane): number {
  return lane.steps.reduce((sum, { kind, estimateMs = usualMs[kind] }) => sum + estimateMs, 0);
}

/** From the step of that id on, without the clean-up after it. */
function msFrom(lane: Lane, id: string): number {
  const start = lane.steps.findIndex((step) => step.id === id);
  return lane.steps
    .slice(start)
    .filter(({ kind }) => kind !== 'cleanup')
    .reduce((sum, { kind, estimateMs = usualMs[kind] }) => sum + estimateMs, 0);
}
