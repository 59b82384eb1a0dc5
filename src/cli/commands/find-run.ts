import type { RunSummary } from '../../stores/journal.js';
import { argument, type Call } from '../call.js';
import type { World } from '../drivers.js';
import { usage } from '../refusal.js';

/** The run that was typed: its id, the beginning of exactly one id, or `last` for the newest. Exit code 64 when there is none. */
export async function findRun(call: Call, world: World): Promise<RunSummary> {
  const typed = argument(call, 0);
  const runs = await world.store.journal.runs();
  const exact = typed === 'last' ? runs[0] : runs.find(({ runId }) => runId === typed);
  if (exact !== undefined) {
    return exact;
  }
  const begun = runs.filter(({ runId }) => runId.startsWith(typed));
  const [only] = begun;
  if (only !== undefined && begun.length === 1) {
    return only;
  }
  if (runs.length === 0) {
    const which = typed === 'last' ? '' : ` ${typed}, nor any`;
    throw usage(`the journal has no run${which} yet`, '`lifeboat drill RUNBOOK` makes the first one.');
  }
  throw begun.length > 1
    ? usage(
        `${typed} is the beginning of ${begun.length} runs`,
        `Type more of one: ${begun.map(({ runId }) => runId).join(', ')}.`,
      )
    : usage(`the journal has no run ${typed}`, '`lifeboat runs` lists them; `last` names the newest.');
}
