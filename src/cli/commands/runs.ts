import { formatDuration } from '../../model/units.js';
import type { RunSummary } from '../../stores/journal.js';
import { type Call, optionText } from '../call.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { withWorld } from '../open-world.js';
import { tell } from '../plan-making.js';
import { dayAndTime } from '../progress/words.js';
import { usage } from '../refusal.js';
import { table } from '../table.js';

/** `lifeboat runs`. */
export async function runsCommand(call: Call): Promise<ExitCode> {
  const text = optionText(call, 'limit') ?? '20';
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw usage(`lifeboat runs: --limit ${text} is no count`, 'Give a whole number from 1.');
  }
  return withWorld(call, { estate: readEstate(call) }, async (world) => {
    const runs = (await world.store.journal.runs()).slice(0, Number(text));
    tell(call, () => runsText(call, runs), { kind: 'Runs', members: { runs } });
    return exitCodes.done;
  });
}

function runsText(call: Call, runs: readonly RunSummary[]): string {
  if (runs.length === 0) {
    return 'There are no runs yet. `lifeboat drill RUNBOOK` makes the first one.';
  }
  const rows = runs.map((run) => [
    run.runId,
    run.runbook,
    run.mode,
    run.by,
    dayAndTime(run.requestedAt),
    run.result ?? 'open',
    run.result === undefined ? '-' : formatDuration(run.lastAt - run.requestedAt),
  ]);
  return table(['RUN', 'RUNBOOK', 'MODE', 'BY', 'REQUESTED', 'RESULT', 'TOOK'], rows, call.style);
}
