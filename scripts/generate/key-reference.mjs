/** `docs/estate.md` and `docs/runbook.md`: every key of the files that people write, from the schemas that Lifeboat checks them by. */
import { estateJsonSchema, runbookJsonSchema } from './json-schemas.mjs';

/** The reference of `lifeboat.yaml`. */
export function estateReference() {
  return page(
    JSON.parse(estateJsonSchema()),
    `# The estate: \`lifeboat.yaml\`

What there is: sites, their hosts, and the links between them. One file for all runbooks. Lifeboat takes the file of
\`--estate\`, else \`./lifeboat.yaml\`, else the one that \`$LIFEBOAT_ESTATE\` names, else \`/etc/lifeboat/lifeboat.yaml\`.
\`lifeboat init\` writes a first one, [\`runbooks/lifeboat.yaml\`](../runbooks/lifeboat.yaml) is another, and
\`lifeboat validate RUNBOOK\` checks it. Secrets are references, never literals: a fence password that stands in the file
is refused.

A simulated world has no use for \`peer-uri\`, \`scratch\`, \`tls\`, \`store\` and \`mail\`: it and its journal are in the folder of
\`--simulate-dir\`. \`windows\` count in what a plan expects, not in how fast a simulated link is.`,
  );
}

/** The reference of runbooks. */
export function runbookReference() {
  return page(
    JSON.parse(runbookJsonSchema()),
    `# The runbook

Which VMs matter, in which order, how their disks reach the recovery site, and what proves that they are back. One file
for every mode, so that a drill rehearses the disaster. \`lifeboat init\` writes a first one, [\`runbooks/\`](../runbooks/README.md)
has samples, and \`lifeboat validate RUNBOOK\` checks one and says every problem with its line.

This version drives simulated worlds. It checks \`triggers\` and \`guard\` and acts on neither yet. The event \`rpo-missed\` is told
by \`lifeboat protect\`, see [protection](protection.md#who-is-told). What \`replicate\` says decides how the simulated world keeps
its replicas.`,
  );
}

const editors = `An editor with a YAML language server completes and checks the file when it begins with

\`\`\`yaml
# yaml-language-server: $schema=PATH/schemas/SCHEMA
\`\`\``;

const units = `## Units

Numbers that measure something are written with their unit, and a number without one is refused.

| kind | units | examples |
|---|---|---|
| duration | \`ms\` \`s\` \`m\` \`h\` \`d\`, which may be joined | \`500ms\`, \`30s\`, \`1h30m\` |
| rate | \`Kbit\` \`Mbit\` \`Gbit\` a second, \`KiB/s\` \`MiB/s\` \`GiB/s\` \`MB/s\` \`GB/s\` | \`800Mbit\`, \`100MiB/s\` |
| name | letters, digits, and inside it dots, hyphens, underscores; at most 253 characters | \`north-1\` |
| path | an absolute path, which begins with \`/\` | \`/var/lib/libvirt/images\` |`;

function page(schema, introduction) {
  const name = schema.title.split(' ')[1];
  const sections = [];
  collect({ schema, path: '', title: 'The whole file' }, sections, new Map());
  return `<!-- Made by \`npm run generate\` from src/runbooks/schema-*.ts. Do not edit. -->

${introduction}

${editors.replace('SCHEMA', `${name}.schema.json`)}

A key that is not listed here is refused. Keys marked \`*\` are required.

${units}

${sections.join('\n\n')}
`;
}

/** A section for this mapping, then one for each mapping below it. What stands in several places is told once. */
function collect({ schema, path, title, of = '' }, sections, known) {
  const below = [];
  const rows = Object.entries(schema.properties).map(([key, value]) => {
    const isRequired = schema.required?.includes(key);
    const type = typeText(value, { path: path === '' ? key : `${path}.${key}`, of, below, known });
    return `| \`${key}\`${isRequired ? ' \\*' : ''} | ${type} | ${defaultText(value)} | ${code((value.examples ?? [])[0])} | ${value.description} |`;
  });
  sections.push(
    [
      `## ${title}`,
      '',
      `${schema.description} For example:`,
      '',
      '```yaml',
      ...(schema.examples ?? []).map((example) => flow(example)),
      '```',
      '',
      '| key | type | default | example | meaning |',
      '|---|---|---|---|---|',
      ...rows,
    ].join('\n'),
  );
  for (const section of below) collect(section, sections, known);
}

/** What a value may be, with a link to the section of each mapping in it. */
function typeText(schema, place) {
  const { path } = place;
  const variants = schema.oneOf ?? schema.anyOf;
  if (schema.oneOf !== undefined) {
    const tag = schema.discriminator.propertyName;
    return variants
      .map((variant) => {
        const value = variant.properties[tag].const;
        const of = ` with \`${tag}: ${value}\``;
        return mapping(variant, { ...place, of, text: `${tag}: ${value}` });
      })
      .join(' or ');
  }
  if (variants !== undefined) return variants.map((variant) => variantText(variant, place)).join(' or ');
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => code(value)).join(' ');
  switch (schema.type) {
    case 'array': {
      const length = schema.maxItems === schema.minItems ? (schema.minItems ?? '') : '';
      return `list${length === '' ? '' : ` of ${length}`}: ${typeText(schema.items, { ...place, path: `${path}[]` })}`;
    }
    case 'object':
      return schema.properties === undefined
        ? `by name: ${typeText(schema.additionalProperties, { ...place, path: `${path}.NAME` })}`
        : mapping(schema, { ...place, text: 'mapping' });
    case 'integer':
      return `${schema.minimum} to ${schema.maximum}`;
    case 'boolean':
      return '`true` `false`';
    case 'string':
      return textKind(schema);
    default:
      return schema.type;
  }
}

/** A mapping of one key among other kinds of value is told in place. */
function variantText(variant, place) {
  const [[key, value] = [], ...others] = Object.entries(variant.properties ?? {});
  return key === undefined || others.length > 0
    ? typeText(variant, place)
    : `\`{ ${key}: … }\` with ${typeText(value, place)}`;
}

function mapping(schema, { path, of, text, below, known }) {
  const title = `\`${path}\`${of}`;
  const same = JSON.stringify(schema);
  if (!known.has(same)) {
    known.set(same, anchor(title));
    below.push({ schema, path, title, of });
  }
  return `[${text}](#${known.get(same)})`;
}

/** The schema's own advice says what kind of text it asks for. */
function textKind({ patternErrorMessage = '' }) {
  const kinds = ['duration', 'rate', 'name', 'absolute path'];
  const kind = kinds.find((one) => new RegExp(`^write an? ${one}\\b`).test(patternErrorMessage));
  if (kind !== undefined) return kind === 'absolute path' ? 'path' : kind;
  return patternErrorMessage === '' ? 'text' : patternErrorMessage.replace(/^write /, '');
}

function defaultText(schema) {
  return schema.default === undefined ? '' : code(schema.default);
}

/** As YAML on one line: JSON without the quotes that it does not need. */
function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${key}: ${flow(member)}`);
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  }
  const isPlain = typeof value !== 'string' || /^[A-Za-z/.][A-Za-z0-9+@/._=:-]*$|^\d+[a-zA-Z/]+$/.test(value);
  return isPlain ? String(value) : JSON.stringify(value);
}

function code(value) {
  return value === undefined ? '' : `\`${flow(value).replaceAll('|', '\\|')}\``;
}

/** The name by which a heading is linked to. */
function anchor(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}
