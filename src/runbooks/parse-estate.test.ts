import { describe, expect, it } from '@jest/globals';
import { parseEstate } from './parse-estate.js';

const whole = `version: 1
sites:
  north:
    hosts:
      north-1:
        uri: qemu+ssh://root@north-1/system
        address: 10.77.1.11
        peer-uri: qemu+tls://10.77.1.11/system
        scratch: /var/lib/libvirt/scratch
        fence: { agent: fence_ipmilan, options: { ip: 10.9.0.11, lanplus: true, password: { file: ipmi.secret } } }
      north-2: { uri: "qemu+tls://[fd00::2]:16514/system" }
    networks: { prod: br-prod, drill: br-drill }
    images: /srv/images
    replicas: /srv/replicas
  south:
    hosts: { south-1: { uri: "qemu:///system" } }
links:
  wan:
    between: [north, south]
    rate: 1Gbit
    windows:
      - { days: mon-fri, from: "08:00", to: "18:00", rate: 200Mbit }
      - { days: "sat,sun", from: "22:00", to: "06:00", rate: 100MiB/s }
      - { from: "20:00", to: "24:00", rate: 8Mbit }
tls: off
store: { sqlite: /srv/lifeboat.db }
mail: { smtp: "smtps://ops@mail.example.org", from: lifeboat@example.org, to: [ops@example.org] }
`;

function estate(text: string) {
  const parsed = parseEstate(text, 'lifeboat.yaml');
  return parsed.ok ? parsed.value : parsed.problems;
}

describe('an estate', () => {
  it('becomes numbers and names, with every default filled in', () => {
    const options = { ip: '10.9.0.11', lanplus: true, password: { file: 'ipmi.secret' } };
    const north1 = { uri: 'qemu+ssh://root@north-1/system', peerUri: 'qemu+tls://10.77.1.11/system' };
    expect(estate(whole)).toMatchObject({
      sites: {
        north: {
          name: 'north',
          hosts: {
            'north-1': {
              name: 'north-1',
              site: 'north',
              address: '10.77.1.11',
              scratch: '/var/lib/libvirt/scratch',
              ...north1,
              fence: { agent: 'fence_ipmilan', options },
            },
            'north-2': { address: 'fd00::2', peerUri: 'qemu+tls://[fd00::2]:16514/system' },
          },
          networks: { prod: 'br-prod', drill: 'br-drill' },
          images: '/srv/images',
          replicas: '/srv/replicas',
        },
        south: {
          hosts: { 'south-1': { address: 'south-1', uri: 'qemu:///system', peerUri: 'qemu:///system' } },
          networks: {},
          images: '/var/lib/libvirt/images',
          replicas: '/var/lib/lifeboat/replicas',
        },
      },
      tls: 'off',
      store: { sqlite: '/srv/lifeboat.db' },
      mail: { smtp: 'smtps://ops@mail.example.org', from: 'lifeboat@example.org', to: ['ops@example.org'] },
    });
  });

  it('splits a window over midnight into the evening and the morning after', () => {
    const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
    const weekend = { days: ['sat', 'sun'], fromMinute: 1_320, toMinute: 1_440, bytesPerSecond: 104_857_600 };
    expect(estate(whole)).toMatchObject({
      links: {
        wan: {
          name: 'wan',
          between: ['north', 'south'],
          bytesPerSecond: 125_000_000,
          windows: [
            { days: week.slice(0, 5), fromMinute: 480, toMinute: 1_080, bytesPerSecond: 25_000_000 },
            weekend,
            { ...weekend, days: ['mon', 'sun'], fromMinute: 0, toMinute: 360 },
            { days: week, fromMinute: 1_200, toMinute: 1_440, bytesPerSecond: 1_000_000 },
          ],
        },
      },
    });
  });

  it('needs no more than one host', () => {
    expect(estate('version: 1\nsites: { here: { hosts: { one: { uri: "qemu:///system" } } } }')).toMatchObject({
      links: {},
      tls: 'required',
      store: { sqlite: '/var/lib/lifeboat/lifeboat.db' },
    });
  });

  it('is no object that a hostile name could reach through', () => {
    const parsed = parseEstate('version: 1\nsites: { toString: { hosts: { valueOf: { uri: "qemu:///s" } } } }', 'e');
    expect(parsed.ok && Object.keys(parsed.value.sites)).toEqual(['toString']);
  });
});

