import type { Lane, Plan, Stage, Step } from '../../src/model/plan.js';
import type { RunReport, StepReport, VmReport } from '../../src/reports/run-report.js';
import { lane, plan, step } from './journals.js';

const north = { site: 'north', host: 'north-1' } as const;
export const south = { site: 'south', host: 'south-1' } as const;

/** A stage of these lanes. */
export function stage(lanes: readonly Lane[], changes: Partial<Stage> = {}): Stage {
  return { id: 'level-1', title: 'Priority 1', isAlways: false, lanes, ...changes };
}

/** The lane of db-1. */
export function vmLane(steps: readonly Step[], changes: Partial<Lane> = {}): Lane {
  return lane({ kind: 'vm', name: 'db-1' }, steps, changes);
}

/** The live move of db-1 from north to south. */
export const migrate = step('migrate', 'Move db-1', {
  authority: { rule: 'moves', vm: 'db-1', from: north, to: south },
});

/** The plan that moves db-1 by these steps. */
export function relocation(steps: readonly Step[], changes: Partial<Plan> = {}): Plan {
  return plan('relocate', [stage([vmLane(steps)])], changes);
}

/** What a report says of a VM, db-1 unless another is named. */
export function vmOf(report: RunReport, name = 'db-1'): VmReport | undefined {
  return report.vms.find(({ vm }) => vm === name);
}

/** The first step of that id. */
export function stepOf(report: RunReport, id: string): StepReport | undefined {
  return report.stages.flatMap(({ lanes }) => lanes.flatMap(({ steps }) => steps)).find((one) => one.id === id);
}

/** The codes of a report's findings in their order. */
export function codes({ findings }: RunReport): readonly string[] {
  return findings.map(({ code }) => code);
}
