import type { Command } from 'commander';
import { EXIT, exitMeanings } from '../../src/cli/exit.ts';
import { buildProgram, everyCommand } from '../../src/cli/program.ts';
import { MADE, code, page, table } from './markdown.ts';

/** `docs/reference/cli.md`. */
export function cliPage(): string {
  const program = buildProgram({ does: () => async () => undefined });
  const commands = everyCommand(program).filter((command) => command.commands.length === 0);
  return page([
    '# Command line',
    MADE,
    'Results go to stdout, everything else to stderr. With `--json` a result is one JSON object ' +
      'on one line, and what has no end (`events`, `rollout watch`) is one object a line; an ' +
      'error is one object on stderr. Where a ROLLOUT is asked for, its id or its endpoint ' +
      'will do.',
    'The admin API is found by `--server`, else `UNDERSTUDY_SERVER`, else by what runs on the ' +
      'data directory, else by the settings. The token comes from `--token-file`, else ' +
      '`UNDERSTUDY_TOKEN`, else, on the same machine, from `admin.token` in the data directory.',
    '## Options of every command',
    optionTable(program),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      Object.entries(EXIT).map(([name, exit]) => [
        String(exit),
        exitMeanings[name as keyof typeof EXIT],
      ]),
    ),
    '## Commands',
    ...commands.flatMap(commandBlocks),
  ]);
}

function commandBlocks(command: Command): readonly string[] {
  const name = pathOf(command);
  const about = command.description();
  return [
    `### ${name}`,
    `${about.charAt(0).toUpperCase()}${about.slice(1)}.`,
    `\`\`\`\n${name} ${command.usage()}\n\`\`\``,
    command.options.length === 0 ? '' : optionTable(command),
    afterHelpOf(command),
  ];
}

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

const optionTable = (command: Command): string =>
  table(
    ['option', 'meaning'],
    command.options.map(({ flags, description, mandatory, defaultValue }) => [
      code(flags),
      [
        description,
        ...(mandatory ? ['**required**'] : []),
        ...(typeof defaultValue === 'string' ? [`default: ${code(defaultValue)}`] : []),
      ].join('; '),
    ]),
  );

/** What the help of a command says below its options. */
function afterHelpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  const after = text.slice(command.helpInformation().length).trim();
  return after === '' ? '' : `\`\`\`\n${after}\n\`\`\``;
}
