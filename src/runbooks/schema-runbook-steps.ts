import { type Static, Type } from 'typebox';
import { writtenModes } from '../model/mode.js';
import { choice, duration, keys, list, oneBy, words } from './schema-field.js';

const base = {
  at: Type.String({
    pattern: '^(?:before-move|after-move|(?:before|after)-group/[A-Za-z0-9][A-Za-z0-9._-]*)$',
    patternErrorMessage: 'write before-move, after-move, before-group/NAME or after-group/NAME',
    maxLength: 300,
    description: 'When it happens: before-move, after-move, before-group/NAME or after-group/NAME.',
    examples: ['before-move', 'after-group/database'],
  }),
  timeout: Type.Optional(
    duration({
      default: '5m',
      description: 'How long it may take. An approval or a wait gets its own time on top of the default.',
      examples: ['2m'],
    }),
  ),
  'on-failure': Type.Optional(
    choice(['stop', 'continue', 'pause'], {
      default: 'stop',
      description: 'What happens to the run when it fails. `pause` waits for an operator.',
      examples: ['stop'],
    }),
  ),
  only: Type.Optional(
    list(choice(writtenModes, { description: 'A mode.', examples: ['failover'] }), {
      minItems: 1,
      description: 'Modes in which it takes part. Default: all.',
      examples: [['relocate', 'failover', 'failback']],
    }),
  ),
};

/** A step of the author's own. `uses` says which keys `with` has. */
export const extraStep = oneBy(
  'uses',
  [
    keys(
      {
        ...base,
        uses: Type.Literal('run', { description: 'Runs a command.', examples: ['run'] }),
        with: keys(
          {
            on: words({ description: '`controller`, or a host of the estate.', examples: ['controller', 'north-1'] }),
            command: list(Type.String({ description: 'A word of the command.', examples: ['./switch-dns.sh'] }), {
              minItems: 1,
              description: 'The command and its arguments. No shell reads them.',
              examples: [['./switch-dns.sh', 'south']],
            }),
            repeatable: Type.Optional(
              Type.Boolean({
                default: false,
                description: 'Whether it may be run again when nobody knows if it ran, as after a crash.',
                examples: [true],
              }),
            ),
          },
          {
            description: 'What is run, and where.',
            examples: [{ on: 'controller', command: ['./switch-dns.sh', 'south'] }],
          },
        ),
      },
      {
        description: 'Runs a command.',
        examples: [
          { at: 'after-move', uses: 'run', with: { on: 'controller', command: ['./switch-dns.sh', 'south'] } },
        ],
      },
    ),
    keys(
      {
        ...base,
        uses: Type.Literal('approve', { description: 'Waits for a person to approve.', examples: ['approve'] }),
        with: Type.Optional(
          keys(
            {
              from: Type.Optional(
                list(words({ description: 'A person or a group of people.', examples: ['dba'] }), {
                  default: [],
                  description: 'Who may approve. Default: anyone.',
                  examples: [['dba']],
                }),
              ),
              within: Type.Optional(
                duration({ default: '15m', description: 'How long the answer is waited for.', examples: ['15m'] }),
              ),
              otherwise: Type.Optional(
                choice(['pause', 'continue', 'stop'], {
                  default: 'pause',
                  description: 'What happens when nobody has answered by then.',
                  examples: ['pause'],
                }),
              ),
            },
            {
              default: {},
              description: 'Who may approve, and until when.',
              examples: [{ from: ['dba'], within: '15m' }],
            },
          ),
        ),
      },
      {
        description: 'Waits for a person to approve.',
        examples: [{ at: 'after-group/database', uses: 'approve', with: { from: ['dba'], within: '15m' } }],
      },
    ),
    keys(
      {
        ...base,
        uses: Type.Literal('wait', { description: 'Waits for a while.', examples: ['wait'] }),
        with: keys(
          { for: duration({ description: 'How long.', examples: ['30s'] }) },
          { description: 'How long it waits.', examples: [{ for: '30s' }] },
        ),
      },
      {
        description: 'Waits for a while.',
        examples: [{ at: 'after-group/database', uses: 'wait', with: { for: '30s' } }],
      },
    ),
    keys(
      {
        ...base,
        uses: Type.Literal('notify', { description: 'Tells people.', examples: ['notify'] }),
        with: keys(
          { message: words({ description: 'What is told.', examples: ['The databases are up.'] }) },
          { description: 'What is told.', examples: [{ message: 'The databases are up.' }] },
        ),
      },
      {
        description: 'Tells people.',
        examples: [{ at: 'after-group/database', uses: 'notify', with: { message: 'The databases are up.' } }],
      },
    ),
  ],
  {
    description: 'A step of your own at a named moment.',
    examples: [{ at: 'before-move', uses: 'run', with: { on: 'controller', command: ['./freeze-batch.sh'] } }],
  },
);

export type ExtraStepText = Static<typeof extraStep>;
