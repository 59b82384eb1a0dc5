import { LibvirtError } from 'node-libvirt';
import { type Failure, FailureError } from '../../../model/failure.js';

/** What the failures of one move have in common: which VM, from where, whither. */
export interface Subject {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly target: string;
}

/** The move was not begun, and nothing was changed. */
export function refused(message: string, hint: string, cause?: unknown): FailureError {
  return new FailureError(
    { code: 'migration-refused', kind: 'precondition', message, hint, ...causeOf(cause) },
    { cause },
  );
}

/** The target has not enough space for the VM's disks. */
export function noSpace(message: string, cause?: unknown): FailureError {
  return new FailureError(
    {
      code: 'no-space',
      kind: 'precondition',
      message,
      hint: 'free some space there, or let another host take it',
      ...causeOf(cause),
    },
    { cause },
  );
}

/** libvirt's own words. */
export function causeOf(error: unknown): Pick<Failure, 'cause'> {
  return error instanceof Error ? { cause: error.message } : {};
}

/** Whether libvirt answered with this error. */
export function isError(error: unknown, number: number): boolean {
  return error instanceof LibvirtError && error.number === number;
}

/** What a call gives, or undefined where libvirt says that there is no such thing. */
export async function unless<Answer>(number: number, call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isError(error, number)) {
      return undefined;
    }
    throw error;
  }
}
