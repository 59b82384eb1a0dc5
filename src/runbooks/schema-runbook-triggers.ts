import { type Static, Type } from 'typebox';
import { writtenModes } from '../model/mode.js';
import { notifyEvents } from '../model/runbook.js';
import { choice, count, duration, keys, list, name, oneBy, words } from './schema-field.js';

const probe = oneBy(
  'probe',
  [
    keys(
      {
        probe: Type.Literal('libvirt', { description: 'libvirt answers.', examples: ['libvirt'] }),
        site: Type.Optional(name({ description: 'Every host of this site.', examples: ['north'] })),
        host: Type.Optional(name({ description: 'This host of the estate.', examples: ['north-1'] })),
      },
      {
        minProperties: 2,
        maxProperties: 2,
        description: 'libvirt answers on a host, or on any host of a site.',
        examples: [
          { probe: 'libvirt', site: 'north' },
          { probe: 'libvirt', host: 'north-1' },
        ],
      },
    ),
    keys(
      {
        probe: Type.Literal('tcp', { description: 'A port takes connections.', examples: ['tcp'] }),
        host: words({ description: 'Any address that the controller reaches.', examples: ['gw-north'] }),
        port: count({ minimum: 1, maximum: 65_535 }, { description: 'The TCP port.', examples: [22] }),
      },
      { description: 'A port takes connections.', examples: [{ probe: 'tcp', host: 'gw-north', port: 22 }] },
    ),
  ],
  { description: 'What is watched.', examples: [{ probe: 'libvirt', site: 'north' }] },
);

const probes = (description: string) =>
  Type.Optional(list(probe, { minItems: 1, description, examples: [[{ probe: 'libvirt', site: 'north' }]] }));

/** Something that sets a run off by itself. */
export const trigger = keys(
  {
    name: name({ description: 'The name of the trigger.', examples: ['north-lost'] }),
    when: keys(
      { all: probes('Every one of them is unhealthy.'), any: probes('At least one of them is unhealthy.') },
      {
        minProperties: 1,
        maxProperties: 1,
        description: 'The condition: all or any of some probes unhealthy.',
        examples: [
          {
            all: [
              { probe: 'libvirt', site: 'north' },
              { probe: 'tcp', host: 'gw-north', port: 22 },
            ],
          },
        ],
      },
    ),
    for: duration({ description: 'How long the condition must hold.', examples: ['15s'] }),
    start: choice(writtenModes, { description: 'The mode of the run that is started.', examples: ['failover'] }),
    arm: Type.Optional(
      choice(['shadow', 'ask', 'auto'], {
        default: 'ask',
        description: '`shadow` only records, `ask` waits for approval, `auto` starts.',
        examples: ['ask'],
      }),
    ),
  },
  {
    description: 'What sets a run off by itself.',
    examples: [
      {
        name: 'north-lost',
        when: { all: [{ probe: 'libvirt', site: 'north' }] },
        for: '15s',
        start: 'failover',
        arm: 'ask',
      },
    ],
  },
);

/** At which events people are told. */
export const notify = keys(
  {
    mail: Type.Optional(
      Type.Boolean({
        default: true,
        description: "Whether mail is sent, as the estate's `mail` says.",
        examples: [true],
      }),
    ),
    on: Type.Optional(
      list(choice(notifyEvents, { description: 'An event.', examples: ['failed'] }), {
        default: [...notifyEvents],
        description: 'The events that are told.',
        examples: [['started', 'waiting', 'failed', 'finished', 'rpo-missed']],
      }),
    ),
  },
  { description: 'Who is told of what.', examples: [{ mail: true, on: ['waiting', 'failed', 'finished'] }] },
);

export type TriggerText = Static<typeof trigger>;
