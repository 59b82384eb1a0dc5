import Type, { type Static } from 'typebox';
import { rungs } from '../model/runbook.js';
import { choice, count, duration, keys, list, name, oneBy, oneOfKind, rate, words } from './schema-field.js';
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

const selectorText = Type.String({
  pattern: '^[^/\\s](?:[^/\\n\\r\\t]*[^/\\s])?$',
  patternErrorMessage: 'write a VM name or a glob such as "web-*"',
  maxLength: 255,
  description: 'A VM by its name, or VMs by a glob with `*`, `?` and `[a-c]`.',
  examples: ['db-1', 'db-*'],
});

const selector = oneOfKind(
  [
    selectorText,
    keys(
      {
        tag: Type.String({
          pattern: '^[^=\\s]+=[^\\n\\r]*$',
          patternErrorMessage: 'write a tag as key=value, such as tier=db',
          maxLength: 255,
          description: 'A tag `key=value` of the libvirt metadata of the VMs.',
          examples: ['tier=db'],
        }),
      },
      { description: 'VMs by a tag.', examples: [{ tag: 'tier=db' }] },
    ),
  ],
  { description: 'VMs by name, glob or tag.', examples: ['db-1', 'db-*', { tag: 'tier=db' }] },
);

const keep = count(
  { minimum: 1, maximum: 1_000 },
  { default: 12, description: 'Recovery points kept; older ones are merged.', examples: [12] },
);

const replicate = oneBy(
  'method',
  [
    keys(
      {
        method: Type.Literal('mirror', { description: 'A synchronous mirror: RPO 0.', examples: ['mirror'] }),
        keep: Type.Optional(keep),
        stall: Type.Optional(
          duration({
            default: '5s',
            description: 'A mirror without progress for so long is given up, so that the guest runs on.',
            examples: ['5s'],
          }),
        ),
      },
      { description: 'Each write is on both sides before the guest goes on.', examples: [{ method: 'mirror' }] },
    ),
    keys(
      {
        method: Type.Literal('block-sync', { description: 'Periodic deltas.', examples: ['block-sync'] }),
        every: Type.Optional(
          duration({ default: '5m', description: 'Time from one sync to the next.', examples: ['5m', '30s'] }),
        ),
        keep: Type.Optional(keep),
        quiesce: Type.Optional(
          Type.Boolean({
            default: false,
            description: 'Whether the guest agent freezes the file systems for the moment of the recovery point.',
            examples: [true],
          }),
        ),
      },
      {
        description: 'The changed blocks are copied at intervals.',
        examples: [{ method: 'block-sync', every: '5m', keep: 12, quiesce: true }],
      },
    ),
  ],
  {
    description: 'How the disks reach the recovery site. Without it they are on storage that both sides see.',
    examples: [{ method: 'mirror' }, { method: 'block-sync', every: '5m' }],
  },
);

const within = Type.Optional(
  duration({ default: '60s', description: 'How long it may take from the start of the VM.', examples: ['60s'] }),
);
const port = { minimum: 1, maximum: 65_535 };

const readyCheck = oneBy(
  'probe',
  [
    keys(
      {
        probe: Type.Literal('guest-agent', { description: 'The guest agent answers.', examples: ['guest-agent'] }),
        within,
      },
      { description: 'The guest agent answers.', examples: [{ probe: 'guest-agent', within: '60s' }] },
    ),
    keys(
      {
        probe: Type.Literal('tcp', { description: 'A port takes connections.', examples: ['tcp'] }),
        port: count(port, { description: 'The TCP port of the VM.', examples: [5432] }),
        within,
      },
      { description: 'A port takes connections.', examples: [{ probe: 'tcp', port: 5432, within: '60s' }] },
    ),
    keys(
      {
        probe: Type.Literal('http', { description: 'A page answers.', examples: ['http'] }),
        url: words({ description: 'The page, http:// or https://.', examples: ['http://web-1:8080/health'] }),
        status: Type.Optional(
          count(
            { minimum: 100, maximum: 599 },
            { default: 200, description: 'The status it answers with.', examples: [200] },
          ),
        ),
        within,
      },
      { description: 'A page answers.', examples: [{ probe: 'http', url: 'http://web-1:8080/health', within: '60s' }] },
    ),
    keys(
      {
        probe: Type.Literal('command', { description: 'A command succeeds.', examples: ['command'] }),
        command: list(Type.String({ description: 'A word of the command.', examples: ['./check.sh'] }), {
          minItems: 1,
          description: 'The command and its arguments, run on the controller; exit code 0 is healthy.',
          examples: [['./check.sh', 'db-1']],
        }),
        within,
      },
      { description: 'A command succeeds.', examples: [{ probe: 'command', command: ['./check.sh'], within: '60s' }] },
    ),
  ],
  {
    description: 'What a VM must pass before it counts as running.',
    examples: [{ probe: 'guest-agent', within: '60s' }],
  },
);

const move = keys(
  {
    ladder: Type.Optional(
      list(choice(rungs, { description: 'A way to move a running VM.', examples: ['live'] }), {
        minItems: 1,
        default: [...rungs],
        description: 'The ways to move a running VM, tried in this order.',
        examples: [['live', 'throttle', 'post-copy', 'pause', 'restart']],
      }),
    ),
    'max-downtime': Type.Optional(
      duration({ default: '500ms', description: 'The pause allowed at switch-over.', examples: ['500ms'] }),
    ),
    deadline: Type.Optional(
      duration({ default: '10m', description: 'The time for all of the move.', examples: ['10m'] }),
    ),
  },
  {
    default: {},
    description: 'How running VMs of the group are moved.',
    examples: [{ ladder: ['live', 'throttle', 'post-copy'], 'max-downtime': '500ms', deadline: '10m' }],
  },
);

const selectors = (field: { description: string; examples: unknown[] }) => list(selector, { minItems: 1, ...field });

const group = keys(
  {
    name: name({ description: 'The name of the group.', examples: ['database'] }),
    priority: Type.Optional(
      count({ minimum: 1, maximum: 5 }, { default: 3, description: '1 goes first, 5 last.', examples: [1] }),
    ),
    after: Type.Optional(
      list(name({ description: 'A group of this runbook.', examples: ['database'] }), {
        default: [],
        description: 'Groups whose VMs must have succeeded before this one begins.',
        examples: [['database']],
      }),
    ),
    vms: selectors({ description: 'The VMs of the group.', examples: [['db-1', 'db-*', { tag: 'tier=db' }]] }),
    replicate: Type.Optional(replicate),
    move: Type.Optional(move),
    ready: Type.Optional(
      list(readyCheck, {
        default: [],
        description: 'Checks that a VM must pass, in this order, before it counts as running.',
        examples: [[{ probe: 'guest-agent', within: '60s' }]],
      }),
    ),
  },
  { description: 'VMs that are handled alike.', examples: [{ name: 'database', priority: 1, vms: ['db-*'] }] },
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
      { from: scope, to: scope },
      {
        description: 'Where the VMs are and where they go. Inside one site: from a host to the site.',
        examples: [
          { from: 'north', to: 'south' },
          { from: { host: 'north-1' }, to: 'north' },
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
    groups: list(group, {
      minItems: 1,
      description: 'The VMs, in groups that are handled alike.',
      examples: [[{ name: 'database', priority: 1, vms: ['db-*'] }]],
    }),
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

/** A runbook as written: units still texts, defaults not filled in. */
export type RunbookText = Static<typeof runbookSchema>;
