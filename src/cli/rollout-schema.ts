import type { Command } from 'commander';
import { rolloutSchema } from '../protocol/admin/rollout-schema.ts';
import type { Runner } from './command.ts';

const AFTER = `
Editors complete and check a declaration by it:

  understudy rollout schema > rollout.schema.json

and in the first line of rollout.yaml:

  # yaml-language-server: $schema=./rollout.schema.json`;

/** `rollout schema`. */
export function addRolloutSchema(rollout: Command, runner: Runner): void {
  rollout
    .command('schema')
    .description('print the JSON Schema of rollout.yaml')
    .addHelpText('after', AFTER)
    .action(
      runner.does(async ({ out }) => {
        const schema = rolloutSchema();
        out.result(schema, () => JSON.stringify(schema, null, 2));
      }),
    );
}
