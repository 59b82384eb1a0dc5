import type { MigrationResult, MigrationState } from '../../hypervisors/hypervisor.js';
import type { Failure } from '../../model/failure.js';
import { formatPlace } from '../../model/place.js';
import type { MigrateInput } from '../../model/step-input.js';

/**
 * Where a VM stands between two hosts, judged from what both say. `stopped-at-source` and `stopped-at-target`: shut off
 * there, half way through a move that may pass through this.
 */
export type MigrationVerdict =
  | { readonly verdict: 'moved'; readonly evidence: string; readonly result?: MigrationResult }
  | { readonly verdict: Standing | 'under-way' | 'unreachable'; readonly evidence: string }
  | { readonly verdict: 'contradictory'; readonly evidence: string; readonly code: ContradictionCode };

/** Where a VM is that has not moved yet, and of which the move may go on. */
export type Standing = 'at-source' | 'stopped-at-source' | 'stopped-at-target';

/** Names of the states that only a person can judge. */
export const contradictionCodes = [
  'vm-running-twice',
  'vm-paused-on-both',
  'vm-gone-from-both',
  'migration-unclear',
] as const;
export type ContradictionCode = (typeof contradictionCodes)[number];

/** Failures that a move ends with only when the VM was seen running at its source alone. */
export const leftAtSourceCodes: readonly string[] = [
  'migration-stalled',
  'migration-refused',
  'migration-aborted',
  'guest-not-stopping',
  'restart-aborted',
  'no-memory',
  'no-space',
  'network-missing',
];

/** Of these, those before whose end no guest was asked to shut down. */
export const neverStoppedCodes: readonly string[] = leftAtSourceCodes.filter(
  (code) => code !== 'guest-not-stopping' && code !== 'restart-aborted',
);

/** Failures that a move ends with only when the VM was seen shut off at its source, and nowhere else alive. */
export const stoppedAtSourceCodes: readonly string[] = ['stopped-at-source', 'move-aborted'];

/** Whether a VM may be seen shut off on its way. */
export function mayRest({ state, ladder }: MigrateInput): boolean {
  return state === 'shut-off' || ladder.includes('restart');
}

/**
 * Judges both hosts' words. Only what is certain is named: moved is running on the target and not alive at the source,
 * at-source is running there, unknown to the target or with proof that it never left, and no migration is under way. A VM
 * that is shut off has moved once its target alone knows it. Pure.
 */
export function judge(input: MigrateInput, state: MigrationState): MigrationVerdict {
  const { source, target, isUnderWay, result, neverLeft } = state;
  const evidence = `${input.vm} is ${source ?? 'gone'} on ${formatPlace(input.from)} and ${target ?? 'absent'} on ${formatPlace(input.to)}`;
  if (isUnderWay) {
    return { verdict: 'under-way', evidence: `${evidence}, with a migration under way` };
  }
  if (source === 'running' && target === 'unreachable' && neverLeft === true) {
    return { verdict: 'at-source', evidence: `${evidence}, and no migration has ever stopped it where it runs` };
  }
  if (source === 'shut-off' && target === 'unreachable' && neverLeft === true && mayRest(input)) {
    return { verdict: 'stopped-at-source', evidence: `${evidence}, and its guest has shut down where it was` };
  }
  if (source === 'unreachable' || target === 'unreachable') {
    return { verdict: 'unreachable', evidence };
  }
  if (hasMoved(input, { source, target })) {
    return { verdict: 'moved', evidence, ...(result === undefined ? {} : { result }) };
  }
  const standing = standingOf(input, { source, target });
  return standing === undefined
    ? { verdict: 'contradictory', evidence, code: codeOf(source, target) }
    : { verdict: standing, evidence };
}

type Both = Pick<MigrationState, 'source' | 'target'>;

function hasMoved(input: MigrateInput, { source, target }: Both): boolean {
  return input.state === 'shut-off'
    ? source === undefined && (target === 'shut-off' || target === 'running')
    : target === 'running' && isOff(source);
}

function standingOf(input: MigrateInput, { source, target }: Both): Standing | undefined {
  if (source === 'running' && isOff(target)) {
    return 'at-source';
  }
  if (!mayRest(input)) {
    return undefined;
  }
  if (source === 'shut-off' && isOff(target)) {
    return 'stopped-at-source';
  }
  return source === undefined && target === 'shut-off' ? 'stopped-at-target' : undefined;
}

function isOff(state: MigrationState['source']): boolean {
  return state === undefined || state === 'shut-off';
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
