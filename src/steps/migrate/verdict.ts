import type { MigrationResult, MigrationState } from '../../hypervisors/hypervisor.js';
import type { Failure } from '../../model/failure.js';
import { formatPlace } from '../../model/place.js';
import type { MigrateInput } from '../../model/step-input.js';

/** Where a VM stands between two hosts, judged from what both say. */
export type MigrationVerdict =
  | { readonly verdict: 'moved'; readonly evidence: string; readonly result?: MigrationResult }
  | { readonly verdict: 'under-way' | 'at-source' | 'unreachable'; readonly evidence: string }
  | { readonly verdict: 'contradictory'; readonly evidence: string; readonly code: ContradictionCode };

/** Names of the states that only a person can judge. */
export const contradictionCodes = [
  'vm-running-twice',
  'vm-paused-on-both',
  'vm-gone-from-both',
  'migration-unclear',
] as const;
export type ContradictionCode = (typeof contradictionCodes)[number];

/** Failures that a move ends with only after both hosts were asked and the VM was seen at its source alone. */
export const leftAtSourceCodes: readonly string[] = [
  'migration-stalled',
  'migration-refused',
  'migration-aborted',
  'no-memory',
  'network-missing',
];

/**
 * Judges both hosts' words. Only what is certain is named: moved is running on the target and not alive at the source,
 * at-source is running there, unknown to the target, with no migration under way. Pure.
 */
export function judge(input: MigrateInput, state: MigrationState): MigrationVerdict {
  const { source, target, isUnderWay, result } = state;
  const evidence = `${input.vm} is ${source ?? 'gone'} on ${formatPlace(input.from)} and ${target ?? 'absent'} on ${formatPlace(input.to)}`;
  if (isUnderWay) {
    return { verdict: 'under-way', evidence: `${evidence}, with a migration under way` };
  }
  if (source === 'unreachable' || target === 'unreachable') {
    return { verdict: 'unreachable', evidence };
  }
  if (target === 'running' && (source === undefined || source === 'shut-off')) {
    return { verdict: 'moved', evidence, ...(result === undefined ? {} : { result }) };
  }
  if (source === 'running' && (target === undefined || target === 'shut-off')) {
    return { verdict: 'at-source', evidence };
  }
  return { verdict: 'contradictory', evidence, code: codeOf(source, target) };
}

function codeOf(source: MigrationState['source'], target: MigrationState['target']): ContradictionCode {
  if (source === 'running' && target === 'running') {
    return 'vm-running-twice';
  }
  if (source === 'paused' && target === 'paused') {
    return 'vm-paused-on-both';
  }
  return source === undefined && target === undefined ? 'vm-gone-from-both' : 'migration-unclear';
}

/** The failure that stops a lane for a person, who alone may end one of two copies. */
export function contradiction(input: MigrateInput, code: ContradictionCode, evidence: string): Failure {
  return {
    code,
    kind: 'permanent',
    message: evidence,
    hint: `look at ${input.vm} on ${input.from.host} and on ${input.to.host} by hand; Lifeboat starts and stops neither`,
  };
}
