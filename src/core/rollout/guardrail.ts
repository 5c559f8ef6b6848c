import type { Check } from '../analysis/check.ts';
import type { OutcomeCheck } from '../analysis/outcome-check.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { Stage } from '../strategy/stage.ts';
import { contendersIn } from './contenders.ts';
import type { Cause } from './decision.ts';
import type { Rollout } from './rollout.ts';
import type { RolloutSpec } from './spec.ts';

/** What failed guardrails demand, whatever the strategy would do; null: nothing. */
export type Demand =
  | { readonly type: 'revert'; readonly cause: Cause }
  | { readonly type: 'drop'; readonly arm: string; readonly cause: Cause }
  | { readonly type: 'ask'; readonly cause: Cause };

/** A hard guardrail ends the rollout; a soft one holds it, once, until a person has answered. */
export function guard(rollout: Rollout, verdicts: readonly Verdict[]): Demand | null {
  const failed = verdicts.filter(({ outcome }) => outcome === 'fail');
  const hard = failed.find((verdict) => onFailOf(rollout.spec, verdict) === 'hard');
  if (hard !== undefined) return takenOut(rollout, hard.arm, causeOf(hard));
  const soft = failed.find(
    (verdict) =>
      onFailOf(rollout.spec, verdict) === 'soft' && !rollout.accepted.includes(verdict.check),
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
 * what the stage cannot show.
 */
export function requiredChecks<T extends Named>(
  { rollout, stage }: { readonly rollout: Rollout; readonly stage: Stage },
  checks: readonly T[],
): readonly T[] {
  return checks.filter(
    (one) =>
      onFailOf(rollout.spec, one) !== 'inform' &&
      !rollout.accepted.includes(one.check) &&
      canShow(stage, one, rollout),
  );
}

type Named = { readonly check: string; readonly outcome?: Verdict['outcome'] };

/** Disagreement shows where copies are made; feedback is about answers that somebody got. */
function canShow(stage: Stage, one: Named, { spec }: Rollout): boolean {
  const declared = declaredOf(spec, one);
  if (declared === undefined) return false;
  if ('metric' in declared) return stage.mirror !== null || declared.metric !== 'disagreement';
  return stage.share > 0 && (declared.onMissing === 'hold' || one.outcome !== 'starved');
}

/** What a failure of a check does; a check that was not declared only reports. */
export const onFailOf = (spec: RolloutSpec, one: Named): Check['onFail'] =>
  declaredOf(spec, one)?.onFail ?? 'inform';

const declaredOf = (
  { checks, outcomeChecks = [] }: RolloutSpec,
  { check }: Named,
): Check | OutcomeCheck | undefined =>
  [...checks, ...outcomeChecks].find(({ name }) => name === check);

const causeOf = (verdict: Verdict): Cause => ({
  by: 'check',
  who: verdict.check,
  sentence: verdict.sentence,
  verdict,
});
