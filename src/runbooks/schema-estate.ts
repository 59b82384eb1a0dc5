import { type Static, Type } from 'typebox';
import { choice, keys, list, name, named, oneOfKind, path, rate, words } from './schema-field.js';

const secret = keys(
  {
    file: Type.Optional(
      words({ description: 'A file that holds the secret, relative to this file.', examples: ['ipmi.secret'] }),
    ),
    env: Type.Optional(
      words({ description: 'An environment variable of the controller.', examples: ['IPMI_PASSWORD'] }),
    ),
    credential: Type.Optional(words({ description: 'A systemd credential by its name.', examples: ['ipmi'] })),
  },
  {
    minProperties: 1,
    maxProperties: 1,
    description: 'Where a secret is read from. The secret itself never stands in this file.',
    examples: [{ file: 'ipmi.secret' }],
  },
);

const option = oneOfKind(
  [
    Type.String({ description: 'A text option of the agent.', examples: ['ops'] }),
    Type.Number({ description: 'A number option of the agent.', examples: [623] }),
    Type.Boolean({ description: 'A switch of the agent.', examples: [true] }),
    secret,
  ],
  {
    description: 'An option of the fence agent, by its standard name.',
    examples: ['10.9.0.11', { file: 'ipmi.secret' }],
  },
);

const fence = keys(
  {
    agent: Type.String({
      pattern: '^fence_[a-z0-9_-]+$',
      patternErrorMessage: 'write the name of a ClusterLabs fence agent, such as fence_ipmilan',
      description: 'The ClusterLabs fence agent that cuts the power of this host.',
      examples: ['fence_ipmilan', 'fence_redfish', 'fence_virsh'],
    }),
    options: Type.Optional(
      Type.Unsafe<Record<string, Static<typeof option>>>({
        type: 'object',
        additionalProperties: option,
        default: {},
        description: 'Options of the agent by their standard names. Passwords are references.',
        examples: [{ ip: '10.9.0.11', username: 'ops', password: { file: 'ipmi.secret' } }],
      }),
    ),
  },
  {
    description: 'How this host is made certainly dead before its VMs start elsewhere.',
    examples: [{ agent: 'fence_ipmilan', options: { ip: '10.9.0.11', password: { file: 'ipmi.secret' } } }],
  },
);

const host = keys(
  {
    uri: words({
      description: 'The libvirt URI by which the controller reaches the host: +ssh, +tls, +tcp or +unix.',
      examples: ['qemu+ssh://root@north-1/system'],
    }),
    address: Type.Optional(
      words({
        description: 'What other hosts use for migration and NBD. Default: the host in the URI.',
        examples: ['10.77.1.11'],
      }),
    ),
    'peer-uri': Type.Optional(
      words({
        description: 'How other hosts reach this one for peer-to-peer migration. Default: the URI.',
        examples: ['qemu+tls://10.77.1.11/system'],
      }),
    ),
    scratch: Type.Optional(
      path({
        description:
          'Folder for what a VM overwrites while a sync reads its disks; a sync is given up before 80 % of what was free there is taken. Default: `images` of the site.',
        examples: ['/var/lib/libvirt/scratch'],
      }),
    ),
    fence: Type.Optional(fence),
  },
  { description: 'A libvirt host.', examples: [{ uri: 'qemu+ssh://root@north-1/system' }] },
);

const site = keys(
  {
    hosts: named(host, {
      minProperties: 1,
      description: 'The hosts of the site by name. Names are unique over all sites.',
      examples: [{ 'north-1': { uri: 'qemu+ssh://root@north-1/system' } }],
    }),
    networks: Type.Optional(
      named(words({ description: 'A bridge or a libvirt network of this site.', examples: ['br-prod'] }), {
        default: {},
        description: 'Networks of the site by the name that all sites share. `drill` is the isolated one.',
        examples: [{ prod: 'br-prod', drill: 'br-drill' }],
      }),
    ),
    images: Type.Optional(
      path({
        default: '/var/lib/libvirt/images',
        description: 'Folder of the disks of VMs that live here.',
        examples: ['/var/lib/libvirt/images'],
      }),
    ),
    replicas: Type.Optional(
      path({
        default: '/var/lib/lifeboat/replicas',
        description: "Folder of the replicas of other sites' disks.",
        examples: ['/var/lib/lifeboat/replicas'],
      }),
    ),
  },
  {
    description: 'A site: hosts that fail together.',
    examples: [{ hosts: { 'north-1': { uri: 'qemu+ssh://root@north-1/system' } } }],
  },
);

