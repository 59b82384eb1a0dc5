import { type Static, Type } from 'typebox';
import { choice, count, duration, keys, list, name, oneOfKind, rate } from './schema-field.js';
import { group, selectors } from './schema-runbook-groups.js';
import { extraStep } from './schema-runbook-steps.js';
import { notify, trigger } from './schema-runbook-triggers.js';

const scope = oneOfKind(
  [
    name({ description: 'A site.', examples: ['north'] }),
    keys(
      { host: name({ description: 'A host of the estate.', examples: ['north-1'] }) },
      { description: 'One host.', examples: [{ host: 'north-1' }] },
    ),
  ],
  { description: 'A site, or one host of a site.', examples: ['north', { host: 'north-1' }] },
);

const together = (description: string) =>
  Type.Optional(
    list(selectors({ description: 'VMs by name, glob or tag.', examples: [['db-*']] }), {
      default: [],
      description,
      examples: [[['db-*']]],
    }),
  );

const many = { minimum: 1, maximum: 1_000 };

const limits = keys(
  {
    'per-host': Type.Optional(
      count(many, { default: 2, description: 'Moves, starts or syncs at once on one host.', examples: [2] }),
    ),
    'per-link': Type.Optional(
      count(many, { default: 4, description: 'Moves or syncs at once on one link.', examples: [4] }),
    ),
    'per-run': Type.Optional(
      count(
        { minimum: 1, maximum: 100_000 },
        { description: 'VMs worked on at once. Default: no limit.', examples: [20] },
      ),
    ),
    bandwidth: Type.Optional(
      rate({ description: 'For all moves and syncs together. Default: no limit.', examples: ['800Mbit'] }),
    ),
  },
  {
    default: {},
    description: 'How much happens at once.',
    examples: [{ 'per-host': 2, 'per-link': 4, bandwidth: '800Mbit' }],
  },
);

/** A runbook file. */
export const runbookSchema = keys(
  {
    version: Type.Literal(1, { description: 'The version of this format.', examples: [1] }),
    name: name({ description: 'The name of the runbook, typed to confirm a failover.', examples: ['payroll'] }),
    protect: keys(
      {
        from: Type.Optional(scope),
        to: Type.Optional(scope),
        balance: Type.Optional(
          name({
            description: 'The site whose memory and CPU are evened out, instead of `from` and `to`.',
            examples: ['north'],
          }),
        ),
        free: Type.Optional(
          count(
            { minimum: 1, maximum: 1_000 },
            { description: 'With `balance`: so many hosts are emptied instead, as for an upgrade.', examples: [1] },
          ),
        ),
      },
      {
        description:
          'Where the VMs are and where they go: `from` and `to`. Inside one site: from a host to the site, or `balance`.',
        examples: [
          { from: 'north', to: 'south' },
          { from: { host: 'north-1' }, to: 'north' },
          { balance: 'north' },
          { balance: 'north', free: 1 },
        ],
      },
    ),
    objectives: Type.Optional(
      keys(
        {
          rpo: Type.Optional(duration({ description: 'The age of data that may be lost.', examples: ['30s'] })),
          rto: Type.Optional(duration({ description: 'The time a recovery may take.', examples: ['10m'] })),
        },
        {
          default: {},
          description: 'What is promised; reports measure against it.',
          examples: [{ rpo: '30s', rto: '10m' }],
        },
      ),
    ),
    groups: Type.Optional(
      list(group, {
        minItems: 1,
        description:
          'The VMs, in groups that are handled alike. Required but for `balance`, where the default is all VMs.',
        examples: [[{ name: 'database', priority: 1, vms: ['db-*'] }]],
      }),
    ),
    'keep-apart': together('Lists of VMs of which no two may share a host.'),
    'keep-together': together('Lists of VMs that must all be on one host.'),
    limits: Type.Optional(limits),
    steps: Type.Optional(
      list(extraStep, {
        default: [],
        description: 'Steps of your own at named moments.',
        examples: [[{ at: 'before-move', uses: 'run', with: { on: 'controller', command: ['./freeze-batch.sh'] } }]],
      }),
    ),
    triggers: Type.Optional(
      list(trigger, {
        default: [],
        description: 'What sets a run off by itself.',
        examples: [
          [{ name: 'north-lost', when: { all: [{ probe: 'libvirt', site: 'north' }] }, for: '15s', start: 'failover' }],
        ],
      }),
    ),
    notify: Type.Optional(notify),
    guard: Type.Optional(
      choice(['normal', 'strict'], {
        default: 'normal',
        description: '`strict` takes autostart off the VMs, so that only Lifeboat starts them.',
        examples: ['strict'],
      }),
    ),
  },
  {
    description: 'A runbook of Lifeboat: which VMs matter, in which order, and how they reach the recovery site.',
    examples: [
      {
        version: 1,
        name: 'payroll',
        protect: { from: 'north', to: 'south' },
        groups: [{ name: 'database', vms: ['db-*'] }],
      },
    ],
  },
);

/** Keys that only runbooks with `from` and `to` must have: for editors. The parser says it in its own words. */
export const runbookConditions = {
  if: { properties: { protect: { required: ['balance'] } } },
  else: { required: ['groups'], properties: { protect: { required: ['from', 'to'] } } },
};

/** A runbook as written: units still texts, defaults not filled in. */
export type RunbookText = Static<typeof runbookSchema>;
