import type { ExitCode } from './exit-codes.js';

/** A command line that the help shows and that the tests run as it stands. */
export interface Example {
  readonly line: string;
  readonly about: string;
  /**
   * What must be there before: files written by `init`, a run that has ended, one that waits for an approval, one with a
   * failed step that waits for an operator, one that was interrupted, or one that has emptied north-1.
   */
  readonly given:
    | 'nothing'
    | 'files'
    | 'evacuated-host'
    | 'finished-run'
    | 'waiting-run'
    | 'held-run'
    | 'interrupted-run';
  readonly exitCode: ExitCode;
}

function example(line: string, about: string, given: Example['given'], exitCode: ExitCode = 0): Example {
  return { line: `lifeboat ${line}`, about, given, exitCode };
}

const payroll = 'runbooks/payroll.yaml';

/** At least two examples of every command, by its name. */
export const examples: Readonly<Record<string, readonly Example[]>> = {
  init: [
    example('init', 'write lifeboat.yaml and runbooks/payroll.yaml here', 'nothing'),
    example('init --force --name intranet', 'write another runbook for the estate that is here', 'files'),
  ],
  validate: [
    example(`validate ${payroll}`, 'check the texts', 'files'),
    example(`validate ${payroll} --simulate`, 'and plan them against simulated hosts', 'files'),
    example(`validate ${payroll} --simulate --paths`, 'and walk every path that such a run can take', 'files'),
  ],
  plan: [
    example(`plan ${payroll} --mode relocate --simulate`, 'what a relocation would do', 'files'),
    example(`plan ${payroll} --mode drill --out plan.json --simulate`, 'keep the plan, to run exactly it', 'files'),
  ],
  graph: [
    example(`graph ${payroll} --mode relocate --simulate`, 'Mermaid, for a document', 'files'),
    example(`graph ${payroll} --format svg --out drill.svg --simulate`, 'a picture of the drill', 'files'),
  ],
  status: [
    example(`status ${payroll} --simulate`, 'could we fail over now, and what would be lost', 'files'),
    example('status --simulate -o json', 'after a move, until `reverse`, VMs are unprotected', 'finished-run', 3),
  ],
  authority: [
    example('authority --simulate', 'which side may run each VM', 'finished-run'),
    example('authority db-1 --simulate -o json', 'one VM, for another program', 'finished-run'),
  ],
  runs: [
    example('runs --simulate', 'the newest twenty', 'finished-run'),
    example('runs --limit 1 --simulate -o json', 'the newest one, for another program', 'finished-run'),
  ],
  watch: [
    example('watch last --simulate', 'follow the newest run', 'finished-run'),
    example('watch last --simulate --quiet', 'only wait for its end and exit code', 'finished-run'),
  ],
  report: [
    example('report last --simulate', 'what the newest run did', 'finished-run'),
    example('report last -o html --out report.html --simulate', 'a page for the auditor', 'finished-run'),
  ],
  protect: [
    example(`protect ${payroll} --once --simulate`, 'one cycle of each VM, for a timer or a first look', 'files'),
    example(`protect ${payroll} --once --simulate -o json`, 'the same for another program', 'files'),
  ],
  verify: [
    example(`verify ${payroll} --simulate`, 'are the recovery points whole', 'files'),
    example(`verify ${payroll} --simulate -o json`, 'the result for another program', 'files'),
  ],
  drill: [
    example(`drill ${payroll} --simulate`, 'rehearse it', 'files'),
    example(`drill ${payroll} --limit db-1 --simulate -o json`, 'one VM; the result for another program', 'files'),
  ],
  relocate: [
    example(`relocate ${payroll} --simulate`, 'move the VMs live to the other site', 'files'),
    example(`relocate ${payroll} --simulate --quiet`, 'without progress, for a script', 'files'),
  ],
  failover: [
    example(
      `failover ${payroll} --simulate --simulate-lose north --confirm payroll`,
      'rehearse the loss of a whole site',
      'files',
    ),
    example(`failover ${payroll} --simulate --confirm payroll`, 'refused, since the source is alive', 'files', 5),
  ],
  failback: [
    example(`failback ${payroll} --simulate`, 'move the VMs back after a relocation and `reverse`', 'finished-run'),
    example(`failback ${payroll} --simulate -o json`, 'the result and its report for another program', 'finished-run'),
  ],
  evacuate: [
    example('evacuate north-1 --simulate', 'empty a host', 'files'),
    example('evacuate north-2 --simulate -o json', 'the result and its report for another program', 'files'),
  ],
  return: [
    example('return north-1 --simulate', 'fill the host again after the work on it', 'evacuated-host'),
    example('return north-1 --simulate -o json', 'the result and its report for another program', 'evacuated-host'),
  ],
  reverse: [
    example(`reverse ${payroll} --simulate`, 'after a relocation: replicate the other way round', 'finished-run'),
    example(`reverse ${payroll} --simulate --as dba`, 'with another name in the journal', 'finished-run'),
  ],
  run: [
    example('run --plan plan.json --simulate', 'execute exactly what was planned', 'files'),
    example(`run ${payroll} --mode drill --simulate`, 'the same as `lifeboat drill`', 'files'),
  ],
  approve: [
    example('approve last --simulate --as dba', 'answer an approval step', 'waiting-run'),
    example('approve last --lane run/1 --reason "figures agreed" --simulate', 'one of several', 'waiting-run'),
  ],
  reject: [
    example('reject last --simulate', 'refuse an approval step', 'waiting-run'),
    example('reject last --lane run/1 --reason "month end" --simulate', 'one of several', 'waiting-run'),
  ],
  retry: [
    example('retry last --simulate', 'try again whatever is held', 'held-run'),
    example('retry last --lane run/1 --simulate', 'one lane', 'held-run'),
  ],
  skip: [
    example('skip last --simulate', 'go on without the held steps', 'held-run'),
    example('skip last --lane run/1 --reason "done by hand" --simulate', 'one lane', 'held-run'),
  ],
  abandon: [
    example('abandon last --simulate', 'give up the lanes that are held', 'held-run'),
    example('abandon last --lane run/1 --simulate', 'one lane', 'held-run'),
  ],
  pause: [
    example('pause last --simulate', 'begin no new step', 'waiting-run'),
    example('pause last --reason "change freeze" --simulate', 'and say why', 'waiting-run'),
  ],
  resume: [
    example('resume last --simulate', 'go on with a run whose engine died', 'interrupted-run'),
    example('resume last --simulate -o json', 'the result for another program', 'interrupted-run'),
  ],
  cancel: [
    example('cancel last --simulate', 'stop at a safe point and clean up', 'waiting-run'),
    example('cancel last --reason "wrong runbook" --simulate', 'and say why', 'waiting-run'),
  ],
  attest: [
    example('attest last north-1 --reason "unplugged by me" --simulate', 'no fence device can prove it', 'held-run'),
    example('attest last north-2 --reason "rack without power" --simulate', 'another host', 'held-run'),
  ],
  completion: [
    example('completion bash', 'for example: source <(lifeboat completion bash)', 'nothing'),
    example('completion fish', 'for ~/.config/fish/completions/lifeboat.fish', 'nothing'),
  ],
};
