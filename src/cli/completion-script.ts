import { catalogue } from './catalogue/catalogue.js';
import { type CommandSpec, type OptionSpec, sharedOptions } from './command-spec.js';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A script that completes commands, options and their values, and hosts of the estate, made from the catalogue; other words complete as files. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bash();
    case 'zsh':
      return zsh();
    case 'fish':
      return fish();
  }
}

/** Prints the names of the estate's hosts; nothing where there is no estate. */
const hostsCommand = 'lifeboat completion hosts 2>/dev/null';

/** Commands that take the name of a host, perhaps besides a file. */
const hostTakers = catalogue.filter(({ takes }) => takes.some(({ name }) => name.includes('HOST')));

const names = [...catalogue.map(({ name }) => name), 'help'];

function bash(): string {
  const cases = catalogue.map((spec) => `    ${spec.name}) words="${wordsOf(spec)}" ;;`);
  const values = catalogue.flatMap((spec) =>
    optionsOf(spec).flatMap((option) =>
      valuesOf(spec, option).length === 0
        ? []
        : flagsOf(option).map((flag) => `    ${spec.name}:${flag}) words="${valuesOf(spec, option).join(' ')}" ;;`),
    ),
  );
  return `# bash completion for lifeboat: source <(lifeboat completion bash)
_lifeboat() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " ${names.join(' ')} " in *" $word "*) command="$word"; break ;; esac
  done
  if [ -z "$command" ]; then
    COMPREPLY=($(compgen -W "${names.join(' ')}" -- "$current"))
    return
  fi
  case "$command:$before" in
${values.join('\n')}
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$command" in
    help) words="${[...names, 'exit-codes'].join(' ')}" ;;
    completion) words="${shells.join(' ')}" ;;
${cases.filter((line) => !line.startsWith('    completion)')).join('\n')}
  esac
  case "$command:$current" in
    help:*|completion:*|*:-*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    ${hostTakers.map(({ name }) => `${name}:*`).join('|')}) COMPREPLY=($(compgen -f -W "$(${hostsCommand})" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _lifeboat lifeboat
`;
}

function zsh(): string {
  const commands = catalogue.map(({ name, summary }) => `    '${name}:${escaped(summary)}'`);
  const cases = catalogue.map((spec) => {
    const options = optionsOf(spec).flatMap((option) => zshOption(spec, option));
    const others = hostTakers.includes(spec) ? "'*:host or file:_lifeboat_hosts'" : "'*:file:_files'";
    const rest = spec.name === 'completion' ? `'1:shell:(${shells.join(' ')})'` : others;
    return `    ${spec.name})\n      _arguments ${[...options, rest].join(' \\\n        ')} ;;`;
  });
  return `#compdef lifeboat
# zsh completion for lifeboat: lifeboat completion zsh > "\${fpath[1]}/_lifeboat"
_lifeboat_hosts() {
  _alternative 'hosts:host:($(${hostsCommand}))' 'files:file:_files'
}
_lifeboat() {
  local -a commands=(
${commands.join('\n')}
    'help:explain a command or a topic'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
    help)
      _arguments '1:topic:(${[...names, 'exit-codes'].join(' ')})' ;;
${cases.join('\n')}
  esac
}
if [[ "\${funcstack[1]}" = _lifeboat ]]; then
  _lifeboat "$@"
else
  compdef _lifeboat lifeboat
fi
`;
}

function zshOption(spec: CommandSpec, option: OptionSpec): readonly string[] {
  const values = valuesOf(spec, option);
  const takes = option.flags.includes('<');
  const tail = takes ? `:value:${values.length === 0 ? '_files' : `(${values.join(' ')})`}` : '';
  return flagsOf(option).map(
    (flag) => `'${option.isRepeated === true ? '*' : ''}${flag}[${escaped(option.about)}]${tail}'`,
  );
}

function fish(): string {
  const commands = catalogue.map(
    ({ name, summary }) => `complete -c lifeboat -n __fish_use_subcommand -f -a ${name} -d '${fishText(summary)}'`,
  );
  const options = catalogue.flatMap((spec) =>
    optionsOf(spec).map((option) => {
      const values = valuesOf(spec, option);
      const flags = flagsOf(option).map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const takes = option.flags.includes('<') ? ' -r' : '';
      const from = values.length === 0 ? '' : ` -f -a '${values.join(' ')}'`;
      return `complete -c lifeboat -n '__fish_seen_subcommand_from ${spec.name}' ${flags.join(' ')}${takes}${from} -d '${fishText(option.about)}'`;
    }),
  );
  return [
    '# fish completion for lifeboat: lifeboat completion fish > ~/.config/fish/completions/lifeboat.fish',
    ...commands,
    `complete -c lifeboat -n __fish_use_subcommand -f -a help -d 'explain a command or a topic'`,
    `complete -c lifeboat -n '__fish_seen_subcommand_from help' -f -a '${[...names, 'exit-codes'].join(' ')}'`,
    `complete -c lifeboat -n '__fish_seen_subcommand_from completion' -f -a '${shells.join(' ')}'`,
    ...hostTakers.map(
      ({ name }) => `complete -c lifeboat -n '__fish_seen_subcommand_from ${name}' -a '(${hostsCommand})' -d host`,
    ),
    ...options,
    '',
  ].join('\n');
}

function optionsOf(spec: CommandSpec): readonly OptionSpec[] {
  return [...spec.options, ...sharedOptions, { flags: '-h, --help', about: 'show the help of this command' }];
}

function wordsOf(spec: CommandSpec): string {
  return optionsOf(spec).flatMap(flagsOf).join(' ');
}

/** `-m, --mode <MODE>` has `-m` and `--mode`. */
function flagsOf({ flags }: OptionSpec): readonly string[] {
  return flags.split(/[ ,]+/).filter((word) => word.startsWith('-'));
}

function valuesOf(spec: CommandSpec, option: OptionSpec): readonly string[] {
  return option.flags.includes('--output') ? spec.formats : (option.values ?? []);
}

function escaped(text: string): string {
  return text.replaceAll("'", '’').replaceAll(/[[\]:]/g, String.raw`\$&`);
}

function fishText(text: string): string {
  return text.replaceAll("'", '’');
}
