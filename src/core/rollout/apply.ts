import type { Endpoint } from '../routing/endpoint.ts';
import { sameVersion, versionName } from '../catalog/version.ts';
import type { VersionRef } from '../catalog/version.ts';
import type { Instant } from '../lib/units.ts';
import { assertNever, invariant } from '../lib/invariant.ts';
import { latency } from '../lib/wording.ts';
import { CANDIDATE_ARM } from './arm.ts';
import { contenderOf, contendersOf } from './contenders.ts';
import { dropped, swapped } from './arms-change.ts';
import type { Cause, Decision } from './decision.ts';
import type { Rollout } from './rollout.ts';
import { moved, serving } from './step.ts';
import type { Step } from './step.ts';
import { ladderOf, stageOf } from '../strategy/ladder.ts';
import type { Transition } from './transition.ts';

/** Carries a decision out on paper. Null: it changes nothing. */
export function apply(step: Omit<Step, 'why'>, decision: Decision): Transition | null {
  const { now } = step;
  const whole: Step = { ...step, why: { decision } };
  switch (decision.type) {
    case 'hold':
      return null;
    case 'freeze':
      return moved(
        whole,
        { thresholdsMs: decision.thresholdsMs },
        {
          kind: 'rollout.frozen',
          sentence: frozenSentence(decision.thresholdsMs),
        },
      );
    case 'advance':
      return advanced(whole, decision.stage, decision.reason);
    case 'ask':
      return moved(
        whole,
        { phase: 'holding', phaseSince: now, hold: decision.cause },
        { kind: 'rollout.holding', sentence: `${decision.cause.who}: ${decision.cause.sentence}` },
      );
    case 'promote':
      return promoting(whole, causeOf('every check', decision.reason), decision.arm);
    case 'reweigh':
      return moved(
        whole,
        {
          weights: decision.weights,
          ...(decision.segments === undefined ? {} : { segmentWeights: decision.segments }),
        },
        { kind: 'rollout.reweighed', sentence: decision.reason },
      );
    case 'drop':
      return dropped(whole, decision.arm, decision.cause);
    case 'swap':
      return swapped(whole, decision.arm, decision.reason);
    case 'revert':
      return reverting(whole, decision.cause);
    case 'cancel':
      return withdrawn(whole, decision.cause);
    case 'settle':
      return settled(whole);
    default:
      return assertNever(decision, 'apply');
  }
}

/** The candidate goes on to a stage; a hold ends with it. */
export function advanced(step: Step, stage: number, sentence: string): Transition {
  const { rollout, now } = step;
  const next = ladderOf(rollout.spec)[stage];
  invariant(next !== undefined, `there is no stage ${stage}`);
  // Other people: what was shown for the ones before says nothing of them.
  const isForOthers = stage > 0 && next.audience !== stageOf(rollout).audience;
  const phaseSince = rollout.phase === 'advancing' ? rollout.phaseSince : now;
  const patch = {
    phase: 'advancing',
    phaseSince,
    stage,
    stageSince: now,
    hold: null,
    weights: null,
    evidenceFrom: isForOthers ? now : rollout.evidenceFrom,
  } as const;
  return moved(step, patch, { kind: 'rollout.advanced', sentence });
}

/** All traffic goes to the candidate, which becomes the version in production. */
export function promoting(step: Step, cause: Cause, arm = CANDIDATE_ARM): Transition {
  const { rollout, endpoint, now } = step;
  const winner = arm === CANDIDATE_ARM ? null : arm;
  const patch = { phase: 'promoting', phaseSince: now, hold: null, cause, winner } as const;
  const candidate = contenderOf(rollout, arm).version;
  const transition = moved(step, patch, { kind: 'rollout.promoting', sentence: cause.sentence });
  return {
    ...transition,
    endpoint:
      endpoint === null
        ? null
        : serving(endpoint, { version: candidate, previous: endpoint.version, now }),
  };
}

/** All traffic goes back to the baseline, from wherever the rollout is. */
export function reverting(step: Step, cause: Cause): Transition {
  const { rollout, endpoint, now } = step;
  const patch = { phase: 'reverting', phaseSince: now, hold: null, cause } as const;
  const sentence = `${cause.who}: ${cause.sentence}`;
  const transition = moved(step, patch, { kind: 'rollout.reverting', sentence });
  if (endpoint === null || rollout.phase !== 'promoting') return transition;
  return { ...transition, endpoint: withoutCandidate(rollout, endpoint, now) };
}

/**
 * The endpoint when a promotion is taken back; null: it had left no trace there. Beside others a
 * rollout may have replaced what another had promoted before, and may have been replaced since. A
 * candidate is not offered as a version to go back to: it has just been taken out.
 */
function withoutCandidate(rollout: Rollout, endpoint: Endpoint, now: Instant): Endpoint | null {
  const { version, previous } = endpoint;
  const { baseline, slice } = rollout;
  if (isCandidate(rollout, version)) {
    const before = slice === undefined ? baseline : (previous ?? baseline);
    return serving(endpoint, { version: before, previous: null, now });
  }
  if (previous === null || !isCandidate(rollout, previous)) return null;
  return serving(endpoint, { version, previous: baseline, now });
}

/** It leaves the queue without having begun. */
function withdrawn(step: Step, cause: Cause): Transition {
  const patch = { phase: 'cancelled', phaseSince: step.now, cause } as const;
  return moved(step, patch, { kind: 'rollout.cancelled', sentence: cause.sentence });
}

const isCandidate = (rollout: Rollout, version: VersionRef): boolean =>
  contendersOf(rollout).some((one) => sameVersion(one.version, version));

const causeOf = (who: string, sentence: string): Cause => ({
  by: 'check',
  who,
  sentence,
  verdict: null,
});

function settled(step: Step): Transition {
  const { rollout, now } = step;
  const { phase, winner, baseline } = rollout;
  const candidate = contenderOf(rollout, winner ?? CANDIDATE_ARM).version;
  invariant(
    phase === 'promoting' || phase === 'reverting',
    `only a rollout that is promoting or reverting settles, not one that is ${phase}`,
  );
  return phase === 'promoting'
    ? moved(
        step,
        { phase: 'promoted', phaseSince: now },
        {
          kind: 'rollout.promoted',
          sentence: `${versionName(candidate)} serves all traffic on every gateway.`,
        },
      )
    : moved(
        step,
        { phase: 'reverted', phaseSince: now },
        {
          kind: 'rollout.reverted',
          sentence: `${versionName(baseline)} serves all traffic again on every gateway.`,
        },
      );
}

function frozenSentence({ slow, tail }: Rollout['thresholdsMs']): string {
  const said = (ms: number | null): string => (ms === null ? 'nothing' : latency(ms));
  return `From now on answers above ${said(slow)} count as slow, above ${said(tail)} as very slow.`;
}
