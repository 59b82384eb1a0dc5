import { type Domain, LibvirtError } from 'node-libvirt';
import { FailureError } from '../../../model/failure.js';
import type { Migration, MigrationResult } from '../../hypervisor.js';
import { arrive, resultAt } from './arrival.js';
import { type Both, lookAtBoth, standingOf } from './both.js';
import { type Departure, depart, disksOf, stay } from './departure.js';
import { refused } from './failures.js';
import { resultOf } from './job-stats.js';
import { attend, type Journey, setOut } from './journey.js';
import { failureOf } from './outcome.js';
import { settle } from './settle.js';
import { ask, type Caller, never, type Tools } from './tools.js';

/** Moves a running VM, follows a move that is under way, or tells how one went that is over: see the port. */
export async function migrate(tools: Tools, migration: Migration, caller: Caller): Promise<MigrationResult> {
  const both = await lookAtBoth(tools, migration, caller.signal);
  switch (standingOf(both)) {
    case 'moved':
      return await moved(tools, migration, {});
    case 'under-way':
      return await follow(tools, migration, { both, caller });
    case 'at-source':
    case 'unclear':
    case 'broken':
      return await begin(tools, migration, { both, caller });
  }
}

async function begin(
  tools: Tools,
  migration: Migration,
  { both, caller }: { readonly both: Both; readonly caller: Caller },
): Promise<MigrationResult> {
  requireMovable(migration, both);
  tools.results.drop(migration);
  const departure = await depart(tools, migration, caller.signal);
  const { dom, memoryBytes, request, release } = departure;
  const journey = setOut(tools, migration, { dom, memoryBytes, caller });
  const asking = {
    host: migration.source,
    what: `migrate ${dom.name}`,
    purpose: 'work',
    signal: caller.signal,
  } as const;
  const call = ask(tools, asking, (libvirt) => libvirt.domainMigrateToURI3({ dom, ...request }));
  try {
    return await conclude(tools, { migration, journey, departure, caller }, await attend(tools, journey, call));
  } finally {
    await release();
  }
}

/** One that another process, or an earlier call of this one, has begun. */
async function follow(
  tools: Tools,
  migration: Migration,
  { both, caller }: { readonly both: Both; readonly caller: Caller },
): Promise<MigrationResult> {
  if (both.source === undefined) {
    throw notThere(migration);
  }
  const { dom } = both.source;
  const disks = await disksOf(tools, migration, dom);
  const journey = setOut(tools, migration, { dom, memoryBytes: both.job?.memory.total ?? 0, caller });
  return await conclude(
    tools,
    { migration, journey, departure: { dom, disks }, caller },
    await attend(tools, journey, undefined),
  );
}

interface Concluding {
  readonly migration: Migration;
  readonly journey: Journey;
  readonly departure: Pick<Departure, 'dom' | 'disks'> & Partial<Departure>;
  readonly caller: Caller;
}

/** Follows a migration that has ended to the truth, which both hosts know together. */
async function conclude(
  tools: Tools,
  { migration, journey, departure, caller }: Concluding,
  error: unknown,
): Promise<MigrationResult> {
  const said = error instanceof FailureError ? error.cause : undefined;
  const wasAnswered = error === undefined || said instanceof LibvirtError;
  if (!wasAnswered && !caller.signal.aborted && !isUnasked(error)) {
    throw error;
  }
  const settled = await settle(tools, migration);
  if (settled === 'moved') {
    return await moved(tools, migration, { journey, release: departure.release });
  }
  if (settled === 'broken') {
    throw broken(migration, departure.dom);
  }
  const leftover = await cleared(tools, migration, departure);
  if (isUnasked(error) && !caller.signal.aborted) {
    throw error;
  }
  throw failureOf({
    name: departure.dom.name,
    migration,
    hasBegun: journey.hasBegun,
    isAborted: caller.signal.aborted,
    ...(said instanceof LibvirtError ? { error: said } : {}),
    ...(journey.gaveUp === undefined ? {} : { gaveUp: journey.gaveUp }),
    ...(leftover === undefined ? {} : { leftover }),
  });
}

/** Whether a failure says that nothing was asked, so that nothing has begun. */
function isUnasked(error: unknown): boolean {
  return error instanceof FailureError && (error.failure.kind === 'transient' || error.failure.kind === 'precondition');
}

/** Removes what was made for the move; what could not be, in words: the next attempt removes it. */
async function cleared(
  tools: Tools,
  migration: Migration,
  departure: Concluding['departure'],
): Promise<string | undefined> {
  try {
    await stay(tools, migration, departure);
    return undefined;
  } catch (error) {
    if (error instanceof FailureError) {
      return `what was copied to ${migration.target} is still there (${error.failure.message}): the next attempt removes it`;
    }
    throw error;
  }
}

async function moved(
  tools: Tools,
  migration: Migration,
  { journey, release }: { readonly journey?: Journey; readonly release?: Departure['release'] | undefined },
): Promise<MigrationResult> {
  await arrive(tools, migration, { release, signal: never });
  const completed = journey?.watch.completed;
  const result = completed === undefined ? await resultAt(tools, migration, never) : resultOf(completed);
  if (result === undefined) {
    throw new FailureError({
      code: 'reply-lost',
      kind: 'outcome-unknown',
      message: `the VM ${migration.id} has moved to ${migration.target}, which does not know how long it stood still`,
    });
  }
  const climbed = journey?.watch.course?.climbed ?? [];
  const known = climbed.length === 0 ? result : { ...result, climbed };
  tools.results.keep(migration, known);
  return known;
}

function requireMovable(migration: Migration, { source, target }: Both): void {
  if (source?.isBroken === true || target?.isBroken === true) {
    throw broken(migration, (source ?? target)?.dom);
  }
  if (source === undefined) {
    throw notThere(migration);
  }
  if (source.state !== 'running') {
    throw refused(
      `${source.dom.name} is ${source.state} on ${migration.source}, and only a running VM moves live`,
      'start it, or carry it while it is shut off',
    );
  }
  if (target !== undefined && target.state !== 'shut-off') {
    throw refused(
      `${source.dom.name} is ${target.state} on ${migration.target} already`,
      'look at both by hand, and stop the wrong one',
    );
  }
}

function notThere({ id, source }: Migration): FailureError {
  return new FailureError({ code: 'vm-not-found', kind: 'permanent', message: `${source} has no VM ${id} to migrate` });
}

function broken({ id, source, target }: Migration, dom: Domain | undefined): FailureError {
  return new FailureError({
    code: 'post-copy-broken',
    kind: 'permanent',
    message: `${dom?.name ?? id} lost the stream of its memory between ${source} and ${target}, and can run on neither`,
    hint: 'see that it runs nowhere, then start it from its disks',
  });
}
