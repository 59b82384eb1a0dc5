import { FailureError } from '../../model/failure.js';
import type { Qmp } from '../qmp/qmp.js';
import { records } from './block-nodes.js';
import type { Seat } from './seat.js';

/** A block job of the daemon; one that has ended stays, with what became of it, until it is dismissed. */
export interface Job {
  readonly id: string;
  readonly isConcluded: boolean;
  readonly error: string | undefined;
}

export async function jobsOf(seat: Seat, qmp: Qmp): Promise<readonly Job[]> {
  return records(await qmp.execute('query-jobs', {}, seat.signal)).map((job) => ({
    id: String(job['id']),
    isConcluded: job['status'] === 'concluded',
    error: typeof job['error'] === 'string' ? job['error'] : undefined,
  }));
}

export interface Commit {
  readonly id: string;
  /** The node that is written to, above all others. */
  readonly device: string;
  readonly top: string;
  readonly base: string;
  /** What the image above `top` will name as its backing file. */
  readonly backingFile: string;
}

/** Writes the layers from `top` down into `base`, or follows the commit of that id that is under way, or finds it done. */
export async function commit(seat: Seat, qmp: Qmp, { id, device, top, base, backingFile }: Commit): Promise<void> {
  const known = (await jobsOf(seat, qmp)).find((job) => job.id === id);
  if (known === undefined) {
    const job = { 'job-id': id, device, 'top-node': top, 'base-node': base, 'backing-file': backingFile };
    await qmp.execute('block-commit', { ...job, 'auto-dismiss': false }, seat.signal);
  }
  const { error } = await concluded(seat, qmp, id);
  if (error !== undefined) {
    await qmp.execute('job-dismiss', { id }, seat.signal);
    throw new FailureError({
      code: 'merge-failed',
      kind: 'transient',
      message: `Merging ${top} into ${base} of ${seat.folder} on ${seat.on} failed`,
      hint: 'points are whole; it is tried again with the next merge',
      cause: error,
    });
  }
}

/** Cancels the jobs that run; one that has ended well stays to be found. */
export async function endJobs(seat: Seat, qmp: Qmp): Promise<void> {
  for (const { id, isConcluded } of await jobsOf(seat, qmp)) {
    if (!isConcluded) {
      await qmp.execute('job-cancel', { id }, seat.signal);
    }
    if ((await concluded(seat, qmp, id)).error !== undefined) {
      await qmp.execute('job-dismiss', { id }, seat.signal);
    }
  }
}

export async function dismissJobs(seat: Seat, qmp: Qmp): Promise<void> {
  await endJobs(seat, qmp);
  for (const { id } of await jobsOf(seat, qmp)) {
    await qmp.execute('job-dismiss', { id }, seat.signal);
  }
}

/** Waits for the end of a job: asks after every change of it that the daemon tells. */
async function concluded(seat: Seat, qmp: Qmp, id: string): Promise<Job> {
  for (;;) {
    const job = (await jobsOf(seat, qmp)).find((each) => each.id === id);
    if (job === undefined || job.isConcluded) {
      return job ?? { id, isConcluded: true, error: 'it is gone' };
    }
    await qmp.event(({ name, data }) => name === 'JOB_STATUS_CHANGE' && data['id'] === id, seat.signal);
  }
}
