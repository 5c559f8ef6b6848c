import type { EventBody } from '../protocol/admin/call.ts';
import type { AddCommands } from './command.ts';
import { EXIT } from './exit.ts';
import type { Paint, Style } from './paint.ts';
import { integer } from './reference.ts';
import { clockTime, share } from './wording.ts';

type Options = {
  readonly after?: string;
  readonly endpoint?: string;
  readonly rollout?: string;
};

/** `events`. */
export const addEventsCommand: AddCommands = (program, runner) => {
  program
    .command('events')
    .description('follow what happens, one line an event, until ^C')
    .option('--after <seq>', 'go on after this event')
    .option('--endpoint <name>', 'only of this endpoint')
    .option('--rollout <id>', 'only of this rollout')
    .action(
      runner.does<Options>(async (session, _args, { after, endpoint, rollout }) => {
        const { out } = session;
        const stream = (await session.client()).events.stream({
          ...(after === undefined ? {} : { after: integer(after, '--after', 0) }),
          onGap: () => out.say('the stream broke off; it is taken up again'),
        });
        for await (const event of stream) {
          const isWanted =
            (endpoint === undefined || event.event.endpoint === endpoint) &&
            (rollout === undefined || event.event.rollout === rollout);
          if (isWanted) out.data(out.json ? JSON.stringify(event) : eventLine(event, out.paint));
        }
        return EXIT.interrupted;
      }),
    );
};

const styles: Readonly<Record<string, Style>> = {
  'rollout.promoted': 'good',
  'rollout.promoting': 'good',
  'rollout.reverting': 'bad',
  'rollout.reverted': 'bad',
  'rollout.holding': 'warn',
};

/** One line: time, endpoint, what, share, sentence. */
export function eventLine({ at, event }: EventBody, paint: Paint): string {
  const kind = event.kind.replace(/^rollout\./, '');
  return [
    paint('dim', clockTime(at)),
    paint('strong', event.endpoint),
    paint(styles[event.kind] ?? 'plain', kind.padEnd(9)),
    share(event.shareBps).padStart(6),
    paint('plain', event.sentence),
  ].join('  ');
}
