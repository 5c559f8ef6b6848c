import type { Command } from 'commander';
import type { CallAnswer } from '../protocol/admin/call.ts';
import type { CommandKind } from '../core/rollout/command.ts';
import type { Runner } from './command.ts';
import { confirm } from './confirm.ts';
import { EXIT } from './exit.ts';
import type { Exit } from './exit.ts';
import { followRollout } from './follow.ts';
import { integer, milliseconds, readRollout } from './reference.ts';
import { partOf, versionOf } from './rollout-view.ts';
import { waitView } from './rollout-watch.ts';
import type { Session } from './session.ts';
import { share } from './wording.ts';

type RolloutBody = CallAnswer<'rollout.read'>;

type Act = {
  readonly does: string;
  /** Said before a person confirms it; null: it lowers the risk and asks nobody. */
  readonly warns: ((rollout: RolloutBody) => string) | null;
  /** Phases it is meant to end in; none: it ends nothing. */
  readonly endsIn: readonly RolloutBody['phase'][];
  readonly needsReason: boolean;
};

const acts: Readonly<Record<CommandKind, Act>> = {
  pause: {
    does: 'hold it where it is; guardrails stay on',
    warns: null,
    endsIn: [],
    needsReason: false,
  },
  resume: { does: 'go on after a hold', warns: null, endsIn: [], needsReason: false },
  advance: {
    does: 'go to the next step, whatever the evidence',
    warns: ({ candidate }) =>
      `This raises the share of ${versionOf(candidate)} although its step has not passed.`,
    endsIn: [],
    needsReason: true,
  },
  promote: {
    does: 'give the candidate all traffic, whatever the evidence',
    warns: ({ candidate, shareBps }) =>
      `This sends all traffic to ${versionOf(candidate)}, which has ${share(shareBps)} now, ` +
      'without waiting for evidence.',
    endsIn: ['promoted'],
    needsReason: true,
  },
  rollback: {
    does: 'give the baseline all traffic again',
    warns: null,
    endsIn: ['reverted'],
    needsReason: true,
  },
  cancel: {
    does: 'end it; once the candidate has had traffic, as a rollback',
    warns: null,
    endsIn: ['cancelled', 'reverted'],
    needsReason: false,
  },
};

type Options = {
  readonly reason?: string;
  readonly revision?: string;
  readonly arm?: string;
  readonly wait?: true;
  readonly timeout?: string;
};

/** `rollout pause|resume|advance|promote|rollback|cancel`. */
export function addRolloutActs(rollout: Command, runner: Runner): void {
  for (const [kind, act] of Object.entries(acts) as [CommandKind, Act][]) {
    const command = rollout
      .command(`${kind} ROLLOUT`)
      .description(`${act.does} (ROLLOUT: its id or its endpoint)`)
      .option('--revision <n>', 'refuse unless the rollout is at this revision');
    if (kind === 'promote' || kind === 'advance') {
      command.option('--arm <arm>', 'which of several candidates; default: the proposed one');
    }
    const reason = 'why; kept in the audit log';
    if (act.needsReason) command.requiredOption('--reason <text>', reason);
    else command.option('--reason <text>', reason);
    if (act.endsIn.length > 0) {
      command
        .option('--wait', 'wait until it has ended')
        .option('--timeout <duration>', 'with --wait: wait no longer than this');
    }
    command.action(
      runner.does<Options>((session, [word = ''], options) =>
        perform(session, { kind, word }, options),
      ),
    );
  }
}

async function perform(
  session: Session,
  { kind, word }: { readonly kind: CommandKind; readonly word: string },
  { reason = 'asked on the command line', revision, arm, wait, timeout }: Options,
): Promise<Exit> {
  const act = acts[kind];
  const timeoutMs = timeout === undefined ? null : milliseconds(timeout, '--timeout');
  const client = await session.client();
  const found = await readRollout(client, word);
  if (act.warns !== null) await confirm(session, act.warns(found), found.endpoint);
  const after = await client.rollout.command({
    params: { rollout: found.id },
    body: {
      command: kind,
      reason,
      ...(arm === undefined ? {} : { arm }),
      ...(revision === undefined ? {} : { revision: integer(revision, '--revision', 0) }),
    },
  });
  const sentence = `${after.id}: ${after.phase}, ${share(after.shareBps)} of ${partOf(after)}`;
  if (wait !== true) {
    session.out.result(after, () => sentence);
    return EXIT.ok;
  }
  session.out.say(sentence);
  const view = waitView(session);
  return followRollout(session, after, {
    view,
    timeoutMs,
    stopsAtHold: false,
    wished: act.endsIn,
  });
}
