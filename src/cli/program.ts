import { Command, Option } from 'commander';
import { createCall } from './call.js';
import { catalogue } from './catalogue/catalogue.js';
import { type CommandSpec, type OptionSpec, sharedOptions } from './command-spec.js';
import type { Environment } from './environment.js';
import { examples } from './examples.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { exitCodesTopic } from './exit-codes-topic.js';
import { usage } from './refusal.js';

/** The parser made from the catalogue. Parsing runs the command and leaves its exit code with `finish`. */
export function createProgram(environment: Environment, finish: (code: ExitCode) => void): Command {
  const program = new Command('lifeboat')
    .description('Disaster recovery and host evacuation for libvirt/KVM, by one runbook for drill and disaster alike.')
    .usage('COMMAND [OPTIONS]')
    .version(environment.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .showHelpAfterError('`lifeboat --help` lists the commands.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => environment.stdout.write(text),
      writeErr: (text) => environment.stderr.write(text),
      getOutHelpWidth: () => Math.min(120, environment.stdout.size().columns),
      getErrHelpWidth: () => Math.min(120, environment.stderr.size().columns),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() });
  for (const option of sharedOptions) {
    program.addOption(parserOption(option));
  }
  for (const spec of catalogue) {
    addCommand(program, spec, environment, finish);
  }
  addHelp(program, environment, finish);
  program.addHelpText(
    'after',
    '\nBegin with:\n  lifeboat init\n  lifeboat plan runbooks/payroll.yaml --mode drill --simulate\n  lifeboat drill runbooks/payroll.yaml --simulate\n\n' +
      '`lifeboat help COMMAND` shows two examples of each; `lifeboat help exit-codes` explains the exit codes.',
  );
  return program;
}

function addCommand(
  program: Command,
  spec: CommandSpec,
  environment: Environment,
  finish: (code: ExitCode) => void,
): void {
  const command = program
    .command(spec.name)
    .helpGroup(spec.group)
    .summary(spec.summary)
    .description(`${capitalised(spec.summary)}.\n\n${spec.description}`)
    .usage([...spec.takes.map(({ name }) => name), '[OPTIONS]'].join(' '))
    .showHelpAfterError(`\`lifeboat ${spec.name} --help\` shows what there is.`)
    .addHelpText('after', examplesOf(spec.name))
    .action(async (...parameters: unknown[]) => {
      const args = parameters
        .slice(0, spec.takes.length)
        .flat()
        .filter((value) => value !== undefined);
      const options = command.optsWithGlobals<Record<string, unknown>>();
      const call = createCall({
        command: spec.name,
        args: args.map(String),
        options,
        formats: spec.formats,
        environment,
      });
      const action = await spec.load();
      finish(await action(call));
    });
  for (const { name, about } of spec.takes) {
    command.argument(name, about);
  }
  for (const option of spec.options) {
    command.addOption(parserOption(option));
  }
}

function parserOption({ flags, about, values, initial, isRepeated }: OptionSpec): Option {
  const option = new Option(flags, about);
  if (values !== undefined) {
    option.choices(values);
  }
  if (initial !== undefined) {
    option.default(initial, initial);
  }
  if (isRepeated === true && !option.variadic) {
    option.argParser<string[]>((value, before) => [...(Array.isArray(before) ? before : []), value]);
  }
  return option;
}

/** `lifeboat help`, `lifeboat help COMMAND`, `lifeboat help exit-codes`. */
function addHelp(program: Command, environment: Environment, finish: (code: ExitCode) => void): void {
  program
    .command('help')
    .helpGroup('Other:')
    .argument('[TOPIC]', 'a command, or exit-codes')
    .summary('explain a command or a topic: exit-codes')
    .description('Explains a command, or `exit-codes`.')
    .action((topic: string | undefined) => {
      const command = topic === undefined ? program : program.commands.find((one) => one.name() === topic);
      if (topic === 'exit-codes') {
        environment.stdout.write(exitCodesTopic());
      } else if (command === undefined) {
        throw usage(
          `lifeboat help: there is no command or topic ${JSON.stringify(topic)}`,
          '`lifeboat help` lists the commands; the topic is exit-codes.',
        );
      } else {
        command.outputHelp();
      }
      finish(exitCodes.done);
    });
}

function examplesOf(name: string): string {
  const lines = (examples[name] ?? []).map(({ line, about }) => `  ${line}\n      ${about}`);
  return `\nExamples:\n${lines.join('\n')}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
