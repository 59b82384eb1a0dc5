import { type CommandSpec, textOrJson } from '../command-spec.js';

const group = 'Write and check:';

export const writingCommands: readonly CommandSpec[] = [
  {
    name: 'init',
    group,
    takes: [{ name: '[FOLDER]', about: 'where to write (default: here)' }],
    summary: 'write a commented estate and a first runbook',
    description:
      'Writes lifeboat.yaml, an example, unless the estate exists already, and a runbook for its first two sites, both with ' +
      'comments: for five example VMs, or with --simulate for the VMs of the simulated world. A runbook that exists is ' +
      'left alone and the command is refused, unless --force is given.',
    options: [
      { flags: '--force', about: 'replaces the runbook if it exists; the estate is always left alone' },
      { flags: '--name <NAME>', about: 'name of the runbook', initial: 'payroll' },
    ],
    formats: textOrJson,
    load: async () => (await import('../commands/init.js')).initCommand,
  },
  {
    name: 'validate',
    group,
    takes: [{ name: '<RUNBOOK...>', about: 'runbook files' }],
    summary: 'check files and report every problem with its line, reason and mend',
    description:
      'Checks the estate and the runbooks as texts. With --simulate each runbook is also planned as a drill and a ' +
      'relocation against the simulated hosts. With --paths every path that such a run can take, also through crashes and ' +
      'lost answers, is walked as well: none may have a VM run twice. Exit code 65 when a file is invalid.',
    options: [
      { flags: '--paths', about: 'walks every path of the plans, which takes some seconds each; with --simulate' },
    ],
    formats: textOrJson,
    load: async () => (await import('../commands/validate.js')).validateCommand,
  },
];

export const otherCommands: readonly CommandSpec[] = [
  {
    name: 'completion',
    group: 'Other:',
    takes: [{ name: '<SHELL>', about: 'bash, zsh or fish; `hosts` prints the hosts of the estate, for the scripts' }],
    summary: 'print a completion script for your shell',
    description: 'Completes commands, options and their values, and hosts of the estate. It is printed, not installed.',
    options: [],
    formats: ['text'],
    load: async () => (await import('../commands/completion.js')).completionCommand,
  },
];
