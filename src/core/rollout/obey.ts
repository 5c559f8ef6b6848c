import { versionName } from '../catalog/version.ts';
import { assertNever } from '../lib/invariant.ts';
import { err, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Instant } from '../lib/units.ts';
import { count, list } from '../lib/wording.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import { advanced, promoting, reverting } from './apply.ts';
import type { Command, CommandKind } from './command.ts';
import type { Cause } from './decision.ts';
import { ladderOf } from '../strategy/ladder.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { moved } from './step.ts';
import type { Step } from './step.ts';
import { isFinal } from './rollout.ts';
import type { Phase, Rollout } from './rollout.ts';
import type { Transition } from './transition.ts';

/**
 * Which commands a phase takes. Going back is possible from every phase that is not final (law 9).
 * `cancel` before the first traffic ends the rollout on the spot; later it means what somebody who
 * wants out means, a rollback. Both may be repeated while the rollout is reverting.
 */
export const ALLOWED = {
  preparing: ['rollback', 'cancel'],
  advancing: ['pause', 'advance', 'promote', 'rollback', 'cancel'],
  holding: ['resume', 'advance', 'promote', 'rollback', 'cancel'],
  promoting: ['rollback', 'cancel'],
  reverting: ['rollback', 'cancel'],
  promoted: [],
  reverted: [],
  cancelled: [],
} as const satisfies Record<Phase, readonly CommandKind[]>;

/** A command and what it is given to. */
export type Order = {
  readonly rollout: Rollout;
  /** The rollout's endpoint as it is now. */
  readonly endpoint: Endpoint;
  readonly command: Command;
  readonly now: Instant;
};

/**
 * Does what a person asks, or says why not. A transition whose `after` is its `before` changes
 * nothing: the command had been followed already, and is only written down.
 */
export function obey({ rollout, endpoint, command, now }: Order): Result<Transition, Refusal> {
  if (isFinal(rollout)) {
    const sentence = `Rollout ${rollout.id} has ended: it is ${rollout.phase}.`;
    return err(refusal('ROLLOUT_ENDED', sentence));
  }
  const allowed: readonly CommandKind[] = ALLOWED[rollout.phase];
  if (!allowed.includes(command.kind)) return err(refusedIn(rollout, command.kind));
  const step: Step = { rollout, endpoint, now, why: { command } };
  switch (command.kind) {
    case 'pause':
      return ok(paused(step, causeOf(command)));
    case 'resume':
      return ok(resumed(step, command));
    case 'advance':
      return toNextStage(step, command);
    case 'promote':
      return ok(promoting(step, causeOf(command)));
    case 'rollback':
      return ok(back(step, command));
    case 'cancel':
      return ok(rollout.phase === 'preparing' ? cancelled(step, command) : back(step, command));
    default:
      return assertNever(command.kind, 'obey');
  }
}

const causeOf = ({ actor, reason }: Command): Cause => ({
  by: 'person',
  who: actor,
  sentence: reason,
  verdict: null,
});

function paused(step: Step, cause: Cause): Transition {
  const patch = { phase: 'holding', phaseSince: step.now, hold: cause } as const;
  return moved(step, patch, {
    kind: 'rollout.holding',
    sentence: `${cause.who} paused it: ${cause.sentence}`,
  });
}

function resumed(step: Step, { actor, reason }: Command): Transition {
  const { rollout, now } = step;
  const patch = {
    phase: 'advancing',
    phaseSince: now,
    hold: null,
    accepted: acceptedAfter(rollout),
  } as const;
  return moved(step, patch, {
    kind: 'rollout.resumed',
    sentence: `${actor} resumed it: ${reason}`,
  });
}

/** Going on after a soft guardrail asked is the answer to it. */
function acceptedAfter({ hold, accepted }: Rollout): readonly string[] {
  return hold?.by === 'check' && !accepted.includes(hold.who) ? [...accepted, hold.who] : accepted;
}

function toNextStage(step: Step, { actor, reason }: Command): Result<Transition, Refusal> {
  const { rollout } = step;
  const stages = ladderOf(rollout.spec);
  const next = rollout.stage + 1;
  if (stages[next] === undefined) {
    const share = count((stages.at(-1)?.share ?? 0) / 100);
    const sentence = `Rollout ${rollout.id} is in its last stage (${share} %); promote it instead.`;
    return err(refusal('ROLLOUT_COMMAND_REFUSED', sentence));
  }
  const transition = advanced(step, next, `${actor} advanced it: ${reason}`);
  const after = { ...transition.after, accepted: acceptedAfter(rollout) };
  return ok({ ...transition, after });
}

function back(step: Step, command: Command): Transition {
  const { rollout, why } = step;
  if (rollout.phase !== 'reverting') return reverting(step, causeOf(command));
  return { before: rollout, after: rollout, endpoint: null, why, effects: [] };
}

function cancelled(step: Step, command: Command): Transition {
  const cause = causeOf(command);
  const patch = { phase: 'cancelled', phaseSince: step.now, hold: null, cause } as const;
  const sentence = `${cause.who} cancelled it before it had traffic: ${cause.sentence}`;
  return moved(step, patch, { kind: 'rollout.cancelled', sentence });
}

function refusedIn({ id, phase, candidate }: Rollout, kind: CommandKind): Refusal {
  const sentence =
    `Rollout ${id} of ${versionName(candidate)} is ${phase}; ${kind} does not apply. ` +
    `It takes: ${list(ALLOWED[phase])}.`;
  return refusal('ROLLOUT_COMMAND_REFUSED', sentence);
}
