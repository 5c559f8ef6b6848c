import type { CallAnswer, EventBody } from '../protocol/admin/call.ts';
import { eventLine } from './events.ts';
import type { Exit } from './exit.ts';
import type { Output } from './output.ts';
import { widthOf } from './paint.ts';
import { rolloutText, versionOf } from './rollout-view.ts';
import { share } from './wording.ts';

type RolloutBody = CallAnswer<'rollout.read'>;

/** How what goes on at a rollout is shown. */
export type FollowView = {
  event(event: EventBody): void;
  /** The rollout as it is now; `staleMs`: how old that is, 0 when it is fresh. */
  state(rollout: RolloutBody, staleMs: number): void;
  /** The last call. */
  end(rollout: RolloutBody, exit: Exit): void;
};

/** The sentence that sums a rollout up. */
export function outcomeSentence(rollout: RolloutBody): string {
  const { id, endpoint, phase, candidate, shareBps, cause, hold } = rollout;
  const why = cause?.sentence ?? hold?.sentence ?? rollout.doing;
  return `${id}: ${endpoint} ${phase} with ${versionOf(candidate)} at ${share(shareBps)}: ${why}`;
}

/** One JSON object a line: every event, the rollout whenever it changed, and how it ended. */
export function jsonLinesView({ data }: Output): FollowView {
  let revision: number | null = null;
  return {
    event: (event) => data(JSON.stringify({ type: 'event', ...event })),
    state: (rollout) => {
      if (rollout.revision === revision) return;
      ({ revision } = rollout);
      data(JSON.stringify({ type: 'rollout', ...rollout }));
    },
    end: (rollout, exit) => data(JSON.stringify({ type: 'end', exit, rollout })),
  };
}

/** One line an event, for logs and pipes. */
export function linesView(out: Output): FollowView {
  return {
    event: (event) => out.data(eventLine(event, out.paint)),
    state: () => undefined,
    end: (rollout) => out.data(outcomeSentence(rollout)),
  };
}

/** Events are chatter; the result is the rollout as it ended. */
export function waitingView(out: Output): FollowView {
  return {
    event: (event) => out.say(eventLine(event, out.paint)),
    state: () => undefined,
    end: (rollout, exit) => out.result({ ...rollout, exit }, () => outcomeSentence(rollout)),
  };
}

/** Redraws the rollout in place below the lines of its events. */
export function liveView(out: Output): FollowView {
  let rows = 0;
  let last: RolloutBody | null = null;
  const wipe = (): string => (rows === 0 ? '' : `\u{1b}[${rows}A\r\u{1b}[J`);
  const draw = (above: readonly string[], frame: readonly string[]): void => {
    const lines = frame.flatMap((text) => text.split('\n'));
    out.raw(`${wipe()}${[...above, ...lines].map((line) => `${line}\n`).join('')}`);
    // A line longer than the window takes several rows of it.
    rows = lines.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / out.columns)),
      0,
    );
  };
  const frameOf = (rollout: RolloutBody, staleMs: number): readonly string[] => {
    const asOf = new Date(Date.now() - staleMs).toISOString().slice(11, 19);
    const note =
      staleMs === 0
        ? out.paint('dim', `as of ${asOf} UTC · ^C detaches, the rollout goes on`)
        : out.paint('warn', `the control plane does not answer; as of ${asOf} UTC`);
    return ['', ...rolloutText(rollout, out, Date.now()), note];
  };
  return {
    event: (event) => draw([eventLine(event, out.paint)], last === null ? [] : frameOf(last, 0)),
    state: (rollout, staleMs) => {
      last = rollout;
      draw([], frameOf(rollout, staleMs));
    },
    end: (rollout) => draw(['', ...rolloutText(rollout, out, Date.now())], []),
  };
}
