import type { AddCommands } from './command.ts';

/** Grows when a field of `--json` output changes its meaning or goes away. */
export const JSON_OUTPUT_VERSION = 1;

/** `version`. */
export const addVersionCommand: AddCommands = (program, runner) => {
  program
    .command('version')
    .description('say which version this is')
    .action(
      runner.does(async ({ out, parts }) => {
        const { version } = parts;
        const { node } = process.versions;
        const value = { version, node, platform: process.platform, arch: process.arch };
        out.result({ ...value, jsonOutput: JSON_OUTPUT_VERSION }, () => `understudy ${version}`);
      }),
    );
};