/** The mark ‸ stands where the problem must be found. */
const refused: readonly (readonly [name: string, hosts: string, code: string, message: string, hint?: string])[] = [
  [
    'an unknown key',
    'uri: qemu:///system, ‸adress: x',
    'unknown-key',
    'Unknown key "adress" in `sites.north.hosts.n1`',
    'did you mean `address`?',
  ],
  ['a host without URI', '‸', 'missing-key', '`uri` is missing in `sites.north.hosts.n1`'],
  [
    'an unknown transport',
    'uri: ‸qemu+shs://h/system',
    'bad-uri',
    '"qemu+shs://h/system" has the unknown transport +shs',
    'did you mean `ssh`? For example qemu+ssh://root@north-1/system.',
  ],
  ['a URI without a host', 'uri: ‸qemu+ssh:///system', 'bad-uri', '"qemu+ssh:///system" names no host'],
  ['something that is no URI', 'uri: ‸north-1', 'bad-uri', '"north-1" is no libvirt URI'],
  [
    'a bad peer URI',
    'uri: qemu:///system, peer-uri: ‸"qemu://a b/system"',
    'bad-uri',
    '"qemu://a b/system" is no libvirt URI',
  ],
  ['a password in a URI', 'uri: ‸qemu+tls://root:hunter2@h/system', 'literal-secret', 'The URI holds a password'],
  [
    'a literal password',
    'uri: qemu:///s, fence: { agent: fence_ipmilan, options: { ‸password: hunter2 } }',
    'literal-secret',
    'The secret "password" stands in the file itself',
  ],
  [
    'a literal passwd',
    'uri: qemu:///s, fence: { agent: fence_x, options: { ‸passwd: 12345 } }',
    'literal-secret',
    'The secret "passwd" stands in the file itself',
  ],
  [
    'a literal SNMP community',
    'uri: qemu:///s, fence: { agent: fence_x, options: { ‸community: private } }',
    'literal-secret',
    'The secret "community" stands in the file itself',
  ],
  [
    'a reference with two sources',
    'uri: qemu:///s, fence: { agent: fence_x, options: { token: ‸{ file: a, env: B } } }',
    'wrong-count',
    '`sites.north.hosts.n1.fence.options.token` must have only 1 of its keys',
  ],
  [
    'a misspelt reference',
    'uri: qemu:///s, fence: { agent: fence_x, options: { token: { ‸flie: a } } }',
    'unknown-key',
    'Unknown key "flie" in `sites.north.hosts.n1.fence.options.token`',
    'did you mean `file`?',
  ],
  [
    'a list as an option',
    'uri: qemu:///s, fence: { agent: fence_x, options: { ip: ‸[a] } }',
    'wrong-type',
    '`sites.north.hosts.n1.fence.options.ip` must be a text or a number or true or false or a mapping, but is a list',
  ],
  [
    'no fence agent',
    'uri: qemu:///s, fence: { agent: ‸ipmilan }',
    'wrong-value',
    '`sites.north.hosts.n1.fence.agent` cannot be "ipmilan"',
  ],
  [
    'a relative folder',
    'uri: qemu:///s, scratch: ‸scratch',
    'wrong-value',
    '`sites.north.hosts.n1.scratch` cannot be "scratch"',
    'Write an absolute path, which begins with /.',
  ],
];

const refusedTexts: readonly (readonly [name: string, text: string, code: string, message: string, hint?: string])[] = [
  [
    'no version',
    '‸sites: { a: { hosts: { b: { uri: "qemu:///s" } } } }',
    'missing-key',
    '`version` is missing in the file',
    'For example `version: 1`.',
  ],
  [
    'another version',
    'version: ‸2\nsites: { a: { hosts: { b: { uri: "qemu:///s" } } } }',
    'wrong-value',
    '`version` must be 1, but is 2',
  ],
  [
    'a site without hosts',
    'version: 1\nsites: { a: { hosts: ‸{} } }',
    'wrong-count',
    '`sites.a.hosts` must not be empty',
  ],
  [
    'a host in two sites',
    'version: 1\nsites:\n  a: { hosts: { h: { uri: "qemu:///s" } } }\n  b: { hosts: { ‸h: { uri: "qemu:///s" } } }',
    'duplicate-name',
    'The host "h" stands in the sites "a" and "b"',
  ],
  [
    'a host called controller',
    'version: 1\nsites:\n  a: { hosts: { ‸controller: { uri: "qemu:///s" } } }',
    'reserved-key',
    'No host can be called `controller`, which is the machine that Lifeboat runs on',
  ],
  [
    'a name with a space',
    'version: 1\nsites:\n  ‸a b: { hosts: { h: { uri: "qemu:///s" } } }',
    'wrong-value',
    'The key "a b" in `sites` is no name',
  ],
];

