import { replayReceipt } from '../core/replay/replay.ts';
import type { Move, Replay } from '../core/replay/replay.ts';
import type { Receipt } from '../core/replay/receipt.ts';
import { Fault } from '../protocol/errors.ts';
import { parseReceipt } from '../protocol/admin/receipt.ts';
import type { AddCommands } from './command.ts';
import type { Output } from './output.ts';
import { specIn } from './plan.ts';
import { readReceipt } from './receipt-file.ts';
import { readRollout } from './reference.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import { moment, share } from './wording.ts';

type Options = { readonly spec?: string; readonly from?: string };

/** `replay`. */
export const addReplayCommand: AddCommands = (program, runner) => {
  program
    .command('replay [ROLLOUT]')
    .description('what a declaration would have decided on a rollout’s windows, step by step')
    .option('--spec <file>', 'the declaration, or - for stdin; default: the rollout’s own')
    .option('--from <receipt>', 'a receipt instead of a rollout: needs no server')
    .action(
      runner.does<Options>(async (session, [word], { spec: file, from }) => {
        const receipt = await receiptFor(session, word, from);
        const own = receipt.entries[0].detail.spec;
        const spec = file === undefined ? own : await specIn(session, file);
        const replayed = replayReceipt(receipt, spec);
        if (!replayed.ok) {
          const { sentence, path } = replayed.error;
          throw new Fault('ROLLOUT_SPEC_INVALID', sentence, path);
        }
        session.out.result(replayed.value, () => told(replayed.value, session.out));
      }),
    );
};

async function receiptFor(
  session: Session,
  word: string | undefined,
  from: string | undefined,
): Promise<Receipt> {
  if ((word === undefined) === (from === undefined)) {
    throw new Fault('USAGE', 'name a rollout, or a receipt with --from, and not both');
  }
  if (from !== undefined) {
    const read = await readReceipt(session, from);
    if (read.type === 'read') return read.receipt;
    throw new Fault('RECEIPT_UNREADABLE', `${from} was changed after it was written`);
  }
  const client = await session.client();
  const { id } = await readRollout(client, word ?? '');
  return parseReceipt(await client.rollout.receipt({ params: { rollout: id } }));
}

function told(replay: Replay, out: Output): string {
  const { steps, parting, end, unknown } = replay;
  const parted = parting === null ? null : `${moment(parting.at)}: ${parting.sentence}`;
  const stands = `${end.phase}, step ${end.stage + 1}, ${share(end.shareBps)} of the traffic`;
  return [
    stepTable(steps, out),
    '',
    parted === null
      ? out.paint('good', 'The two never part: it decides what was decided.')
      : `${out.paint('warn', 'The ways part')} at ${parted}.`,
    `At the end of the record (${moment(end.at)}) it is ${out.paint('strong', stands)}.`,
    ...(end.sentence === '' ? [] : [end.sentence]),
    ...(unknown.length === 0 ? [] : ['', out.paint('strong', 'What the record cannot tell')]),
    ...unknown.map((sentence) => `  ${sentence}`),
  ].join('\n');
}

const stepTable = (steps: Replay['steps'], { surface }: Output): string =>
  renderTable(
    [
      { title: 'AT' },
      { title: 'DECIDES' },
      { title: 'STEP', right: true },
      { title: 'SHARE', right: true },
      { title: 'RECORDED' },
      { title: 'STEP', right: true },
      { title: 'SHARE', right: true },
      { title: 'WHY' },
    ],
    steps.map(({ at, decides, recorded }) => [
      moment(at),
      ...cells(decides),
      ...cells(recorded),
      decides?.reason ?? `recorded: ${recorded?.reason ?? ''}`,
    ]),
    surface,
  );

const cells = (move: Move | null) =>
  move === null
    ? ['–', '', '']
    : [{ text: move.type, style: 'strong' } as const, String(move.stage + 1), share(move.shareBps)];