const time = { pattern: '^(?:[01]\\d|2[0-3]):[0-5]\\d$|^24:00$', patternErrorMessage: 'write a time such as "08:00"' };
const day = '(?:mon|tue|wed|thu|fri|sat|sun)';

const window = keys(
  {
    days: Type.Optional(
      Type.String({
        pattern: `^${day}(?:-${day})?(?:,${day}(?:-${day})?)*$`,
        patternErrorMessage: 'write days such as mon-fri or sat,sun',
        maxLength: 60,
        default: 'mon-sun',
        description: 'Days of the week on which the window begins.',
        examples: ['mon-fri', 'sat,sun'],
      }),
    ),
    from: Type.String({ ...time, description: "When it begins, in the controller's local time.", examples: ['08:00'] }),
    to: Type.String({
      ...time,
      description: 'When it ends; at or before `from`, on the next day.',
      examples: ['18:00', '24:00'],
    }),
    rate: rate({ description: 'The rate while the window is open.', examples: ['200Mbit'] }),
  },
  {
    description: 'Hours at which the link has another rate.',
    examples: [{ days: 'mon-fri', from: '08:00', to: '18:00', rate: '200Mbit' }],
  },
);

const link = keys(
  {
    between: Type.Unsafe<[string, string]>({
      ...list(name({ description: 'A site.', examples: ['north'] }), {
        minItems: 2,
        description: 'The two sites that it joins.',
        examples: [['north', 'south']],
      }),
      maxItems: 2,
    }),
    rate: Type.Optional(rate({ description: 'What the link carries. Default: no limit.', examples: ['1Gbit'] })),
    windows: Type.Optional(
      list(window, {
        default: [],
        description: 'Hours at which the link has another rate.',
        examples: [[{ days: 'mon-fri', from: '08:00', to: '18:00', rate: '200Mbit' }]],
      }),
    ),
  },
  { description: 'A link between two sites.', examples: [{ between: ['north', 'south'], rate: '1Gbit' }] },
);

const mail = keys(
  {
    smtp: words({ description: 'The mail server, smtp:// or smtps://.', examples: ['smtps://mail.example.org'] }),
    from: words({ description: 'The sender.', examples: ['lifeboat@example.org'] }),
    to: list(words({ description: 'A recipient.', examples: ['ops@example.org'] }), {
      minItems: 1,
      description: 'Who is told.',
      examples: [['ops@example.org']],
    }),
  },
  {
    description: 'Where mail goes. A runbook says at which events.',
    examples: [{ smtp: 'smtps://mail.example.org', from: 'lifeboat@example.org', to: ['ops@example.org'] }],
  },
);

/** `lifeboat.yaml`. */
export const estateSchema = keys(
  {
    version: Type.Literal(1, { description: 'The version of this format.', examples: [1] }),
    sites: named(site, {
      minProperties: 1,
      description: 'The sites by name.',
      examples: [{ north: { hosts: { 'north-1': { uri: 'qemu+ssh://root@north-1/system' } } } }],
    }),
    links: Type.Optional(
      named(link, {
        default: {},
        description: 'Links between sites by name. A pair of sites that none names is one link without a limit.',
        examples: [{ 'north-south': { between: ['north', 'south'], rate: '1Gbit' } }],
      }),
    ),
    tls: Type.Optional(
      choice(['required', 'off'], {
        default: 'required',
        description: 'Whether data between hosts is encrypted. Without TLS on the hosts, block-sync goes through ssh.',
        examples: ['required'],
      }),
    ),
    store: Type.Optional(
      keys(
        {
          sqlite: Type.Optional(
            words({
              default: '/var/lib/lifeboat/lifeboat.db',
              description: 'The SQLite file of the journal, on the controller.',
              examples: ['/var/lib/lifeboat/lifeboat.db'],
            }),
          ),
        },
        {
          default: { sqlite: '/var/lib/lifeboat/lifeboat.db' },
          description: 'Where the journal is kept.',
          examples: [{ sqlite: '/var/lib/lifeboat/lifeboat.db' }],
        },
      ),
    ),
    mail: Type.Optional(mail),
  },
  {
    description: "Lifeboat's estate: sites, their hosts and the links between them.",
    examples: [{ version: 1, sites: { north: { hosts: { 'north-1': { uri: 'qemu+ssh://root@north-1/system' } } } } }],
  },
);

/** An estate as written: units still texts, defaults not filled in. */
export type EstateText = Static<typeof estateSchema>;
