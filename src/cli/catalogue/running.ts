import { type CommandSpec, type OptionSpec, textOrJson } from '../command-spec.js';
import { failoverOptions, modeOption, requestOptions, runbookArgument } from './shared.js';

const group = 'Run:';
const load: CommandSpec['load'] = async () => (await import('../commands/start.js')).startCommand;

const confirmOption: OptionSpec = {
  flags: '--confirm <NAME>',
  about: 'the name of the runbook, instead of typing it when asked',
};

export const runningCommands: readonly CommandSpec[] = [
  {
    name: 'drill',
    group,
    takes: [runbookArgument],
    summary: 'rehearse the runbook with clones on an isolated network; production is not touched',
    description:
      'Starts renamed clones of the VMs from overlays over a recovery point, on the network `drill` of the recovery ' +
      'site, runs the ready checks, measures the times, and cleans up. Replication goes on throughout.',
    options: [...requestOptions, ...failoverOptions.slice(0, 1)],
    formats: textOrJson,
    load,
  },
  {
    name: 'relocate',
    group,
    takes: [runbookArgument],
    summary: 'move the VMs live to the recovery site; any error stops it with the VM running where it was',
    description:
      'For a source that is alive: syncs what is missing, live-migrates each VM onto its replica by priority, and proves ' +
      'that it answers. Nothing is lost.',
    options: requestOptions,
    formats: textOrJson,
    load,
  },
  {
    name: 'failover',
    group,
    takes: [runbookArgument],
    summary: 'the source is lost: prove it dead, start the VMs from their replicas by priority',
    description:
      'Fences every source host, or takes a named operator’s word for its death, promotes the newest recovery points, starts ' +
      'the VMs and runs their ready checks. Refused while the source is alive (exit code 5): then use --planned. Asks to ' +
      'type the name of the runbook, or takes it from --confirm. An error on one VM does not stop the others.',
    options: [confirmOption, ...failoverOptions, ...requestOptions],
    formats: textOrJson,
    load,
  },
  {
    name: 'failback',
    group,
    takes: [runbookArgument],
    summary: 'after `reverse`: move the VMs live back to where they came from',
    description: 'Relocates the other way round. Any error stops it, with the VM left running where it was.',
    options: requestOptions,
    formats: textOrJson,
    load,
  },
  {
    name: 'evacuate',
    group,
    takes: [{ name: '<HOST|RUNBOOK>', about: 'a host of the estate, or a runbook file' }],
    summary: 'empty a host while it still works: cordon it and move every VM away by priority',
    description:
      'Nothing is placed on the host any more, its VMs move live to other hosts by capacity, CPU, networks and affinity. ' +
      'It is declared empty only when it was observed empty.',
    options: requestOptions,
    formats: textOrJson,
    load,
  },
  {
    name: 'return',
    group,
    takes: [{ name: '<HOST>', about: 'a host of the estate that was evacuated' }],
    summary: 'move back to a host what evacuations took from it',
    description:
      'Reads from the journal which VMs evacuations have moved away from the host and nothing has moved since, takes the ' +
      'cordon off, and moves them back, in the groups and within the limits by which they left.',
    options: requestOptions,
    formats: textOrJson,
    load,
  },
  {
    name: 'reverse',
    group,
    takes: [runbookArgument],
    summary: 'replicate the other way round; only the delta moves',
    description: 'Makes the disks at the old place the replicas of the VMs where they run now.',
    options: requestOptions,
    formats: textOrJson,
    load,
  },
  {
    name: 'run',
    group,
    takes: [{ name: '[RUNBOOK]', about: 'the runbook file, unless --plan names a saved plan' }],
    summary: 'execute a saved plan exactly, or a runbook in a named mode',
    description:
      'With --plan the saved plan is executed as it is, and refused (exit code 5) when the runbook, the estate or the ' +
      'hosts have changed since it was made. With a runbook and --mode it does what the command of that mode does.',
    options: [
      { flags: '--plan <FILE>', about: 'a plan that `lifeboat plan --out FILE` made' },
      modeOption,
      confirmOption,
      ...failoverOptions,
      ...requestOptions,
    ],
    formats: textOrJson,
    load,
  },
];
