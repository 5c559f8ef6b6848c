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
import { ladderOf, placeOf } from '../strategy/ladder.ts';
import { SAMPLE_RATIO } from '../strategy/arm-integrity.ts';
import { swapped } from './arms-change.ts';
import { contendersOf } from './contenders.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { moved } from './step.ts';
import type { Step } from './step.ts';
import { isFinal, isQueued } from './rollout.ts';
import type { Phase, Rollout } from './rollout.ts';
import type { Transition } from './transition.ts';

/**
 * Which commands a phase takes. Going back is possible from every phase that is not final (law 9).
 * What waits in a queue leaves it by both `rollback` and `cancel`. `cancel` before the first
 * traffic ends the rollout on the spot; later it means what somebody who wants out means, a
 * rollback. Both may be repeated while the rollout is reverting.
 */
export const ALLOWED = {
  queued: ['rollback', 'cancel'],
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
    case 'promote': {
      const arm = meantArm(rollout, command);
      return arm.ok ? ok(promoting(step, causeOf(command), arm.value)) : arm;
    }
    case 'rollback':
      return ok(isQueued(rollout) ? cancelled(step, command) : back(step, command));
    case 'cancel': {
      const isEarly = isQueued(rollout) || rollout.phase === 'preparing';
      return ok(isEarly ? cancelled(step, command) : back(step, command));
    }
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
  // Who goes on although a strategy asked does not believe its evidence: it begins anew.
  const isDoubted = rollout.hold?.by === 'strategy';
  const patch = {
    phase: 'advancing',
    phaseSince: now,
    hold: null,
    accepted: acceptedAfter(rollout),
    ...(isDoubted ? { evidenceFrom: now } : {}),
  } as const;
  return moved(step, patch, {
    kind: 'rollout.resumed',
    sentence: `${actor} resumed it: ${reason}${isDoubted ? ` ${whyAnew(rollout)}` : ''}`,
  });
}

/** Nothing of what was counted is used again, and nobody should wonder where it went. */
const whyAnew = ({ hold }: Rollout): string =>
  hold?.who === SAMPLE_RATIO
    ? 'Everything is counted anew: units that did not come in as the shares say compare nothing.'
    : 'Everything is counted anew: evidence that was looked at and set aside would be spent twice.';

/** The candidate that is meant: as named, as proposed by the strategy, or the only one. */
function meantArm(rollout: Rollout, { arm, kind }: Command): Result<string, Refusal> {
  const left = contendersOf(rollout).filter((one) => !rollout.dropped.includes(one.arm));
  const names = left.map((one) => one.arm);
  const wanted = arm ?? rollout.hold?.arm ?? (names.length === 1 ? names[0] : undefined);
  if (wanted === undefined) {
    const sentence = `Say which candidate of ${rollout.id} to ${kind}: ${list(names)}.`;
    return err(refusal('ROLLOUT_ARM_UNKNOWN', sentence, 'arm'));
  }
  if (names.includes(wanted)) return ok(wanted);
  const sentence = `Rollout ${rollout.id} has no candidate ${wanted}; it has ${list(names)}.`;
  return err(refusal('ROLLOUT_ARM_UNKNOWN', sentence, 'arm'));
}

/** Going on after a soft guardrail asked is the answer to it. */
function acceptedAfter({ hold, accepted }: Rollout): readonly string[] {
  return hold?.by === 'check' && !accepted.includes(hold.who) ? [...accepted, hold.who] : accepted;
}

function toNextStage(step: Step, command: Command): Result<Transition, Refusal> {
  const { rollout } = step;
  const { actor, reason } = command;
  if (placeOf(rollout).spec.kind === 'champion-challenger') return takeOver(step, command);
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

/** A challenger becomes the champion because somebody says so; the contest goes on. */
function takeOver(step: Step, command: Command): Result<Transition, Refusal> {
  const arm = meantArm(step.rollout, command);
  if (!arm.ok) return arm;
  const { actor, reason } = command;
  const transition = swapped(step, arm.value, `${actor} let it take over: ${reason}`);
  const { phase, phaseSince } = step.rollout;
  const since = phase === 'advancing' ? phaseSince : step.now;
  const going = { phase: 'advancing', phaseSince: since, hold: null } as const;
  return ok({ ...transition, after: { ...transition.after, ...going } });
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
