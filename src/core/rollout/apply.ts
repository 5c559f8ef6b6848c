import type { Endpoint } from '../routing/endpoint.ts';
import { sameVersion } from '../catalog/version.ts';
import { assertNever, invariant } from '../lib/invariant.ts';
import type { Instant } from '../lib/units.ts';
import { latency } from '../lib/wording.ts';
import { versionName } from '../catalog/version.ts';
import type { Cause, Decision } from './decision.ts';
import type { Effect, RolloutEvent } from './effect.ts';
import { isFinal } from './rollout.ts';
import type { Rollout } from './rollout.ts';
import { candidateShare } from './share.ts';
import type { Transition } from './transition.ts';

/** What a step of a rollout is made from. `endpoint` null: unknown; nothing is done to it. */
export type Step = {
  readonly rollout: Rollout;
  readonly endpoint: Endpoint | null;
  readonly now: Instant;
  readonly why: Transition['why'];
};

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
      return promoting(whole, {
        by: 'check',
        who: 'every check',
        sentence: decision.reason,
        verdict: null,
      });
    case 'revert':
      return reverting(whole, decision.cause);
    case 'settle':
      return settled(whole);
    default:
      return assertNever(decision, 'apply');
  }
}

/** The candidate goes on to a stage; a hold ends with it. */
export function advanced(step: Step, stage: number, sentence: string): Transition {
  const { rollout, now } = step;
  invariant(rollout.spec.strategy.stages[stage] !== undefined, `there is no stage ${stage}`);
  const phaseSince = rollout.phase === 'advancing' ? rollout.phaseSince : now;
  const patch = { phase: 'advancing', phaseSince, stage, stageSince: now, hold: null } as const;
  return moved(step, patch, { kind: 'rollout.advanced', sentence });
}

/** All traffic goes to the candidate, which becomes the version in production. */
export function promoting(step: Step, cause: Cause): Transition {
  const { rollout, endpoint, now } = step;
  const patch = { phase: 'promoting', phaseSince: now, hold: null, cause } as const;
  const { candidate, baseline } = rollout;
  const transition = moved(step, patch, { kind: 'rollout.promoting', sentence: cause.sentence });
  return {
    ...transition,
    endpoint:
      endpoint === null ? null : serving(endpoint, { version: candidate, previous: baseline, now }),
  };
}

/** All traffic goes back to the baseline, from wherever the rollout is. */
export function reverting(step: Step, cause: Cause): Transition {
  const { rollout, endpoint, now } = step;
  const patch = { phase: 'reverting', phaseSince: now, hold: null, cause } as const;
  const sentence = `${cause.who}: ${cause.sentence}`;
  const transition = moved(step, patch, { kind: 'rollout.reverting', sentence });
  if (endpoint === null || !sameVersion(endpoint.version, rollout.candidate)) return transition;
  // The candidate is not offered as a version to go back to: it has just been taken out.
  const back = { version: rollout.baseline, previous: null, now };
  return { ...transition, endpoint: serving(endpoint, back) };
}

/** The next revision of a rollout with its event. */
export function moved(
  { rollout, now, why }: Step,
  patch: Partial<Rollout>,
  event: Pick<RolloutEvent, 'kind' | 'sentence'>,
): Transition {
  invariant(!isFinal(rollout), `a rollout that is ${rollout.phase} does not move`);
  invariant(now >= 0, 'a step has a moment');
  const after: Rollout = { ...rollout, ...patch, revision: rollout.revision + 1 };
  return { before: rollout, after, endpoint: null, why, effects: [notify(after, event)] };
}

/** Tells people and other systems what happened; ids let receivers dedupe. */
export function notify(
  rollout: Rollout,
  { kind, sentence }: Pick<RolloutEvent, 'kind' | 'sentence'>,
): Effect {
  const { id, endpoint, revision } = rollout;
  const shareBps = candidateShare(rollout);
  const event = { kind, rollout: id, endpoint, revision, shareBps, sentence };
  return { id: `${id}/${revision}/0`, type: 'notify', event };
}

function settled(step: Step): Transition {
  const { rollout, now } = step;
  const { phase, candidate, baseline } = rollout;
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

function serving(
  endpoint: Endpoint,
  change: Pick<Endpoint, 'version' | 'previous'> & { readonly now: Instant },
): Endpoint {
  const { version, previous, now } = change;
  return { ...endpoint, version, previous, revision: endpoint.revision + 1, changedAt: now };
}

function frozenSentence({ slow, tail }: Rollout['thresholdsMs']): string {
  const said = (ms: number | null): string => (ms === null ? 'nothing' : latency(ms));
  return `From now on answers above ${said(slow)} count as slow, above ${said(tail)} as very slow.`;
}
