import { type ArgumentSpec, type CommandSpec, type OptionSpec, textOrJson } from '../command-spec.js';
import { failoverOptions, modeOption, outOption, requestOptions, runArgument } from './shared.js';

const subjectArgument: ArgumentSpec = { name: '<RUNBOOK|HOST>', about: 'the runbook file, or a host of the estate' };

const planModeOption: OptionSpec = {
  ...modeOption,
  about:
    'what the run is for (default: what the runbook says of itself; evacuate for a host; with --simulate else drill)',
};

const group = 'Look, without changing anything:';

export const lookingCommands: readonly CommandSpec[] = [
  {
    name: 'plan',
    group,
    takes: [subjectArgument],
    summary: 'say what a run would do: stages, methods, targets, estimates, and what cannot be done and why',
    description:
      'Looks at the hosts and prints what would happen, in full. With --out the plan is kept in a file, and ' +
      '`lifeboat run --plan FILE` executes exactly it, as long as the runbook, the estate and the hosts are as they were.',
    options: [planModeOption, ...requestOptions, ...failoverOptions, outOption],
    formats: textOrJson,
    load: async () => (await import('../commands/plan.js')).planCommand,
  },
  {
    name: 'graph',
    group,
    takes: [subjectArgument],
    summary: 'draw what a run would do, as Mermaid or SVG',
    description: 'Makes the plan of a mode and draws its stages, lanes and steps.',
    options: [
      planModeOption,
      { flags: '--format <FORMAT>', about: 'how it is drawn', values: ['mermaid', 'svg'], initial: 'mermaid' },
      ...requestOptions,
      ...failoverOptions,
      outOption,
    ],
    formats: ['text'],
    load: async () => (await import('../commands/graph.js')).graphCommand,
  },
  {
    name: 'status',
    group,
    takes: [{ name: '[RUNBOOK]', about: 'the runbook file (default: every VM that the world knows)' }],
    summary: 'per VM: how it is replicated, its newest recovery point, and the data that would be lost now',
    description:
      'Shows for each VM its method, newest recovery point, the age of the data that a failover would lose now against ' +
      'the objective, and its state; and for a runbook its last run and last drill. A VM that lives where its replica was is ' +
      'unprotected until `lifeboat reverse`. Exit code 3 when an objective is missed or a VM unprotected, 4 when a host does ' +
      'not answer, so that its VMs were not seen.',
    options: [],
    formats: textOrJson,
    load: async () => (await import('../commands/status.js')).statusCommand,
  },
  {
    name: 'authority',
    group,
    takes: [{ name: '[VM]', about: 'one VM (default: all)' }],
    summary: 'which side may run each VM, since when, and on which proof',
    description: 'Reads the ledger. A VM that no run has touched yet is not in it: it may run where it is.',
    options: [],
    formats: textOrJson,
    load: async () => (await import('../commands/authority.js')).authorityCommand,
  },
  {
    name: 'runs',
    group,
    takes: [],
    summary: 'list the runs, newest first',
    description: 'Lists every run of the journal with its mode, who asked for it, when, and how it ended.',
    options: [{ flags: '--limit <COUNT>', about: 'at most so many', initial: '20' }],
    formats: textOrJson,
    load: async () => (await import('../commands/runs.js')).runsCommand,
  },
  {
    name: 'watch',
    group,
    takes: [runArgument],
    summary: 'follow a run that another process has',
    description:
      'Shows the run as it goes on and ends with it, with its exit code. Ctrl-C ends the watching, not the run. Exit ' +
      'code 6 when no engine has the run and an operator has to decide.',
    options: [],
    formats: textOrJson,
    load: async () => (await import('../commands/watch.js')).watchCommand,
  },
  {
    name: 'report',
    group,
    takes: [runArgument],
    summary: 'the evidence of a run: what was done, when, by whom, measured against the objectives',
    description: 'Made from the journal alone, so it can be made again at any time, also while the run goes on.',
    options: [outOption],
    formats: ['text', 'json', 'html', 'junit'],
    load: async () => (await import('../commands/report.js')).reportCommand,
  },
];
