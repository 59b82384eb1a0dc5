import { readInventory } from '../engine/inventory.js';
import type { HostPair } from '../engine/look-ahead.js';
import type { Estate } from '../model/estate.js';
import type { Inventory } from '../model/inventory.js';
import type { Mode } from '../model/mode.js';
import type { Plan, PlanConflict } from '../model/plan.js';
import { plan } from '../runbooks/plan.js';
import { type Call, data, document, note, optionFlag } from './call.js';
import { consideredMoves } from './considered-moves.js';
import type { World } from './drivers.js';
import { simulationFolder } from './estate-file.js';
import { type ExitCode, exitCodeOfConflicts } from './exit-codes.js';
import { inventoryDigest } from './inventory-digest.js';
import { requestOf } from './request.js';
import { withDepartures } from './returning.js';
import type { Style } from './style.js';
import type { Subject } from './subject.js';

/** Looks at the hosts and plans a run of the subject in a mode. */
export async function makePlan(
  call: Call,
  { world, subject: typed, mode }: { readonly world: World; readonly subject: Subject; readonly mode: Mode },
): Promise<Plan | readonly PlanConflict[]> {
  const subject = await withDepartures(typed, world);
  const inventory = await lookAhead(world, subject, mode);
  const { runbook, departures, digests } = subject;
  return plan({
    runbook,
    estate: subject.estate.estate,
    inventory,
    request: requestOf(call, mode, { at: world.ports.clock.now(), estate: subject.estate.estate }),
    digests: { ...digests, inventory: inventoryDigest(inventory) },
    ...(departures === undefined ? {} : { departures }),
  });
}

/** The digests of what a plan of the subject would be made from now. */
export async function digestsNow(world: World, typed: Subject, mode: Mode): Promise<Plan['digests']> {
  const subject = await withDepartures(typed, world);
  return { ...subject.digests, inventory: inventoryDigest(await lookAhead(world, subject, mode)) };
}

/** The world as it is now, and what stands against the moves that a run of the subject could make. */
function lookAhead(
  world: World,
  { runbook, estate: { estate }, departures = [] }: Subject,
  mode: Mode,
): Promise<Inventory> {
  return look(world, estate, consideredMoves({ mode, runbook, estate, departures }));
}

/** Hosts, VMs and replicas as they are now. */
export async function lookAtWorld(world: World, { estate }: Pick<Subject['estate'], 'estate'>): Promise<Inventory> {
  return look(world, estate, []);
}

function look(world: World, estate: Estate, moves: readonly HostPair[]): Promise<Inventory> {
  const { signal } = new AbortController();
  const { ports, store } = world;
  return world.during(readInventory({ ports, estate, journal: store.journal, signal, moves }));
}

/** Whether planning ended with conflicts instead of a plan. */
export function isConflicts(planned: Plan | readonly PlanConflict[]): planned is readonly PlanConflict[] {
  return Array.isArray(planned);
}

/** Says why there is no plan: each reason with its place in the runbook and what to do, as data with `-o json`. */
export function tellConflicts(call: Call, subject: Subject, conflicts: readonly PlanConflict[]): ExitCode {
  if (call.format === 'json') {
    const located = conflicts.map((conflict) => {
      const place = placeOf(subject, conflict);
      return place === undefined
        ? conflict
        : { ...conflict, file: subject.name, line: place.line, column: place.column };
    });
    document(call, 'PlanConflicts', { conflicts: located });
  }
  const count = conflicts.length === 1 ? 'one reason' : `${conflicts.length} reasons`;
  const text = conflictsText(subject, conflicts, call.noteStyle);
  call.environment.stderr.write(`error: no plan can be made, for ${count}; nothing was changed\n${text}\n`);
  if (optionFlag(call, 'simulate') && conflicts.some(({ code }) => code === 'vm-unknown')) {
    const folder = simulationFolder(call, subject.estate);
    note(
      call,
      `The simulated world in ${folder} was made from the runbook that was first used with it. ` +
        `Give this one a world of its own with --simulate-dir FOLDER, or remove that folder.`,
    );
  }
  if (subject.isFile && conflicts.some(({ code }) => code === 'no-replica')) {
    note(call, `VMs that have moved are replicated the other way round by: lifeboat reverse ${subject.name}`);
  }
  return exitCodeOfConflicts(conflicts);
}

/** Conflicts for people: `FILE:LINE:COLUMN`, the reason, the lines of the runbook, the hint. */
export function conflictsText(subject: Subject, conflicts: readonly PlanConflict[], style: Style): string {
  return conflicts
    .map((conflict) => {
      const place = placeOf(subject, conflict);
      const where = place === undefined ? subject.name : `${subject.name}:${place.line}:${place.column}`;
      return [
        `${style.bad('✗')} ${where}: ${conflict.message} [${conflict.code}]`,
        ...(place === undefined ? [] : [place.frame]),
        ...(conflict.hint === undefined ? [] : [`  hint: ${conflict.hint}`]),
      ].join('\n');
    })
    .join('\n');
}

function placeOf({ locate }: Subject, { path }: PlanConflict): ReturnType<Subject['locate']> {
  return path === undefined ? undefined : locate(path);
}

/** Writes data as text unless `-o json` asks for the document. */
export function tell(call: Call, text: () => string, json: { readonly kind: string; readonly members: object }): void {
  if (call.format === 'json') {
    document(call, json.kind, json.members);
  } else {
    data(call, text());
  }
}
