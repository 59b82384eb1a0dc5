/** `docs/commands.md`: every command, from the catalogue that the parser and the help are made from. */
import './json-schemas.mjs';

// Read from what is built, which the module above has seen to.
const { catalogue } = await import('../../build/cli/catalogue/catalogue.js');
const { sharedOptions } = await import('../../build/cli/command-spec.js');
const { examples } = await import('../../build/cli/examples.js');
const { exitCodeMeanings } = await import('../../build/cli/exit-codes.js');

const introduction = `<!-- Made by \`npm run generate\` from src/cli/catalogue and src/cli/examples.ts. Do not edit. -->

# The commands

\`lifeboat\` stands for \`node dist/main.js\`, which \`npm run build\` makes. \`lifeboat help COMMAND\` says the same as this page.
Data goes to standard output and everything else to standard error, so that output can be piped. This version drives
simulated worlds: commands that need hosts ask for \`--simulate\`.

Every example here is run as it stands by the tests of \`src/cli/examples.test.ts\`.`;

const variables = `## Environment variables

| variable | meaning |
|---|---|
| \`LIFEBOAT_ESTATE\` | the estate, when neither \`--estate\` nor \`./lifeboat.yaml\` is there |
| \`NO_COLOR\`, \`FORCE_COLOR\`, \`TERM=dumb\` | heeded with \`--color auto\` |
| \`CI\` | when set, nobody is asked at the terminal: a failover then needs \`--confirm\` |`;

/** What must have happened before an example does what it says. */
const given = {
  nothing: '',
  files: 'after `lifeboat init`',
  'finished-run': 'after a run has ended',
  'waiting-run': 'while a run waits for an approval',
  'held-run': 'while a run waits with a failed step',
  'interrupted-run': 'after a run was interrupted',
};

/** The reference of all commands, options and exit codes. */
export function commandReference() {
  const groups = [...new Set(catalogue.map(({ group }) => group))];
  return `${[
    introduction,
    ...groups.map((group) => overview(group)),
    ...catalogue.map(commandText),
    `## Options of every command\n\n${optionTable(sharedOptions)}`,
    exitCodeText(),
    variables,
  ].join('\n\n')}\n`;
}

function overview(group) {
  const lines = catalogue
    .filter((command) => command.group === group)
    .map(({ name, summary }) => `| [\`${name}\`](#${name}) | ${cell(summary)} |`);
  return [`**${group.replace(/:$/, '')}**`, '', '| command | does |', '|---|---|', ...lines].join('\n');
}

function commandText({ name, takes, summary, description, options, formats }) {
  const usage = ['lifeboat', name, ...takes.map((argument) => argument.name), '[OPTIONS]'].join(' ');
  const needs = takes.map((argument) => `\`${argument.name}\`: ${argument.about}.`);
  return [
    `## ${name}`,
    `${sentence(summary)} ${description}`,
    `\`${usage}\``,
    ...(needs.length === 0 ? [] : [needs.join(' ')]),
    ...(options.length === 0 ? [] : [optionTable(options)]),
    ...(formats.length === 1 ? [] : [`\`-o\` may be ${formats.map((format) => `\`${format}\``).join(', ')}.`]),
    `\`\`\`sh\n${examples[name].map(exampleText).join('\n')}\n\`\`\``,
  ].join('\n\n');
}

function exampleText(example) {
  const notes = [example.about, given[example.given], example.exitCode === 0 ? '' : `exit code ${example.exitCode}`];
  return `# ${notes.filter((note) => note !== '').join('; ')}\n${example.line}`;
}

function optionTable(options) {
  const rows = options.map(({ flags, about, values, initial, isRepeated }) => {
    const notes = [
      ...(values === undefined ? [] : [`one of ${values.map((value) => `\`${value}\``).join(', ')}`]),
      ...(initial === undefined ? [] : [`default \`${initial}\``]),
      ...(isRepeated === true ? ['may be repeated'] : []),
    ];
    return `| \`${cell(flags)}\` | ${cell(about)}${notes.length === 0 ? '' : `; ${notes.join('; ')}`} |`;
  });
  return ['| option | meaning |', '|---|---|', ...rows].join('\n');
}

function exitCodeText() {
  const rows = exitCodeMeanings.map(({ code, meaning, next }) => `| ${code} | ${meaning} | ${next} |`);
  return [
    '## Exit codes',
    '',
    'They are fixed: scripts may depend on them.',
    '',
    '| code | means | next |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

function sentence(summary) {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

/** Bars would end the cell. */
function cell(text) {
  return text.replaceAll('|', '\\|');
}
