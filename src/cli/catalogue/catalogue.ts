import type { CommandSpec } from '../command-spec.js';
import { lookingCommands } from './looking.js';
import { protectingCommands } from './protecting.js';
import { runningCommands } from './running.js';
import { steeringCommands } from './steering.js';
import { otherCommands, writingCommands } from './writing.js';

/** Every command, in the order in which the help lists them. */
export const catalogue: readonly CommandSpec[] = [
  ...writingCommands,
  ...lookingCommands,
  ...protectingCommands,
  ...runningCommands,
  ...steeringCommands,
  ...otherCommands,
];
