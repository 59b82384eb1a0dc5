import type { Plan } from '../model/plan.js';
import { type Call, optionText } from './call.js';
import { exitCodes } from './exit-codes.js';
import { planSummary } from './plan-text.js';
import { Refusal, usage } from './refusal.js';

/**
 * Before anything is looked at: a failover without a person at a terminal must carry `--confirm NAME`. Exit code 64
 * when it is missing or names something else.
 */
export function refuseUnconfirmed(call: Call, runbook: string): void {
  const given = optionText(call, 'confirm');
  if (given === undefined && !isPersonThere(call)) {
    throw usage(
      `lifeboat ${call.command}: a failover of ${runbook} has to be confirmed, and nobody is at a terminal`,
      `Add --confirm ${runbook}.`,
    );
  }
  if (given !== undefined && given !== runbook) {
    throw usage(
      `lifeboat ${call.command}: --confirm ${given} is not the name of the runbook, which is ${runbook}`,
      `Write --confirm ${runbook} if that is what you mean to fail over.`,
    );
  }
}

/** Shows what will happen and what would be lost, and asks a person to type the runbook's name, unless `--confirm` gave it. Refused with exit code 5 when it is not typed. */
export async function askToConfirm(call: Call, runbook: string, plan: Plan): Promise<void> {
  if (optionText(call, 'confirm') !== undefined) {
    return;
  }
  const { stdin, stderr } = call.environment;
  stderr.write(`${planSummary(plan, call.noteStyle)}\n`);
  stderr.write(`This fails over ${runbook}: its source hosts are fenced and its VMs start from their replicas.\n`);
  stderr.write(`Type ${call.noteStyle.bold(runbook)} to go on: `);
  const typed = await stdin.line();
  if (typed?.trim() !== runbook) {
    throw new Refusal(exitCodes.refused, `the failover of ${runbook} was not confirmed; nothing was done`);
  }
}

function isPersonThere({ environment }: Call): boolean {
  return environment.stdin.isTerminal && environment.stderr.isTerminal && (environment.variables['CI'] ?? '') === '';
}
