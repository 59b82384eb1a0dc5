import { type CommandSpec, type OptionSpec, textOrJson } from '../command-spec.js';
import { runArgument } from './shared.js';

const group = 'Steer a run:';
const load: CommandSpec['load'] = async () => (await import('../commands/move.js')).moveCommand;

const reasonOption: OptionSpec = {
  flags: '--reason <TEXT>',
  about: 'why, for the journal and the report (default: none)',
};
const laneOption: OptionSpec = { flags: '--lane <LANE>', about: 'one lane, such as vm/db-1 (default: all that wait)' };

function move(name: string, summary: string, description: string, options: readonly OptionSpec[] = []): CommandSpec {
  return {
    name,
    group,
    takes: [runArgument],
    summary,
    description,
    options: [...options, reasonOption],
    formats: textOrJson,
    load,
  };
}

const queued =
  ' The engine that has the run takes it; when none has it, it is kept and taken by the next `lifeboat resume RUN`.';

export const steeringCommands: readonly CommandSpec[] = [
  move('approve', 'let an approval step go on', `Answers what an approval step waits for, with your name.${queued}`, [
    laneOption,
  ]),
  move('reject', 'refuse an approval step', `The step fails, with your name and reason.${queued}`, [laneOption]),
  move('retry', 'try a failed step again', `The held step starts again, with all its attempts.${queued}`, [laneOption]),
  move(
    'skip',
    'go on without a failed step',
    `The held step counts as passed over and its lane goes on. A proof of death cannot be skipped.${queued}`,
    [laneOption],
  ),
  move(
    'abandon',
    'give up the lane of a failed step',
    `The lane ends as failed, after its recovery steps; other lanes go on as the plan says.${queued}`,
    [laneOption],
  ),
  move('pause', 'begin no new step', `Steps under way are finished; \`lifeboat resume RUN\` goes on.${queued}`),
  {
    ...move(
      'resume',
      'go on with a paused run, or with one whose engine died',
      'When an engine has the run, it goes on there. Else this process takes the run up: it looks at the world for every ' +
        'step whose outcome is not known, and goes on from there.',
    ),
    load: async () => (await import('../commands/resume.js')).resumeCommand,
  },
  move(
    'cancel',
    'stop the run at a safe point and clean up',
    `Steps under way are asked to stop, recovery and clean-up steps are done, and the run ends as cancelled.${queued}`,
  ),
  {
    ...move(
      'attest',
      'declare with your name that a host is dead',
      `The word of a named person stands in for the proof of a fence device (safety rule S2). If the host lives, its VMs may ` +
        `run twice: look before you type this.${queued}`,
    ),
    takes: [runArgument, { name: '<HOST>', about: 'the host that is dead' }],
    options: [{ flags: '--reason <TEXT>', about: 'how you know it; required' }],
  },
];
