import { versionName } from '../catalog/version.ts';
import { CANDIDATE_ARM } from './arm.ts';
import { contenderOf } from './contenders.ts';
import type { Cause } from './decision.ts';
import type { Rollout } from './rollout.ts';
import { moved, serving } from './step.ts';
import type { Step } from './step.ts';
import type { Transition } from './transition.ts';

/** One of several candidates is out; what it had goes to the baseline (law 6: never to another). */
export function dropped(step: Step, arm: string, cause: Cause): Transition {
  const { rollout } = step;
  const patch = { dropped: [...rollout.dropped, arm] };
  const name = versionName(contenderOf(rollout, arm).version);
  const sentence = `${name} is out: ${cause.who}: ${cause.sentence}`;
  return moved(step, patch, { kind: 'rollout.dropped', sentence });
}

/**
 * A candidate and the baseline change places. Evidence begins anew: what was counted for one role
 * says nothing of the other.
 */
export function swapped(step: Step, arm: string, reason: string): Transition {
  const { rollout, endpoint, now } = step;
  const { version } = contenderOf(rollout, arm);
  const former = rollout.baseline;
  const patch: Partial<Rollout> = {
    baseline: version,
    evidenceFrom: now,
    stageSince: now,
    ...(arm === CANDIDATE_ARM
      ? { candidate: former }
      : {
          others: rollout.others.map((one) => (one.arm === arm ? { arm, version: former } : one)),
        }),
  };
  const sentence = `${versionName(version)} is the champion now: ${reason}`;
  const transition = moved(step, patch, { kind: 'rollout.swapped', sentence });
  if (endpoint === null) return transition;
  return { ...transition, endpoint: serving(endpoint, { version, previous: former, now }) };
}
