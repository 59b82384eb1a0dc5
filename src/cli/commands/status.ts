import type { Inventory } from '../../model/inventory.js';
import type { Runbook } from '../../model/runbook.js';
import { formatDuration } from '../../model/units.js';
import type { RunSummary } from '../../stores/journal.js';
import { type Call, note } from '../call.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { typedCommands } from '../follow.js';
import { withWorld } from '../open-world.js';
import { lookAtWorld, tell } from '../plan-making.js';
import { quoted, runCommand } from '../progress/typed-commands.js';
import { dayAndTime, timeOfDay } from '../progress/words.js';
import { type StatusRow, statusRows } from '../status-rows.js';
import type { Style } from '../style.js';
import { readSubject } from '../subject.js';
import { table } from '../table.js';

/** `lifeboat status`: could it be failed over now, and what would be lost. */
export async function statusCommand(call: Call): Promise<ExitCode> {
  const [file] = call.args;
  const subject = file === undefined ? undefined : readSubject(call, file);
  const estate = subject?.estate ?? readEstate(call);
  return withWorld(call, subject ?? { estate }, async (world) => {
    const inventory = await lookAtWorld(world, estate);
    const runs = await world.store.journal.runs();
    const { runbook } = subject ?? {};
    const rows = statusRows(inventory, runbook);
    const own = runs.filter((run) => run.runbook === runbook?.name);
    const history = runbook === undefined ? undefined : { runbook: runbook.name, ...historyOf(own) };
    const { isSimulated } = world;
    const silent = isSimulated ? [] : silentHosts(inventory, runbook);
    const open = own.find(({ result }) => result === undefined);
    const advice = [...silent, ...adviceOf(call, { rows, file, open, isSimulated })];
    tell(call, () => text(call, { rows, history, at: inventory.at, isSimulated }), {
      kind: 'Status',
      members: { at: inventory.at, vms: rows, ...(history === undefined ? {} : { history }), advice },
    });
    for (const { why, next } of advice) {
      note(call, [why, ...(next === undefined ? [] : [`  ${next}`])].join('\n'));
    }
    return silent.length > 0 ? exitCodes.unreachable : exitCodeOf(rows, isSimulated);
  });
}

/** A host that does not answer speaks first: what it runs is not known. */
function exitCodeOf(rows: readonly StatusRow[], hasReplicas: boolean): ExitCode {
  if (!hasReplicas) {
    return exitCodes.done;
  }
  if (rows.some(({ seenOn }) => seenOn === 'replica')) {
    return exitCodes.unreachable;
  }
  const wrong: readonly StatusRow['verdict'][] = ['missed', 'no-point', 'unprotected'];
  return rows.some(({ verdict }) => wrong.includes(verdict)) ? exitCodes.withErrors : exitCodes.done;
}

/** Hosts that do not answer, of the runbook's sites; what they run is not in the list. */
function silentHosts({ hosts }: Inventory, runbook: Runbook | undefined): readonly Advice[] {
  const sites = runbook === undefined ? undefined : [runbook.protect.from.site, runbook.protect.to.site];
  return hosts
    .filter(({ site, unreachable }) => unreachable !== undefined && (sites?.includes(site) ?? true))
    .map(({ name, unreachable }) => ({
      why: `${name} does not answer, so that its VMs were not seen: ${unreachable ?? ''}`,
    }));
}

interface Advice {
  readonly why: string;
  /** A command to type. */
  readonly next?: string;
}

