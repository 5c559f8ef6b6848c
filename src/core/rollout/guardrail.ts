import type { Check } from '../analysis/check.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { Stage } from '../strategy/stage.ts';
import { contendersIn } from './contenders.ts';
import type { Cause } from './decision.ts';
import type { Rollout } from './rollout.ts';

/** What failed guardrails demand, whatever the strategy would do; null: nothing. */
export type Demand =
  | { readonly type: 'revert'; readonly cause: Cause }
  | { readonly type: 'drop'; readonly arm: string; readonly cause: Cause }
  | { readonly type: 'ask'; readonly cause: Cause };

/** A hard guardrail ends the rollout; a soft one holds it, once, until a person has answered. */
export function guard(rollout: Rollout, verdicts: readonly Verdict[]): Demand | null {
  const failed = verdicts.filter(({ outcome }) => outcome === 'fail');
  const hard = failed.find((verdict) => onFailOf(rollout, verdict) === 'hard');
  if (hard !== undefined) return takenOut(rollout, hard.arm, causeOf(hard));
  const soft = failed.find(
    (verdict) => onFailOf(rollout, verdict) === 'soft' && !rollout.accepted.includes(verdict.check),
  );
  return soft === undefined ? null : { type: 'ask', cause: causeOf(soft) };
}

/** The last candidate ends the rollout; one of several leaves it to the others. */
export function takenOut(rollout: Rollout, arm: string, cause: Cause): Demand {
  const left = contendersIn(rollout);
  const isLast = left.every((one) => one.arm === arm);
  return isLast ? { type: 'revert', cause } : { type: 'drop', arm, cause };
}

/**
 * The checks that must pass before the candidate gets more: all but reports, accepted ones, and
 * what only copies can show where none are made.
 */
export function requiredChecks<T extends { readonly check: string }>(
  { rollout, stage }: { readonly rollout: Rollout; readonly stage: Stage },
  checks: readonly T[],
): readonly T[] {
  return checks.filter(
    (one) =>
      onFailOf(rollout, one) !== 'inform' &&
      !rollout.accepted.includes(one.check) &&
      (stage.mirror !== null || declaredOf(rollout, one)?.metric !== 'disagreement'),
  );
}

const onFailOf = (rollout: Rollout, one: { readonly check: string }): Check['onFail'] =>
  declaredOf(rollout, one)?.onFail ?? 'inform';

const declaredOf = ({ spec }: Rollout, { check }: { readonly check: string }): Check | undefined =>
  spec.checks.find(({ name }) => name === check);

const causeOf = (verdict: Verdict): Cause => ({
  by: 'check',
  who: verdict.check,
  sentence: verdict.sentence,
  verdict,
});
