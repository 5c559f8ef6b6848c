import type { Command, Option } from 'commander';
import { Fault } from '../protocol/errors.ts';
import type { AddCommands } from './command.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

type Shell = (typeof shells)[number];

/** `completion`. */
export const addCompletionCommand: AddCommands = (program, runner) => {
  program
    .command('completion SHELL')
    .description(`write a completion script for ${shells.join(', ')}`)
    .addHelpText('after', afterHelp)
    .action(
      runner.does(async ({ out }, [word]) => {
        const shell = shells.find((one) => one === word);
        if (shell === undefined) {
          throw new Fault('USAGE', `${word} is none of ${shells.join(', ')}`, 'SHELL');
        }
        const script = completionScript(program, shell);
        out.result({ shell, script }, () => script.trimEnd());
      }),
    );
};

const afterHelp = `
bash: understudy completion bash > ~/.local/share/bash-completion/completions/understudy
zsh:  understudy completion zsh > "\${fpath[1]}/_understudy"
fish: understudy completion fish > ~/.config/fish/completions/understudy.fish`;

/** What may follow the words of a command: commands below it, then its options. */
type Node = {
  /** `rollout start`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly about: string }[];
  readonly options: readonly { readonly flag: string; readonly about: string }[];
  /** Options that take a value: the word after them is not a command. */
  readonly valued: readonly string[];
};

/** Both spellings of an option, where it has both. */
const flagsOf = ({ long, short }: Pick<Option, 'long' | 'short'>): readonly string[] =>
  [long, short].filter((flag) => typeof flag === 'string');

function nodesOf(command: Command, words: readonly string[]): readonly Node[] {
  const node: Node = {
    path: words.join(' '),
    commands: command.commands.map((child) => ({ name: child.name(), about: child.description() })),
    options: command.options.flatMap((option) =>
      flagsOf(option).map((flag) => ({ flag, about: option.description })),
    ),
    valued: command.options
      .filter(({ required, optional }) => required || optional)
      .flatMap(flagsOf),
  };
  return [node, ...command.commands.flatMap((child) => nodesOf(child, [...words, child.name()]))];
}

/** A script that completes commands and options. */
export function completionScript(program: Command, shell: Shell): string {
  const nodes = nodesOf(program, []);
  switch (shell) {
    case 'bash':
      return bashScript(nodes);
    case 'zsh':
      return zshScript(nodes);
    case 'fish':
      return fishScript(nodes);
  }
}

const wordsOf = ({ commands, options }: Node): string =>
  [...commands.map(({ name }) => name), ...options.map(({ flag }) => flag)].join(' ');

/** Finds the deepest command among the words so far; the same loop serves bash and zsh. */
function pathLoop(nodes: readonly Node[], words: string): string {
  const valued = [...new Set(nodes.flatMap((node) => node.valued))].join('|');
  const paths = nodes.filter(({ path }) => path !== '').map(({ path }) => `"${path}"`);
  // Not `path`: in zsh that name is the search path of the shell itself.
  return `  local here="" word="" skip=""
  for word in ${words}; do
    if [[ -n $skip ]]; then skip=""; continue; fi
    case "$word" in
      ${valued}) skip=1; continue ;;
      -*) continue ;;
    esac
    case "\${here:+$here }$word" in
      ${paths.join('|')}) here="\${here:+$here }$word" ;;
    esac
  done`;
}

function bashScript(nodes: readonly Node[]): string {
  const globals = nodes[0]?.options.map(({ flag }) => flag).join(' ') ?? '';
  const arms = nodes.map((node) => `    "${node.path}") words="${wordsOf(node)}" ;;`);
  return `# bash completion of understudy
_understudy() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
${pathLoop(nodes, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"')}
  if [[ -n $skip ]]; then COMPREPLY=( $(compgen -f -- "$current") ); return; fi
  case "$here" in
${arms.join('\n')}
  esac
  COMPREPLY=( $(compgen -W "$words ${globals}" -- "$current") )
}
complete -o default -F _understudy understudy
`;
}

function zshScript(nodes: readonly Node[]): string {
  const globals = nodes[0]?.options ?? [];
  const quoted = (name: string, about: string): string =>
    `'${name.replaceAll(':', '\\:')}:${about.replaceAll("'", "'\\''")}'`;
  const arms = nodes.map((node) => {
    const { commands, options } = node;
    const items = [
      ...commands.map(({ name, about }) => quoted(name, about)),
      ...(node.path === '' ? [] : options.map(({ flag, about }) => quoted(flag, about))),
    ];
    return `    "${node.path}") items=(${items.join(' ')}) ;;`;
  });
  return `#compdef understudy
_understudy() {
  local -a items globals
  globals=(${globals.map(({ flag, about }) => quoted(flag, about)).join(' ')})
${pathLoop(nodes, '"${(@)words[2,CURRENT-1]}"')}
  if [[ -n $skip ]]; then _files; return; fi
  case "$here" in
${arms.join('\n')}
  esac
  _describe 'command or option' items
  _describe 'option' globals
  _files
}
_understudy "$@"
`;
}

function fishScript(nodes: readonly Node[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  const lines = nodes.flatMap((node) => {
    const depth = node.path === '' ? 0 : node.path.split(' ').length;
    const condition =
      depth === 0
        ? '__fish_use_subcommand'
        : node.path
            .split(' ')
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join('; and ');
    const children = node.commands.map(({ name }) => name).join(' ');
    const open = depth === 0 ? '' : `; and not __fish_seen_subcommand_from ${children}`;
    const commands = node.commands.map(
      ({ name, about }) =>
        `complete -c understudy -f -n ${quoted(condition + open)} -a ${name} -d ${quoted(about)}`,
    );
    const where = depth === 0 ? '' : ` -n ${quoted(condition)}`;
    const options = node.options.map(({ flag, about }) => {
      const isValued = node.valued.includes(flag) ? ' -r' : '';
      const name = flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
      return `complete -c understudy${where} ${name}${isValued} -d ${quoted(about)}`;
    });
    return [...commands, ...options];
  });
  return `# fish completion of understudy\n${lines.join('\n')}\n`;
}
