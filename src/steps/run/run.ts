import { Type } from 'typebox';
import { hostsOf } from '../../model/estate.js';
import { FailureError } from '../../model/failure.js';
import type { RunInput } from '../../model/runbook.js';
import { blocker, hostFindings } from '../host-findings.js';
import { closed, text } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';

/** What the journal keeps of each output: enough to see why it failed, little enough for thousands of steps. */
const tailLength = 4_096;

/**
 * Runs a command of the runbook's author on the controller or on a host. The command finds in its environment which run
 * (`LIFEBOAT_RUN`), runbook (`LIFEBOAT_RUNBOOK`) and step (`LIFEBOAT_STEP`) it belongs to. Its status must be zero.
 *
 * When it is not known whether it ran, a command that is not `repeatable` waits for a person.
 *
 * Example: `{ "on": "controller", "command": ["./switch-dns.sh", "south"], "repeatable": true }`
 */
export const run: StepType<RunInput> = {
  kind: 'run',
  schema: Type.Object(
    { on: text, command: Type.Array(Type.String(), { minItems: 1 }), repeatable: Type.Boolean() },
    closed,
  ),

  async check({ on }, context) {
    if (on === 'controller') {
      return [];
    }
    return hostsOf(context.estate)[on] === undefined
      ? [blocker('host-not-found', on, `${on} is neither \`controller\` nor a host of the estate`)]
      : await hostFindings(on, context);
  },

  async run({ on, command }, context) {
    context.progress({ text: `Running ${command.join(' ')} on ${on}` });
    const result = await context.shell.run({ on, argv: command, environment: environmentOf(context) }, context.signal);
    const [stdout, stderr] = [result.stdout.slice(-tailLength), result.stderr.slice(-tailLength)];
    if (result.exitCode !== 0) {
      throw new FailureError({
        code: 'command-failed',
        kind: 'permanent',
        message: `${command.join(' ')} ended with status ${result.exitCode} on ${on}`,
        hint: 'mend what it says, then retry the step',
        ...(stderr === '' ? {} : { cause: stderr }),
      });
    }
    return { exitCode: result.exitCode, stdout, stderr };
  },

  observe({ on, command, repeatable }) {
    const what = `${command.join(' ')} on ${on}`;
    return Promise.resolve(
      repeatable
        ? { verdict: 'not-started', evidence: `${what} may be run again` }
        : { verdict: 'contradictory', evidence: `Nobody can tell whether ${what} ran, and it may not be run twice` },
    );
  },
};

function environmentOf({ runId, runbook, key }: StepContext): Readonly<Record<string, string>> {
  return { LIFEBOAT_RUN: runId, LIFEBOAT_RUNBOOK: runbook, LIFEBOAT_STEP: key.slice(runId.length + 1) };
}
