import type { Skipped } from '../model/plan.js';
import type { Replica } from '../model/replica.js';
import type { PlannedPoint } from '../model/step-input.js';
import type { Scene } from './plan-scene.js';
import { skip } from './plan-work.js';

export interface FoundPoint {
  readonly replica: Replica;
  readonly point: PlannedPoint;
  readonly dataAsOf?: number;
}

/** The recovery point that the request asks for, else the newest, of the VM's best replica at the target. */
export function pointFor(scene: Scene, vm: string): FoundPoint | { readonly skipped: Skipped } {
  const replicas = scene.replicas.get(vm) ?? [];
  const [best] = replicas;
  if (best === undefined) {
    return skip(vm, 'no-replica', `it has no replica at ${scene.target.site}`);
  }
  const asked = scene.request.point;
  for (const replica of replicas) {
    const fitting = replica.points.filter(
      (point) => asked === undefined || ('id' in asked ? point.id === asked.id : point.at <= asked.notAfter),
    );
    const newest = fitting.reduce<(typeof fitting)[number] | undefined>(
      (last, point) => (last === undefined || point.at > last.at ? point : last),
      undefined,
    );
    if (newest !== undefined) {
      const dataAsOf = asked === undefined ? Math.max(newest.at, replica.dataAsOf ?? newest.at) : newest.at;
      // Only a point that was asked for is named: by the time of its step, retention may have merged any other.
      return { replica, point: asked === undefined ? 'newest' : { id: newest.id }, dataAsOf };
    }
  }
  if (asked !== undefined && best.points.length > 0) {
    const wanted = 'id' in asked ? `point ${asked.id}` : `point as old as ${new Date(asked.notAfter).toISOString()}`;
    return skip(vm, 'point-not-found', `its replica on ${best.host} has no ${wanted}`);
  }
  if (best.dataAsOf !== undefined && asked === undefined) {
    return { replica: best, point: 'newest', dataAsOf: best.dataAsOf };
  }
  return skip(vm, 'no-recovery-point', `its replica on ${best.host} has no recovery point yet (${best.state})`);
}
