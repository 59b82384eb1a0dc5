import type { Plan } from '../model/plan.js';
import { type Call, optionFlag, pathOf } from './call.js';
import { exitCodes } from './exit-codes.js';
import { readText, writeText } from './files.js';
import { Refusal } from './refusal.js';
import type { Subject } from './subject.js';

/** A plan in a file, with where its runbook is read from again. */
export interface SavedPlan {
  readonly plan: Plan;
  /** As it was typed: a file, or a host for an evacuation without a runbook. */
  readonly subject: string;
}

/** Keeps a plan in a file, for `lifeboat run --plan FILE`. */
export function savePlan(
  call: Call,
  file: string,
  { plan, subject }: { readonly plan: Plan; readonly subject: Subject },
): void {
  writeText(call, file, `${JSON.stringify(planDocument(call, plan, subject), undefined, 2)}\n`);
}

/** The plan as a document: the Plan itself, and where it came from. */
export function planDocument(call: Call, plan: Plan, subject: Subject): object {
  return {
    apiVersion: 'lifeboat/v1',
    kind: 'Plan',
    subject: subject.isFile ? pathOf(call, subject.name) : subject.name,
    isSimulated: optionFlag(call, 'simulate'),
    ...plan,
  };
}

/** Reads a plan that was kept, or refuses a file that is none (exit code 65). */
export function readSavedPlan(call: Call, file: string): SavedPlan {
  const text = readText(call, file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notAPlan(file, error instanceof Error ? error.message : String(error));
  }
  if (!isPlanDocument(value)) {
    throw notAPlan(file, 'it has not the shape of a plan of this version');
  }
  const { apiVersion: _apiVersion, kind: _kind, subject, isSimulated, ...plan } = value;
  if (isSimulated !== optionFlag(call, 'simulate')) {
    throw new Refusal(
      exitCodes.refused,
      `${file} was made ${isSimulated ? 'for simulated hosts' : 'for real hosts'}`,
      isSimulated ? 'Add --simulate.' : 'Make the plan again with --simulate.',
    );
  }
  return { plan, subject };
}

/** Refuses a plan whose inputs are no longer what they were (exit code 5). */
export function refuseStale(file: string, saved: Plan['digests'], now: Plan['digests']): void {
  const names = { runbook: 'the runbook', estate: 'the estate', inventory: 'what was found on the hosts' } as const;
  const keys = ['runbook', 'estate', 'inventory'] as const;
  const changed = keys.filter((key) => saved[key] !== now[key]).map((key) => names[key]);
  if (changed.length > 0) {
    throw new Refusal(
      exitCodes.refused,
      `${file} is stale: ${changed.join(' and ')} changed since the plan was made; nothing was done`,
      'Make the plan again with `lifeboat plan`, and look at what is different.',
    );
  }
}

type PlanDocument = Plan & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly subject: string;
  readonly isSimulated: boolean;
};

function isPlanDocument(value: unknown): value is PlanDocument {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const members = value as Readonly<Record<string, unknown>>;
  const lists = ['stages', 'skipped', 'findings', 'authority'];
  const records = ['request', 'digests', 'slots', 'estimates', 'objectives'];
  return (
    members['kind'] === 'Plan' &&
    members['version'] === 1 &&
    typeof members['subject'] === 'string' &&
    typeof members['isSimulated'] === 'boolean' &&
    lists.every((key) => Array.isArray(members[key])) &&
    records.every((key) => typeof members[key] === 'object' && members[key] !== null)
  );
}

function notAPlan(file: string, why: string): Refusal {
  return new Refusal(
    exitCodes.invalidFile,
    `${file} is no saved plan: ${why}`,
    'Make one with `lifeboat plan RUNBOOK --mode MODE --out FILE`.',
  );
}
