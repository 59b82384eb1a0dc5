import { Type } from 'typebox';
import { rungs } from '../model/runbook.js';
import { choice, count, duration, keys, list, name, oneBy, oneOfKind, words } from './schema-field.js';

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

/** A list of selectors, at least one. */
export const selectors = (field: { description: string; examples: unknown[] }) =>
  list(selector, { minItems: 1, ...field });

/** VMs that are handled alike. */
export const group = keys(
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
