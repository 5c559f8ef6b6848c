import type { Command } from 'commander';
import type { Runner } from './command.ts';
import { followRollout } from './follow.ts';
import { jsonLinesView, linesView, liveView, waitingView } from './follow-view.ts';
import type { FollowView } from './follow-view.ts';
import { milliseconds, readRollout } from './reference.ts';
import type { Session } from './session.ts';

type Options = { readonly timeout?: string };

/** `rollout watch`. */
export function addRolloutWatch(rollout: Command, runner: Runner): void {
  rollout
    .command('watch ROLLOUT')
    .description('watch a rollout until it ends; ^C detaches (ROLLOUT: its id or its endpoint)')
    .option('--timeout <duration>', 'watch no longer than this')
    .addHelpText('after', afterHelp)
    .action(
      runner.does<Options>(async (session, [word = ''], { timeout }) => {
        const found = await readRollout(await session.client(), word);
        return followRollout(session, found, {
          view: watchView(session),
          timeoutMs: timeout === undefined ? null : milliseconds(timeout, '--timeout'),
          stopsAtHold: false,
        });
      }),
    );
}

const afterHelp =
  '\nExit codes: 0 promoted, 10 rolled back, 11 held for want of evidence when time ran out,\n' +
  '13 ended by a person, 124 time ran out, 130 detached.';

const isLive = ({ out, parts }: Session): boolean =>
  out.isTty && !out.json && parts.environment['TERM'] !== 'dumb';

/** Live on a terminal, else one line an event; with --json one object a line. */
function watchView(session: Session): FollowView {
  if (session.out.json) return jsonLinesView(session.out);
  return isLive(session) ? liveView(session.out) : linesView(session.out);
}

/** For commands that wait: live on a terminal, else one result at the end. */
export const waitView = (session: Session): FollowView =>
  isLive(session) ? liveView(session.out) : waitingView(session.out);
