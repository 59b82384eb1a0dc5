import { modes } from '../../model/mode.js';
import type { ArgumentSpec, OptionSpec } from '../command-spec.js';

export const runbookArgument: ArgumentSpec = { name: '<RUNBOOK>', about: 'the runbook file' };

export const runArgument: ArgumentSpec = {
  name: '<RUN>',
  about: 'the id of a run, the beginning of one, or `last` for the newest',
};

export const modeOption: OptionSpec = {
  flags: '-m, --mode <MODE>',
  about: 'what the run is for',
  values: modes,
};

/** What narrows a run or a plan. */
export const requestOptions: readonly OptionSpec[] = [
  { flags: '--limit <VM...>', about: 'only these VMs of the runbook (default: all)', isRepeated: true },
];

export const failoverOptions: readonly OptionSpec[] = [
  {
    flags: '--point <POINT>',
    about:
      'recovery point to use: its id, or a time such as 2027-01-31T12:00Z for the newest before it (default: newest)',
  },
  {
    flags: '--attest <HOST=REASON>',
    about: 'declares with your name that a host is dead, where no fence device can prove it',
    isRepeated: true,
  },
  { flags: '--planned', about: 'the source is alive: relocate, so that the VMs move live and nothing is lost' },
];

export const outOption: OptionSpec = { flags: '--out <FILE>', about: 'writes to a file (default: standard output)' };
