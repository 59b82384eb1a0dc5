import { posix } from 'node:path';
import {
  type Domain,
  DomainBlockCommitFlags,
  DomainBlockJobAbortFlags,
  type Libvirt,
  ConnectDomainEventBlockJobStatus as Status,
} from 'node-libvirt';
import { FailureError } from '../../model/failure.js';
import type { BlockCommits } from '../block-commits.js';
import type { Connections } from './connections.js';
import { describeDomain } from './domain-description.js';
import { askOfVm } from './vm-asking.js';

/** Commits of active disks by libvirt's block jobs. */
export function blockCommitsOf(connections: Connections): BlockCommits {
  return {
    commit: ({ host, id, target, base }, signal) =>
      askOfVm(
        connections,
        { host, id, what: `merge the disk ${target} of VM ${id}`, purpose: 'work', signal },
        (libvirt, dom) => commit(libvirt, dom, { host, target, base, signal }),
      ),
  };
}

interface Commit {
  readonly host: string;
  readonly target: string;
  readonly base: string;
  readonly signal: AbortSignal;
}

async function commit(libvirt: Libvirt, dom: Domain, merge: Commit): Promise<void> {
  const { target, signal } = merge;
  let wake: () => void = () => undefined;
  let last: number | undefined;
  const subscription = await libvirt.subscribe(
    'domain.block-job-2',
    ({ dst, status }) => {
      if (dst === target) {
        last = status;
        wake();
      }
    },
    { subject: dom },
  );
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    if (await isDisk(libvirt, dom, merge)) {
      return;
    }
    const known = await libvirt.domainGetBlockJobInfo({ dom, path: target });
    if (!known.found) {
      await libvirt.domainBlockCommit({
        dom,
        disk: target,
        base: null,
        top: null,
        flags: DomainBlockCommitFlags.ACTIVE,
      });
    }
    const lost = libvirt.closed.then(() => 'lost' as const);
    for (;;) {
      const told = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (await isReady(libvirt, dom, target)) {
        break;
      }
      demandGoing(dom, merge, last);
      if (signal.aborted || (await Promise.race([told, lost])) === 'lost') {
        throw unseen(dom, merge);
      }
    }
    await libvirt.domainBlockJobAbort({ dom, path: target, flags: DomainBlockJobAbortFlags.PIVOT });
    if (!(await isDisk(libvirt, dom, merge))) {
      throw unseen(dom, merge);
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    await subscription.unsubscribe().catch(() => undefined);
  }
}

/** All is written, and both images are written to. libvirt keeps the two numbers apart until then. */
async function isReady(libvirt: Libvirt, dom: Domain, target: string): Promise<boolean> {
  const { found, cur, end } = await libvirt.domainGetBlockJobInfo({ dom, path: target });
  return found && cur === end;
}

async function isDisk(libvirt: Libvirt, dom: Domain, { target, base }: Commit): Promise<boolean> {
  const { disks } = describeDomain(await libvirt.domainGetXMLDesc({ dom }));
  const path = disks.find((disk) => disk.target === target)?.path;
  // libvirt puts the relative name that an image gives behind that image's folder.
  return path !== undefined && posix.normalize(path) === posix.normalize(base);
}

function demandGoing(dom: Domain, { host, target }: Commit, status: number | undefined): void {
  if (status === Status.FAILED || status === Status.CANCELED) {
    throw new FailureError({
      code: 'merge-failed',
      kind: 'transient',
      message: `Merging the disk ${target} of ${dom.name} on ${host} ended before its end`,
      hint: 'the disk is as it was; see the log of the VM on the host, then retry',
    });
  }
}

function unseen(dom: Domain, { host, target }: Commit): FailureError {
  return new FailureError({
    code: 'reply-lost',
    kind: 'outcome-unknown',
    message: `The disk ${target} of ${dom.name} on ${host} is being merged, and was not seen merged`,
    hint: 'it is looked at before anything is done again',
  });
}
