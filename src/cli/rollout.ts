import type { Command } from 'commander';
import type { CallAnswer } from '../protocol/admin/call.ts';
import type { AddCommands, Runner } from './command.ts';
import { integer, readRollout } from './reference.ts';
import { addRolloutActs } from './rollout-acts.ts';
import { addRolloutExplain } from './rollout-explain.ts';
import { addRolloutReceipt } from './rollout-receipt.ts';
import { addRolloutSchema } from './rollout-schema.ts';
import { addRolloutStart } from './rollout-start.ts';
import { addRolloutWatch } from './rollout-watch.ts';
import { rolloutText, versionOf } from './rollout-view.ts';
import type { Session } from './session.ts';
import { phaseStyle, sharesText } from './status.ts';
import { renderTable } from './table.ts';
import { ago } from './wording.ts';

/** `rollout start|list|show|explain|watch|…|receipt|schema`, and what can be asked of one. */
export const addRolloutCommands: AddCommands = (program, runner) => {
  const rollout = program.command('rollout').description('attempts to replace a version');
  addRolloutStart(rollout, runner);
  addLooks(rollout, runner);
  addRolloutExplain(rollout, runner);
  addRolloutWatch(rollout, runner);
  addRolloutActs(rollout, runner);
  addRolloutReceipt(rollout, runner);
  addRolloutSchema(rollout, runner);
};

type ListOptions = {
  readonly endpoint?: string;
  readonly active?: true;
  readonly limit: string;
};

function addLooks(rollout: Command, runner: Runner): void {
  rollout
    .command('list')
    .description('list the rollouts, newest first')
    .option('--endpoint <name>', 'only of this endpoint')
    .option('--active', 'only those that have not ended')
    .option('--limit <n>', 'how many at most', '20')
    .action(
      runner.does<ListOptions>(async (session, _args, { endpoint, active, limit }) => {
        const rollouts = await (
          await session.client()
        ).rollout.list({
          query: {
            limit: integer(limit, '--limit'),
            ...(endpoint === undefined ? {} : { endpoint }),
            ...(active === undefined ? {} : { active: 'true' as const }),
          },
        });
        session.out.result({ rollouts }, () => table(session, rollouts));
      }),
    );
  rollout
    .command('show ROLLOUT')
    .description('show a rollout with its verdicts, by its id or its endpoint')
    .action(
      runner.does(async (session, [word = '']) => {
        const found = await readRollout(await session.client(), word);
        session.out.result(found, () => rolloutText(found, session.out, Date.now()).join('\n'));
      }),
    );
}

const table = ({ out }: Session, rollouts: CallAnswer<'rollout.list'>): string =>
  renderTable(
    [
      { title: 'ROLLOUT' },
      { title: 'ENDPOINT' },
      { title: 'FROM' },
      { title: 'TO' },
      { title: 'PHASE' },
      { title: 'STEP' },
      { title: 'SHARE', right: true },
      { title: 'STARTED' },
      { title: 'BY' },
    ],
    rollouts.map((rollout) => [
      { text: rollout.id, style: 'strong' },
      rollout.endpoint,
      versionOf(rollout.baseline),
      versionOf(rollout.candidate),
      { text: rollout.phase, style: phaseStyle(rollout.phase) },
      `${rollout.stage + 1}/${rollout.stages}`,
      sharesText(rollout),
      ago(rollout.createdAt, Date.now()),
      rollout.createdBy,
    ]),
    out.surface,
  );
