import { type CommandSpec, textOrJson } from '../command-spec.js';

const group = 'Write and check:';

export const writingCommands: readonly CommandSpec[] = [
  {
    name: 'init',
    group,
    takes: [{ name: '[FOLDER]', about: 'where to write (default: here)' }],
    summary: 'write a commented estate and a first runbook',
    description:
      'Writes lifeboat.yaml, unless the estate exists already, and a runbook for its first two sites, with every key ' +
      'explained; with --simulate for the VMs of the simulated world. Files that exist are left alone and the command ' +
      'is refused, unless --force is given.',
    options: [
      { flags: '--force', about: 'replaces files that exist' },
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
      'relocation against the simulated hosts, and every path that such a run can take, also through crashes and lost ' +
      'answers, is walked: none may have a VM run twice. Exit code 65 when a file is invalid.',
    options: [],
    formats: textOrJson,
    load: async () => (await import('../commands/validate.js')).validateCommand,
  },
];

export const otherCommands: readonly CommandSpec[] = [
  {
    name: 'completion',
    group: 'Other:',
    takes: [{ name: '<SHELL>', about: 'bash, zsh or fish' }],
    summary: 'print a completion script for your shell',
    description: 'Completes commands, options and their values. It is printed, not installed.',
    options: [],
    formats: ['text'],
    load: async () => (await import('../commands/completion.js')).completionCommand,
  },
];
