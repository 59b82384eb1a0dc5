import type { Domain } from 'node-libvirt';
import { FailureError } from '../../../model/failure.js';
import type { Carrying } from '../../hypervisor.js';
import { arrive } from './arrival.js';
import { type Both, lookAtBoth } from './both.js';
import { copyAll, filesOf, type Known } from './carried-files.js';
import { forget } from './errand.js';
import { handOver } from './hand-over.js';
import { discard } from './incoming.js';
import { ask, type Caller, never, type Tools } from './tools.js';

/**
 * Carries a VM that is shut off to another host: see the port. The source's files stay as they are, so until the definition
 * has gone nothing is lost by beginning anew, and afterwards they are the VM's old disks.
 */
export async function carry(tools: Tools, carrying: Carrying, caller: Caller): Promise<{ readonly bytes: number }> {
  const both = await lookAtBoth(tools, carrying, caller.signal);
  if (both.source === undefined && both.target?.state === 'shut-off') {
    return await arrived(tools, carrying, 0);
  }
  const dom = requireCarriable(carrying, both);
  const files = await filesOf(tools, carrying, { dom, signal: caller.signal });
  try {
    const bytes = await copyAll(tools, carrying, { files, caller });
    await handOver(tools, carrying, { dom, hasMarkers: files.length > 0, signal: caller.signal });
    return await arrived(tools, carrying, bytes);
  } catch (error) {
    throw await whatIsTrue(tools, carrying, { dom, files, error, caller });
  }
}

function requireCarriable({ id, source, target }: Carrying, both: Both): Domain {
  if (both.source === undefined) {
    throw new FailureError({ code: 'vm-not-found', kind: 'permanent', message: `${source} has no VM ${id} to carry` });
  }
  for (const [host, seen] of [
    [source, both.source],
    [target, both.target],
  ] as const) {
    if (seen !== undefined && seen.state !== 'shut-off') {
      throw new FailureError({
        code: 'vm-running',
        kind: 'precondition',
        message: `${seen.dom.name} is ${seen.state} on ${host}, and only a VM that is shut off is carried`,
        hint: 'shut it down first, or migrate it',
      });
    }
  }
  return both.source.dom;
}

async function arrived(tools: Tools, carrying: Carrying, bytes: number): Promise<{ readonly bytes: number }> {
  await arrive(tools, carrying, { signal: never });
  return { bytes };
}

/** What a failure leaves: the VM whole where it was, or where it was to go. Nothing of a copy stays at the other side. */
async function whatIsTrue(
  tools: Tools,
  carrying: Carrying,
  failed: { readonly dom: Domain; readonly files: readonly Known[]; readonly error: unknown; readonly caller: Caller },
): Promise<unknown> {
  const { dom, files, error, caller } = failed;
  const { id, source, target } = carrying;
  try {
    const both = await lookAtBoth(tools, carrying, never);
    if (both.source === undefined) {
      return error;
    }
    if (files.length > 0) {
      await ask(tools, { host: target, what: 'remove what was copied', purpose: 'work', signal: never }, (libvirt) =>
        discard(tools.folders, { id, host: target, libvirt, disks: files }),
      );
    }
    await ask(tools, { host: source, what: 'forget the move', purpose: 'work', signal: never }, (libvirt) =>
      forget(libvirt, dom),
    );
  } catch (later) {
    if (!(later instanceof FailureError)) {
      return later;
    }
    // What could not be removed now, the next attempt removes: the first failure is what a person must know.
    return error;
  }
  return caller.signal.aborted ? stopped(dom, carrying) : error;
}

function stopped({ name }: Domain, { source, target }: Carrying): FailureError {
  return new FailureError({
    code: 'move-aborted',
    kind: 'precondition',
    message: `carrying ${name} to ${target} was stopped; it is shut off on ${source}, whole`,
  });
}
