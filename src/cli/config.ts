import type { Command } from 'commander';
import { settings, variableOf } from '../protocol/config.ts';
import type { SettingPath } from '../protocol/config.ts';
import type { AddCommands } from './command.ts';
import { renderTable } from './table.ts';

/** Short names for the flags that are needed most. */
const shortNames: Partial<Record<SettingPath, string>> = {
  'predict.host': 'host',
  'predict.port': 'port',
  'predict.workers': 'workers',
  'admin.host': 'admin-host',
  'admin.port': 'admin-port',
  'log.level': 'log-level',
};

type GroupOf<Path> = Path extends `${infer Group}.${string}` ? Group : never;

/** First words of setting paths. The data directory has none: its flag is on every command. */
export type SettingGroup = GroupOf<SettingPath>;

/** Gives a command a flag for every setting of some groups: `--predict.port`, or `--port`. */
export function addSettingFlags(command: Command, groups?: readonly SettingGroup[]): Command {
  for (const path of Object.keys(settings) as SettingPath[]) {
    const [group, rest] = path.split('.') as [SettingGroup, string?];
    if (rest === undefined || groups?.includes(group) === false) continue;
    const { meaning, fallback } = settings[path];
    const short = shortNames[path];
    if (short !== undefined) command.option(`--${short} <value>`, `short for --${path}`);
    command.option(
      `--${path} <value>`,
      `${meaning} (${variableOf(path)}; default ${String(fallback)})`,
    );
  }
  return command;
}

/** What was given to those flags, by setting path. */
export function settingFlags(
  options: Readonly<Record<string, unknown>>,
): Readonly<Partial<Record<SettingPath, string>>> {
  const given: Partial<Record<SettingPath, string>> = {};
  for (const path of Object.keys(settings) as SettingPath[]) {
    const short = shortNames[path]?.replace(/-(\w)/, (_dash, letter: string) =>
      letter.toUpperCase(),
    );
    const value = options[path] ?? (short === undefined ? undefined : options[short]);
    if (typeof value === 'string') given[path] = value;
  }
  return given;
}

/** `config explain`. */
export const addConfigCommands: AddCommands = (program, runner) => {
  const config = program.command('config').description('look at the settings');
  addSettingFlags(config.command('explain'))
    .description('list every setting, what it is set to, and what said so')
    .action(
      runner.does<Record<string, unknown>>(async (session, _args, options) => {
        const { out, parts } = session;
        const { explained } = parts.resolveConfig(session.sources(settingFlags(options)));
        out.result({ settings: explained }, () =>
          renderTable(
            [
              { title: 'SETTING' },
              { title: 'VALUE' },
              { title: 'FROM' },
              { title: 'VARIABLE' },
              { title: 'MEANING' },
            ],
            explained.map(({ path, value, origin, where, variable, meaning }) => [
              path,
              { text: String(value), style: origin === 'default' ? 'plain' : 'strong' },
              origin === 'default' ? origin : `${origin} ${where}`,
              { text: variable, style: 'dim' },
              { text: meaning, style: 'dim' },
            ]),
            out.surface,
          ),
        );
      }),
    );
};
