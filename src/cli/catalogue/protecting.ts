import { type CommandSpec, textOrJson } from '../command-spec.js';
import { runbookArgument } from './shared.js';

const group = 'Protect:';

export const protectingCommands: readonly CommandSpec[] = [
  {
    name: 'protect',
    group,
    takes: [runbookArgument],
    summary: 'seed the replicas of the VMs and keep them in sync, in the foreground',
    description:
      'Copies what has changed as often as `replicate` says, the oldest data first, within the limits of the runbook and the ' +
      'rates of the links, and says for each VM how old the data is that would be lost now. What fails is tried again after a ' +
      'pause and holds up nobody. Ctrl-C ends it at a safe point; the next start goes on from what the replicas hold. With --once it ' +
      'makes one cycle of each VM: exit code 3 when some of them failed, 4 when a host does not answer. Exit code 75 while ' +
      'another process protects the runbook.',
    options: [{ flags: '--once', about: 'one cycle of each VM, then the end' }],
    formats: textOrJson,
    load: async () => (await import('../commands/protect.js')).protectCommand,
  },
  {
    name: 'verify',
    group,
    takes: [runbookArgument],
    summary: 'prove a new recovery point equal to its source, and read all others again for damage',
    description:
      'First reads the recovery points of the VMs where they are kept, and compares them with what was recorded of them. Then ' +
      'makes a new point of each VM, and before the moment of its source is let go reads both ends and compares them: it ' +
      'says at which moment they are equal and how much was read, or what had differed. That is copied again and compared ' +
      'once more, and no older point is to be trusted. All disks but their holes cross the link, within its rates; meanwhile ' +
      'replication of that VM holds, one VM after the other. The result is journalled. Exit code 3 when a point is damaged or a ' +
      'replica had differed, when a VM has no point or none could be proven (of mirrors none is), 4 when a host does not answer.',
    options: [
      {
        flags: '--points-only',
        about: 'read the points again where they are kept, and prove no new one: nothing is changed or sent',
      },
    ],
    formats: textOrJson,
    load: async () => (await import('../commands/verify.js')).verifyCommand,
  },
];
