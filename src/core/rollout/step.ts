import type { Endpoint } from '../routing/endpoint.ts';
import { invariant } from '../lib/invariant.ts';
import type { Instant } from '../lib/units.ts';
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

/** The endpoint with another version in production. */
export function serving(
  endpoint: Endpoint,
  change: Pick<Endpoint, 'version' | 'previous'> & { readonly now: Instant },
): Endpoint {
  const { version, previous, now } = change;
  return { ...endpoint, version, previous, revision: endpoint.revision + 1, changedAt: now };
}