function adviceOf(
  call: Call,
  status: {
    readonly rows: readonly StatusRow[];
    readonly file: string | undefined;
    /** A run of the runbook that has not ended. */
    readonly open: RunSummary | undefined;
    readonly isSimulated: boolean;
  },
): readonly Advice[] {
  const { rows, file, open, isSimulated } = status;
  if (open !== undefined) {
    const next = runCommand(typedCommands(call, open.runId), 'watch');
    return [{ why: `The ${open.mode} ${open.runId} is open, so that this may change:`, next }];
  }
  if (!isSimulated) {
    return [];
  }
  const { suffix } = typedCommands(call, '');
  const command = (name: string): string =>
    ['lifeboat', name, file === undefined ? 'RUNBOOK' : quoted(file), suffix].filter((word) => word !== '').join(' ');
  const named = (some: readonly StatusRow[]): string => {
    const vms = [...new Set(some.map(({ vm }) => vm))];
    return vms.length > 1 ? `${vms.length} VMs are` : `${vms.join('')} is`;
  };
  const unseen = rows.filter(({ seenOn }) => seenOn === 'replica');
  const bare = rows.filter(({ verdict }) => verdict === 'unprotected');
  const away = bare.filter(({ isAway }) => isAway);
  const never = bare.filter(({ isAway }) => !isAway);
  return [
    ...(unseen.length === 0
      ? []
      : [
          {
            why: `${named(unseen)} not seen, since a host does not answer. If its site is lost, bring them up elsewhere:`,
            next: command('failover'),
          },
        ]),
    ...(away.length === 0
      ? []
      : [
          {
            why: `${named(away)} unprotected after the move: replicate the other way round with:`,
            next: command('reverse'),
          },
        ]),
    ...(never.length === 0
      ? []
      : [{ why: `${named(never)} unprotected: the runbook asks for a replica, there is none` }]),
  ];
}

interface History {
  readonly lastRun?: RunSummary;
  readonly lastDrill?: RunSummary;
}

/** Runs come newest first. */
function historyOf(runs: readonly RunSummary[]): History {
  const [lastRun] = runs;
  const lastDrill = runs.find(({ mode }) => mode === 'drill');
  return { ...(lastRun === undefined ? {} : { lastRun }), ...(lastDrill === undefined ? {} : { lastDrill }) };
}

function text(
  call: Call,
  status: {
    readonly rows: readonly StatusRow[];
    readonly history: ({ readonly runbook: string } & History) | undefined;
    readonly at: number;
    readonly isSimulated: boolean;
  },
): string {
  const { style } = call;
  const { history, isSimulated } = status;
  const past =
    history === undefined
      ? ''
      : `\n${history.runbook}: last run ${runText(history.lastRun, status.at)}; last drill ${runText(history.lastDrill, status.at)}\n`;
  if (!isSimulated) {
    const seen = status.rows.map(({ vm, place, state }) => [
      vm,
      place,
      state === 'running' ? state : style.warn(state),
    ]);
    return `${table(['VM', 'PLACE', 'STATE'], seen, style)}${past}`;
  }
  const rows = status.rows.map((row) => [
    row.vm,
    placeText(row, style),
    row.method,
    row.replicaState === undefined ? row.replica : `${row.replica} ${row.replicaState}`,
    row.lastPointAt === undefined ? '-' : shortTime(row.lastPointAt, status.at),
    row.dataAgeMs === undefined ? '-' : formatDuration(row.dataAgeMs),
    row.targetMs === undefined ? '-' : formatDuration(row.targetMs),
    verdictText(row.verdict, style),
  ]);
  const heading = ['VM', 'RUNS AT', 'METHOD', 'REPLICA', 'LAST POINT', 'RPO NOW', 'TARGET', 'RPO'];
  return `${table(heading, rows, style)}${past}`;
}

/** Where it was seen running; anything else is said. */
function placeText({ state, place, seenOn }: StatusRow, style: Style): string {
  if (seenOn === 'replica') {
    return style.warn(`${place}, not seen`);
  }
  return state === 'running' ? place : style.warn(`${place}, ${state}`);
}

function verdictText(verdict: StatusRow['verdict'], style: Style): string {
  switch (verdict) {
    case 'met':
      return style.good('✔ met');
    case 'missed':
      return style.bad('✗ missed');
    case 'no-target':
      return '- no target';
    case 'no-point':
      return style.bad('✗ no point yet');
    case 'not-replicated':
      return style.warn('! not replicated');
    case 'unprotected':
      return style.bad('✗ unprotected');
  }
}

/** The day only where it is another one than a day ago. */
function shortTime(at: number, now: number): string {
  return now - at < 86_400_000 ? timeOfDay(at) : dayAndTime(at);
}

function runText(run: RunSummary | undefined, at: number): string {
  if (run === undefined) {
    return 'never';
  }
  const ago = formatDuration(Math.max(0, at - run.requestedAt));
  return `${run.runId} (${run.mode}, ${run.result ?? 'open'}, ${ago} ago)`;
}