const sites =
  'version: 1\nsites:\n  north: { hosts: { n1: { uri: "qemu:///s" } } }\n  south: { hosts: { s1: { uri: "qemu:///s" } } }\n';
const refusedRest: readonly (readonly [name: string, rest: string, code: string, message: string, hint?: string])[] = [
  [
    'an unknown site in a link',
    'links: { l: { between: [north, ‸suoth] } }',
    'unknown-name',
    'There is no site "suoth"',
    'did you mean `south`?',
  ],
  [
    'a link with itself',
    'links: { ‸l: { between: [north, north] } }',
    'same-place',
    'The link "l" joins a site with itself',
  ],
  [
    'two links of one pair',
    'links:\n  l: { between: [north, south] }\n  ‸m: { between: [south, north] }',
    'duplicate-name',
    'The links "l" and "m" join the same two sites',
  ],
  [
    'a link of three sites',
    'links: { l: { between: ‸[north, south, north] } }',
    'wrong-count',
    '`links.l.between` must have at most 2 items',
  ],
  [
    'a rate without unit',
    'links: { l: { between: [north, south], rate: ‸100 } }',
    'wrong-type',
    '`links.l.rate` must be a text, but is 100',
    'Write a rate with its unit, such as 800Mbit, 1Gbit or 100MiB/s.',
  ],
  [
    'a rate of nothing',
    'links: { l: { between: [north, south], rate: ‸0Gbit } }',
    'wrong-value',
    '`links.l.rate` cannot be "0Gbit"',
  ],
  [
    'an odd day',
    'links: { l: { between: [north, south], windows: [{ days: ‸mon-fry, from: "08:00", to: "09:00", rate: 1Gbit }] } }',
    'wrong-value',
    '`links.l.windows[0].days` cannot be "mon-fry"',
  ],
  [
    'an odd time',
    'links: { l: { between: [north, south], windows: [{ from: "08:00", to: ‸"25:00", rate: 1Gbit }] } }',
    'wrong-value',
    '`links.l.windows[0].to` cannot be "25:00"',
  ],
  [
    'an unknown word for tls',
    'tls: ‸of',
    'wrong-value',
    '`tls` must be one of required, off, but is "of"',
    'did you mean `off`?',
  ],
  [
    'a password for the mail server',
    'mail: { smtp: ‸"smtps://u:hunter2@m", from: a, to: [b] }',
    'literal-secret',
    'The address of the mail server holds a password',
  ],
  [
    'no mail server',
    'mail: { smtp: ‸mail.example.org, from: a, to: [b] }',
    'bad-uri',
    '"mail.example.org" is no address of a mail server',
  ],
  ['nobody to mail to', 'mail: { smtp: "smtp://m", from: a, to: ‸[] }', 'wrong-count', '`mail.to` must not be empty'],
];

const rows = [
  ...refused.map(
    ([name, host, ...rest]) =>
      [
        name,
        `version: 1\nsites:\n  north:\n    hosts:\n      n1: ${host === '‸' ? '‸{}' : `{ ${host} }`}\n`,
        ...rest,
      ] as const,
  ),
  ...refusedTexts,
  ...refusedRest.map(([name, rest, ...expected]) => [name, `${sites}${rest}\n`, ...expected] as const),
];

describe('an estate is refused for', () => {
  it.each(rows)('%s', (...[, marked, code, message, hint]) => {
    const before = marked.slice(0, marked.indexOf('‸')).split('\n');
    const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
    const parsed = parseEstate(marked.replace('‸', ''), 'lifeboat.yaml');
    const advice = hint === undefined ? {} : { hint };
    const expected = { file: 'lifeboat.yaml', ...place, code, message, ...advice };
    expect(parsed.ok || parsed.problems).toEqual([expect.objectContaining(expected)]);
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });
});
