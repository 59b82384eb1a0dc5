import { ErrorNumber, LibvirtError, NodeLibvirtError } from 'node-libvirt';
import { type Failure, FailureError } from '../../model/failure.js';
import { notAsked } from './connections.js';

/** A request to a host, as its failures name it. */
export interface Request {
  readonly host: string;
  /** What was asked, after "to": `start db-1`. */
  readonly what: string;
  readonly signal: AbortSignal;
}

/**
 * Asks a host, and turns what node-libvirt throws into failures of the port: `vm-not-found`, `host-unreachable` when nothing
 * was asked, `reply-lost` when it may have happened, `libvirt-refused` for what libvirt itself refuses, with its words as
 * the cause. Nothing is asked when the signal has been aborted.
 */
export async function asked<Answer>(request: Request, call: () => Promise<Answer>): Promise<Answer> {
  if (request.signal.aborted) {
    throw notAsked(request.host, request.signal.reason);
  }
  try {
    return await call();
  } catch (error) {
    if (error instanceof NodeLibvirtError) {
      throw new FailureError(failureOf(error, request), { cause: error });
    }
    throw error;
  }
}

function failureOf(error: NodeLibvirtError, { host, what }: Request): Failure {
  const cause = error.message;
  if (error instanceof LibvirtError) {
    return error.number === ErrorNumber.NO_DOMAIN
      ? { code: 'vm-not-found', kind: 'permanent', message: `${host} has no such VM to ${what}`, cause }
      : { code: 'libvirt-refused', kind: 'permanent', message: `${host} refused to ${what}`, cause };
  }
  switch (error.code) {
    case 'BAD_ARGUMENT':
    case 'BAD_URI':
      return { code: 'libvirt-request', kind: 'bug', message: `${host} could not be asked to ${what}`, cause };
    default:
      return error.mayHaveHappened
        ? {
            code: 'reply-lost',
            kind: 'outcome-unknown',
            message: `${host} was asked to ${what}, and its answer never came`,
            hint: 'it is looked at before anything is done again',
            cause,
          }
        : {
            code: 'host-unreachable',
            kind: 'transient',
            message: `Host ${host} cannot be reached`,
            hint: 'see that the host is up and that libvirt answers there',
            cause,
          };
  }
}
