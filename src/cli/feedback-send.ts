import type { Command } from 'commander';
import type { FeedbackAnswer } from '../../sdk/prediction.ts';
import type { Runner } from './command.ts';
import { EXIT } from './exit.ts';
import { readAll, readText } from './session.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import { count } from './wording.ts';

/** Lines in one request: a few megabytes. */
const LINES_AT_ONCE = 10_000;
/** Refused lines that are shown. */
const SHOWN_MAX = 20;

type Sent = {
  readonly taken: number;
  readonly refused: number;
  /** Pieces that the gateway holds, because control is away. */
  readonly waiting: number;
  readonly errors: FeedbackAnswer['errors'][number][];
};

/** `feedback send`. */
export function addFeedbackSend(feedback: Command, runner: Runner): void {
  feedback
    .command('send FILE')
    .description('send what came of predictions: a JSON object a line; - for stdin')
    .action(
      runner.does(async (session, [file = '']) => {
        const text = file === '-' ? await readAll(session.parts.stdin) : readText(file);
        const sent = await sendAll(session, text.split('\n'));
        session.out.result(sent, () => sentText(session, sent));
        return sent.refused > 0 ? EXIT.conflict : EXIT.ok;
      }),
    );
}

async function sendAll(session: Session, lines: readonly string[]): Promise<Sent> {
  const predictor = await session.predictor();
  const all = { taken: 0, refused: 0, waiting: 0, errors: [] as Sent['errors'] };
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
    const part = lines.slice(from, from + LINES_AT_ONCE);
    if (part.every((line) => line.trim() === '')) continue;
    const { state, taken, refused, errors } = await predictor.feedback(part.join('\n'));
    all.taken += taken;
    all.refused += refused;
    all.waiting += state === 'accepted' ? taken : 0;
    all.errors.push(...errors.map((error) => ({ ...error, line: error.line + from })));
  }
  return all;
}

function sentText({ out }: Session, { taken, refused, waiting, errors }: Sent): string {
  const where = waiting === 0 ? 'stored' : `taken; ${count(waiting)} wait for control`;
  const said = `${count(taken)} ${where}`;
  if (refused === 0) return said;
  const table = renderTable(
    [{ title: 'LINE', right: true }, { title: 'CODE' }, { title: 'WHAT IS WRONG' }],
    errors.slice(0, SHOWN_MAX).map(({ line, code, error }) => [String(line), code, error]),
    out.surface,
  );
  return `${said}, ${count(refused)} refused\n${table}`;
}
