import type { Inventory, VmFacts } from '../../model/inventory.js';
import type { Replica } from '../../model/replica.js';
import { formatDuration } from '../../model/units.js';
import { select } from '../../runbooks/select.js';
import type { RunSummary } from '../../stores/journal.js';
import type { Call } from '../call.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { withWorld } from '../open-world.js';
import { lookAtWorld, tell } from '../plan-making.js';
import { dayAndTime } from '../progress/words.js';
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
    const asked =
      runbook === undefined ? inventory.vms : select(runbook, inventory.vms).groups.flatMap(({ vms }) => vms);
    const rows = asked.flatMap((vm) => statusRows(vm, inventory, runbook?.objectives.rpoMs));
    const own = runs.filter((run) => run.runbook === runbook?.name);
    const history = runbook === undefined ? undefined : { runbook: runbook.name, ...historyOf(own) };
    tell(call, () => text(call, { rows, history, at: inventory.at }), {
      kind: 'Status',
      members: { at: inventory.at, vms: rows, ...(history === undefined ? {} : { history }) },
    });
    return rows.some(({ verdict }) => verdict === 'missed' || verdict === 'no-point')
      ? exitCodes.withErrors
      : exitCodes.done;
  });
}

interface StatusRow {
  readonly vm: string;
  readonly state: VmFacts['state'];
  readonly place: string;
  readonly method: Replica['method'] | 'none';
  readonly replica: string;
  readonly replicaState?: Replica['state'];
  readonly lastPointAt?: number;
  /** Age of the data that would be lost now. */
  readonly dataAgeMs?: number;
  readonly targetMs?: number;
  readonly verdict: 'met' | 'missed' | 'no-target' | 'no-point' | 'not-replicated';
}

interface History {
  readonly lastRun?: RunSummary;
  readonly lastDrill?: RunSummary;
}

function statusRows(vm: VmFacts, { replicas, at }: Inventory, targetMs: number | undefined): readonly StatusRow[] {
  const facts = { vm: vm.name, state: vm.state, place: `${vm.site}/${vm.host}` };
  const target = targetMs === undefined ? {} : { targetMs };
  const own = replicas.filter((replica) => replica.vm === vm.name);
  if (own.length === 0) {
    return [{ ...facts, method: 'none', replica: '-', ...target, verdict: 'not-replicated' }];
  }
  return own.map((replica) => {
    const newest = replica.points.reduce<number | undefined>((last, point) => Math.max(last ?? 0, point.at), undefined);
    const age = replica.dataAsOf === undefined ? undefined : Math.max(0, at - replica.dataAsOf);
    return {
      ...facts,
      method: replica.method,
      replica: `${replica.site}/${replica.host}`,
      replicaState: replica.state,
      ...(newest === undefined ? {} : { lastPointAt: newest }),
      ...(age === undefined ? {} : { dataAgeMs: age }),
      ...target,
      verdict: verdictOf(age, targetMs),
    };
  });
}

function verdictOf(ageMs: number | undefined, targetMs: number | undefined): StatusRow['verdict'] {
  if (ageMs === undefined) {
    return 'no-point';
  }
  if (targetMs === undefined) {
    return 'no-target';
  }
  return ageMs <= targetMs ? 'met' : 'missed';
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
  },
): string {
  const { style } = call;
  const words: Readonly<Record<StatusRow['verdict'], string>> = {
    met: style.good('✔ met'),
    missed: style.bad('✗ missed'),
    'no-target': '- no target',
    'no-point': style.bad('✗ no point yet'),
    'not-replicated': style.warn('! not replicated'),
  };
  const rows = status.rows.map((row) => [
    row.vm,
    `${row.state} at ${row.place}`,
    row.method,
    row.replica,
    row.lastPointAt === undefined ? '-' : dayAndTime(row.lastPointAt),
    row.dataAgeMs === undefined ? '-' : formatDuration(row.dataAgeMs),
    row.targetMs === undefined ? '-' : formatDuration(row.targetMs),
    row.replicaState ?? '-',
    words[row.verdict],
  ]);
  const heading = ['VM', 'STATE', 'METHOD', 'REPLICA', 'LAST POINT', 'RPO NOW', 'TARGET', 'REPLICA STATE', 'RPO'];
  const { history } = status;
  const past =
    history === undefined
      ? ''
      : `\n${history.runbook}: last run ${runText(history.lastRun, status.at)}; last drill ${runText(history.lastDrill, status.at)}\n`;
  return `${table(heading, rows, style)}${past}`;
}

function runText(run: RunSummary | undefined, at: number): string {
  if (run === undefined) {
    return 'never';
  }
  const ago = formatDuration(Math.max(0, at - run.requestedAt));
  return `${run.runId} (${run.mode}, ${run.result ?? 'open'}, ${ago} ago)`;
}
