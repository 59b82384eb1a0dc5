import { FailureError } from '../../model/failure.js';
import { QmpError } from '../qmp/qmp-error.js';
import type { Seat } from './seat.js';

/** A file of the store is not what it must be. */
export function damaged(seat: Pick<Seat, 'on'>, path: string, reason: string): FailureError {
  return new FailureError({
    code: 'replica-damaged',
    kind: 'permanent',
    message: `${path} on ${seat.on} cannot be used: ${reason}`,
    hint: 'restore the file, or remove the replica and let it be seeded anew',
  });
}

export function imageMissing(seat: Pick<Seat, 'on'>, path: string): FailureError {
  return new FailureError({
    code: 'image-missing',
    kind: 'permanent',
    message: `The image ${path} on ${seat.on} is not there, and points need it`,
    hint: 'bring the file back, or remove the replica and let it be seeded anew',
  });
}

export function replicaNotFound(seat: Pick<Seat, 'on' | 'vmId'>): FailureError {
  return new FailureError({
    code: 'replica-not-found',
    kind: 'permanent',
    message: `${seat.on} holds no replica of the VM ${seat.vmId}`,
    hint: 'see with `lifeboat status` where replicas are',
  });
}

export function daemonLost(seat: Pick<Seat, 'on' | 'vmId'>, reason: string): FailureError {
  return new FailureError({
    code: 'storage-daemon-lost',
    kind: 'transient',
    message: `The storage daemon of the VM ${seat.vmId} on ${seat.on} ${reason}`,
    hint: 'open the replica again: what was written since the last point is sent again',
  });
}

/** What a failed QMP call means for the caller; anything else passes through. */
export function fromMonitor(seat: Pick<Seat, 'on' | 'vmId'>, error: unknown): unknown {
  if (!(error instanceof QmpError)) {
    return error;
  }
  switch (error.code) {
    case 'refused':
      return new FailureError({
        code: 'storage-daemon-refused',
        kind: 'permanent',
        message: `The storage daemon of the VM ${seat.vmId} on ${seat.on} refused a change`,
        hint: 'see the cause; another program may have the images open',
        cause: error.message,
      });
    case 'aborted':
      return new FailureError({
        code: 'call-aborted',
        kind: 'outcome-unknown',
        message: `A change of the replica of ${seat.vmId} on ${seat.on} was given up`,
      });
    case 'lost':
    case 'silent':
    case 'malformed':
      return daemonLost(seat, `is not to be talked to: ${error.message}`);
    default:
      return error.code satisfies never;
  }
}
