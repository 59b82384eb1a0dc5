import { ErrorNumber, LibvirtError } from 'node-libvirt';
import { type Failure, FailureError } from '../../../model/failure.js';
import type { Migration } from '../../hypervisor.js';

/** Why a migration ended with the VM at its source. */
export interface Ending {
  readonly name: string;
  readonly migration: Migration;
  /** What libvirt said; nothing is known where another process had asked. */
  readonly error?: LibvirtError;
  /** Whether bytes had been moved. */
  readonly hasBegun: boolean;
  readonly isAborted: boolean;
  readonly gaveUp?: string;
  /** What could not be removed at the target, because that could not be asked. */
  readonly leftover?: string;
}

/** Numbers of the system's errors, which libvirt gives beside its text. */
const errno = { ENOMEM: 12, ENODEV: 19, ENOSPC: 28 } as const;

/** The failure of a migration after which the VM was seen at its source, running and alone. */
export function failureOf(ending: Ending): FailureError {
  const failure = { ...judged(ending), ...(ending.error === undefined ? {} : { cause: ending.error.message }) };
  const { leftover } = ending;
  const hint = [failure.hint, leftover].filter((part) => part !== undefined).join('; ');
  return new FailureError(hint === '' ? failure : { ...failure, hint }, { cause: ending.error });
}

function judged({ name, migration, error, hasBegun, isAborted, gaveUp, leftover }: Ending): Failure {
  const { source, target, ladder } = migration;
  const stays = `it runs on ${source}`;
  if (gaveUp !== undefined) {
    return {
      code: 'migration-stalled',
      kind: 'permanent',
      message: `${name} could not be moved to ${target}: ${gaveUp}; ${stays}`,
      hint: ladder.includes('pause')
        ? 'allow more time or more bandwidth, and plan again'
        : 'allow a longer downtime, or a further rung such as `post-copy` or `pause`, and plan again',
    };
  }
  if (isAborted) {
    return {
      code: 'migration-aborted',
      kind: 'precondition',
      message: `the migration of ${name} to ${target} was stopped; ${stays}`,
    };
  }
  const lacking = error === undefined ? undefined : lackOf(error, { name, target });
  if (lacking !== undefined) {
    return lacking;
  }
  // What a host refuses it would refuse again; of one that is gone nothing of that kind is known.
  return hasBegun || error === undefined || leftover !== undefined
    ? {
        code: 'migration-aborted',
        kind: 'transient',
        message: `the migration of ${name} to ${target} broke off; ${stays}`,
        hint: 'it is tried again; else look at both hosts and at the link between them',
      }
    : {
        code: 'migration-refused',
        kind: 'permanent',
        message: `${source} and ${target} would not migrate ${name}; ${stays}`,
        hint: `do what the cause asks for, and plan again`,
      };
}

/** What the target lacks, where libvirt says so by a number. */
function lackOf(
  error: LibvirtError,
  { name, target }: { readonly name: string; readonly target: string },
): Failure | undefined {
  const { number, reported } = error;
  const system = number === ErrorNumber.SYSTEM_ERROR ? reported.int1 : undefined;
  if (number === ErrorNumber.NO_NETWORK || system === errno.ENODEV) {
    return {
      code: 'network-missing',
      kind: 'precondition',
      message: `${target} has no bridge or network that ${name} is attached to`,
      hint: `make it on ${target}, or mend \`networks\` in the estate`,
    };
  }
  if (number === ErrorNumber.NO_MEMORY || system === errno.ENOMEM) {
    return {
      code: 'no-memory',
      kind: 'precondition',
      message: `${target} has too little free memory for ${name}`,
      hint: 'free some, or let another host take it',
    };
  }
  return system === errno.ENOSPC
    ? {
        code: 'no-space',
        kind: 'precondition',
        message: `${target} has too little disk space for ${name}`,
        hint: 'free some space there, or let another host take it',
      }
    : undefined;
}
