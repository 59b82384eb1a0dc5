/** packages/node-libvirt/API.md: every call, event, option, error and constant, from the sources of the package. */
import { readFileSync } from 'node:fs';
import { constantsOf, declaration, errorClassesOf, fieldsOf, tableOf } from './source-text.mjs';
import { argumentsText, evaluate, exportedTypes, scopeOf, structType } from './wire-types.mjs';

const SOURCES = 'packages/node-libvirt/src/';
const CONSTANTS = ['connect', 'domain', 'block', 'migration', 'checkpoint', 'event', 'network', 'storage', 'qemu'];

/** Calls whose function in libvirt's API is not the call's name with `vir` before it; null where it is not public. */
const FUNCTIONS = {
  connectGetUri: 'virConnectGetURI',
  connectSupportsFeature: null,
  domainInjectNmi: 'virDomainInjectNMI',
  domainMigratePerform3Params: 'virDomainMigrateToURI3',
  qemuDomainAgentCommand: 'virDomainQemuAgentCommand',
  qemuDomainMonitorCommand: 'virDomainQemuMonitorCommand',
};

export function libvirtApi() {
  const procedures = read('protocol/procedures.ts');
  const scope = scopeOf([read('protocol/types.ts'), procedures]);
  const sections = tableOf(procedures, 'procedures');
  return `${[
    '# node-libvirt: every call, event, option, error and constant',
    'Generated from the sources by `npm run generate`. The [README](README.md) tells how to use them.',
    contents(sections),
    '## Calls',
    'A call is a method of the connection: `connection.domainGetInfo({ dom }, options)`. An argument with `?` may be left out; what is sent then stands after `=`. What a call means, which flags it takes and which errors it gives is told by the function of libvirt that is named with it ([libvirt.org/html](https://libvirt.org/html/index.html)). **Long** calls have no deadline of their own. A call with a **stream** resolves to `{ result, stream }`.',
    migrateToUri(),
    ...sections.flatMap(({ title, entries }) => [
      `### Calls: ${title}`,
      ...entries.map((entry) => callText(entry, evaluate(entry.source, scope))),
    ]),
    '## Types',
    ...exportedTypes(scope).map(({ type, text }) => `- \`${type}\`: \`${text}\``),
    `- \`TypedParameter\`: \`{ field: string, type, value }\`. ${declaration(read('protocol/types.ts'), 'export type TypedParameter =', ';').text}`,
    '## Events',
    'Names and payloads for `connection.subscribe(name, listener, { subject })`.',
    ...tableOf(read('protocol/events.ts'), 'events').flatMap(({ entries }) =>
      entries.map((entry) => eventText(entry, evaluate(entry.source, scope))),
    ),
    '## Options',
    optionsTable('connect.ts', 'ConnectOptions', 'The second argument of `connect`.'),
    optionsTable('auth/authenticate.ts', 'Credentials', 'The option `credentials`.'),
    optionsTable('rpc/keepalive.ts', 'KeepaliveOptions', 'The option `keepalive`.'),
    optionsTable('rpc/calls.ts', 'CallOptions', 'The last argument of every call.'),
    '## Streams',
    optionsTable('rpc/stream.ts', 'DownloadStream'),
    optionsTable('rpc/stream.ts', 'UploadStream'),
    '## Tracing',
    optionsTable('rpc/trace.ts', 'TraceRecord', 'What the option `trace` is called with.'),
    '## Errors',
    ...errorClassesOf(read('errors.ts')).map(({ name, code, text }) => `- **\`${name}\`**, code \`${code}\`. ${text}`),
    '## Constants',
    'Under libvirt’s own names less their prefix; `DomainState.RUNNING` is `VIR_DOMAIN_RUNNING`.',
    ...CONSTANTS.flatMap((file) => constantsOf(read(`constants/${file}.ts`))).map(constantText),
    ...constantsOf(read('constants/errors.ts')).map(constantText),
  ]
    .join('\n\n')
    .replaceAll(/(\n- [^\n]*)\n(?=\n- )/g, '$1')}\n`;
}

function read(path) {
  return readFileSync(`${SOURCES}${path}`, 'utf8');
}

function contents(sections) {
  const calls = sections.map(({ title }) => `  - [${title}](#${anchor(`Calls: ${title}`)})`);
  const others = ['Types', 'Events', 'Options', 'Streams', 'Tracing', 'Errors', 'Constants'];
  return ['- [Calls](#calls)', ...calls, ...others.map((title) => `- [${title}](#${anchor(title)})`)].join('\n');
}

/** The anchor that GitHub gives a heading. */
function anchor(title) {
  return title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

function callText({ name, text }, { args, result, isLong, stream }) {
  const publicName = FUNCTIONS[name] === undefined ? `vir${name[0].toUpperCase()}${name.slice(1)}` : FUNCTIONS[name];
  const notes = [
    publicName === null ? 'No public function of libvirt.' : `libvirt: \`${publicName}\`.`,
    text,
    isLong ? '**Long.**' : '',
    stream === undefined ? '' : `**Stream:** ${stream}.`,
  ];
  const gives = result === undefined ? '' : ` → \`${result.type}\``;
  return `#### ${name}\n\n\`(${argumentsText(args)})\`${gives}\n\n${notes.filter((note) => note !== '').join(' ')}`;
}

/** The one call that is written by hand. */
function migrateToUri() {
  const { text } = declaration(read('client.ts'), ' async domainMigrateToURI3\\(', '{');
  const fields = fieldsOf(read('client.ts'), 'MigrateToUri');
  const list = fields.map((field) => `- \`${field.name}${field.isOptional ? '?' : ''}: ${field.type}\`. ${field.text}`);
  return `#### domainMigrateToURI3\n\nlibvirt: \`virDomainMigrateToURI3\`. ${text} **Long.**\n\n${list.join('\n\n')}`;
}

function eventText({ name, text }, { payload }) {
  return `- **\`${name}\`** \`${structType(payload)}\`${text === '' ? '' : ` ${text}`}`;
}

function optionsTable(path, name, introduction = '') {
  const cell = (text) => text.replaceAll('|', '\\|');
  const source = read(path);
  const { text } = declaration(source, `export interface ${name}\\b`, '{');
  const rows = fieldsOf(source, name).map(
    (field) =>
      `| \`${cell(field.name)}${field.isOptional ? '?' : ''}\` | \`${cell(field.type)}\` | ${cell(field.text)} |`,
  );
  const lead = [introduction, text].filter((part) => part !== '').join(' ');
  return [`### ${name}`, lead, ['| Name | Type | Meaning |', '|---|---|---|', ...rows].join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
}

function constantText({ name, text, members }) {
  return `- **\`${name}\`** (${text.replace(/\.$/, '')}): ${members.map((member) => `\`${member}\``).join(', ')}`;
}
