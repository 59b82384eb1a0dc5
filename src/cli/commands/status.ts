import type { Inventory } from '../../model/inventory.js';
import type { Runbook } from '../../model/runbook.js';
import { formatDuration } from '../../model/units.js';
import { readProtection } from '../../storage-sync/protection-journal.js';
import { type ProtectionReports } from '../../storage-sync/protection-reports.js';
import { lastVerification } from '../../storage-sync/verifier.js';
import type { Journal, RunSummary } from '../../stores/journal.js';
import { type Call, note } from '../call.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { typedCommands } from '../follow.js';
import { holderName } from '../holder-name.js';
import { withWorld } from '../open-world.js';
import { lookAtWorld, tell } from '../plan-making.js';
import { stateText } from '../progress/protection-frame.js';
import { quoted, runCommand } from '../progress/typed-commands.js';
import { dayAndTime, timeOfDay } from '../progress/words.js';
import { type StatusRow, statusRows } from '../status-rows.js';
import type { Style } from '../style.js';
import { readSubject, type Subject } from '../subject.js';
import { table } from '../table.js';
import { type Trust, trustOf } from '../trust.js';

/** `lifeboat status`: could it be failed over now, and what would be lost. */
export async function statusCommand(call: Call): Promise<ExitCode> {
  const [file] = call.args;
  const subject = file === undefined ? undefined : readSubject(call, file);
  const estate = subject?.estate ?? readEstate(call);
  return withWorld(call, subject ?? { estate }, async (world) => {
    const inventory = await lookAtWorld(world, estate);
    const runs = await world.store.journal.runs();
    const { runbook } = subject ?? {};
    const { journal } = world.store;
    const protection = runbook === undefined ? undefined : await readProtection(journal, runbook.name);
    const rows = statusRows(inventory, runbook, protection?.reports);
    const own = runs.filter((run) => run.runbook === runbook?.name);
    const history = subject === undefined ? undefined : await historyOf(subject, { runs: own, journal, protection });
    const tendedBy = protection === undefined ? undefined : await world.store.leases.holderOf(protection.journal);
    // Where nothing was ever replicated, places and states are all there is to say.
    const isReplicated = world.isSimulated || protection !== undefined || inventory.replicas.length > 0;
    const silent = world.isSimulated ? [] : silentHosts(inventory, runbook);
    const open = own.find(({ result }) => result === undefined);
    const advice = [...silent, ...adviceOf(call, { rows, file, open, isReplicated })];
    tell(call, () => text(call, { rows, history, at: inventory.at, isReplicated, tendedBy: tendedBy?.heldBy.holder }), {
      kind: 'Status',
      members: { at: inventory.at, vms: rows, ...(history === undefined ? {} : { history }), advice },
    });
    for (const { why, next } of advice) {
      note(call, [why, ...(next === undefined ? [] : [`  ${next}`])].join('\n'));
    }
    return silent.length > 0 ? exitCodes.unreachable : exitCodeOf(rows, isReplicated);
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
    readonly isReplicated: boolean;
  },
): readonly Advice[] {
  const { rows, file, open, isReplicated } = status;
  if (open !== undefined) {
    const next = runCommand(typedCommands(call, open.runId), 'watch');
    return [{ why: `The ${open.mode} ${open.runId} is open, so that this may change:`, next }];
  }
  if (!isReplicated) {
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

interface History extends Trust {
  readonly runbook: string;
  readonly lastRun?: RunSummary;
  readonly lastDrill?: RunSummary;
  readonly lastVerification?: NonNullable<Awaited<ReturnType<typeof lastVerification>>>;
  /** Since when its replicas are or were tended, and until when. */
  readonly protection?: { readonly startedAt: number; readonly lastAt: number; readonly endedAt?: number };
}

/** Runs come newest first. */
async function historyOf(
  subject: Subject,
  known: {
    readonly runs: readonly RunSummary[];
    readonly journal: Journal;
    readonly protection: ProtectionReports | undefined;
  },
): Promise<History> {
  const { runs, journal, protection } = known;
  const runbook = subject.runbook.name;
  const [lastRun] = runs;
  const lastDrill = runs.find(({ mode }) => mode === 'drill');
  const verified = await lastVerification(journal, runbook);
  return {
    runbook,
    ...(await trustOf(subject, lastDrill, journal)),
    ...(lastRun === undefined ? {} : { lastRun }),
    ...(lastDrill === undefined ? {} : { lastDrill }),
    ...(verified === undefined ? {} : { lastVerification: verified }),
    ...(protection === undefined ? {} : { protection: spanOf(protection) }),
  };
}

function spanOf({ startedAt, lastAt, endedAt }: ProtectionReports): NonNullable<History['protection']> {
  return { startedAt, lastAt, ...(endedAt === undefined ? {} : { endedAt }) };
}

function text(
  call: Call,
  status: {
    readonly rows: readonly StatusRow[];
    readonly history: History | undefined;
    /** Who tends the replicas now. */
    readonly tendedBy: string | undefined;
    readonly at: number;
    readonly isReplicated: boolean;
  },
): string {
  const { style } = call;
  const { history, isReplicated } = status;
  const past = history === undefined ? '' : `\n${historyText(history, status)}\n`;
  if (!isReplicated) {
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
    row.replica,
    row.protection === undefined ? '-' : stateText(row.protection, style),
    row.lastPointAt === undefined ? '-' : shortTime(row.lastPointAt, status.at),
    row.dataAgeMs === undefined ? '-' : formatDuration(row.dataAgeMs),
    row.targetMs === undefined ? '-' : formatDuration(row.targetMs),
    verdictText(row.verdict, style),
  ]);
  const heading = ['VM', 'RUNS AT', 'METHOD', 'REPLICA', 'STATE', 'LAST POINT', 'RPO NOW', 'TARGET', 'RPO'];
  const reasons = status.rows.flatMap(({ vm, why }) => (why === undefined ? [] : [`${vm}: ${why}`]));
  return [table(heading, rows, style), ...reasons.map((line) => `${line}\n`), past].join('');
}

function historyText(
  history: History,
  { at, tendedBy }: { readonly at: number; readonly tendedBy: string | undefined },
): string {
  const { runbook, trust, why, lastRun, lastDrill, lastVerification: verified, protection } = history;
  const ago = (since: number): string => `${formatDuration(Math.max(0, at - since))} ago`;
  const tended =
    tendedBy === undefined
      ? `tended by nobody; \`lifeboat protect\` last wrote ${ago(protection?.lastAt ?? at)}`
      : `tended by ${holderName(tendedBy)}`;
  const damaged = verified?.damaged.length === 0 ? 'no damage found' : `damaged: ${verified?.damaged.join(', ') ?? ''}`;
  return [
    `${runbook}: ${trust}, ${why}; last run ${runText(lastRun, at)}; last drill ${runText(lastDrill, at)}`,
    ...(protection === undefined ? [] : [`its replicas are ${tended}`]),
    ...(verified === undefined
      ? []
      : [`its points were read again ${ago(verified.at)}: ${damaged}${provenText(verified)}`]),
  ].join('\n');
}

function provenText({ vms, proven, differed }: NonNullable<History['lastVerification']>): string {
  if (proven.length === 0) {
    return '';
  }
  const distrusted =
    differed.length === 0 ? '' : `; had differed, so trust no point made before: ${differed.join(', ')}`;
  return `; new points of ${proven.length} of ${vms} VMs were proven equal to their sources${distrusted}`;
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
