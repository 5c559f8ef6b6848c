import type { AddCommands } from './command.ts';
import { addSettingFlags, settingFlags } from './config.ts';
import type { Session } from './session.ts';

type Flags = Readonly<Record<string, unknown>>;

const resolved = (session: Session, flags: Flags) => {
  const sources = session.sources(settingFlags(flags));
  return { sources, config: session.parts.resolveConfig(sources).config };
};

/** `serve`, `control` and `gateway`: the commands that run until they are told to stop. */
export const addServeCommands: AddCommands = (program, runner) => {
  addSettingFlags(program.command('serve'))
    .description('run everything on this machine: control plane, gateways and model processes')
    .action(
      runner.does<Flags>(async (session, _args, flags) => {
        const { config, sources } = resolved(session, flags);
        await session.parts.serve(config, sources);
      }),
    );
  addSettingFlags(program.command('control'), [
    'admin',
    'registry',
    'runner',
    'control',
    'cost',
    'log',
  ])
    .description('run the control plane alone')
    .action(
      runner.does<Flags>(async (session, _args, flags) => {
        const { config, sources } = resolved(session, flags);
        await session.parts.control(config, sources);
      }),
    );
  addSettingFlags(program.command('gateway'), [
    'predict',
    'runner',
    'copies',
    'pairs',
    'predictions',
    'log',
  ])
    .description('run one gateway alone')
    .option('--name <name>', 'name of the gateway, unique among those of one control plane', 'g1')
    .action(
      runner.does<Flags & { readonly name: string }>(async (session, _args, flags) => {
        const { config, sources } = resolved(session, flags);
        await session.parts.gateway(config, flags.name, sources);
      }),
    );
};
