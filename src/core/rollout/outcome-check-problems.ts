import { OUTCOME_UNITS_MIN } from '../analysis/outcome-check.ts';
import type { OutcomeCheck } from '../analysis/outcome-check.ts';
import { count } from '../lib/wording.ts';
import { isCompared, ladderOf } from '../strategy/ladder.ts';
import { gather } from '../strategy/stage-problems.ts';
import type { SpecProblem } from '../strategy/strategy.ts';
import type { RolloutSpec } from './spec.ts';

const UNITS_MAX = 1_000_000_000;

/** Everything that is wrong with the declared checks on feedback. */
export function outcomeCheckProblems(spec: RolloutSpec): readonly SpecProblem[] {
  const { checks, outcomeChecks = [] } = spec;
  return gather((found) => {
    for (const [index, check] of outcomeChecks.entries()) {
      const path = `triggers.${check.name}`;
      const earlier = [...checks, ...outcomeChecks.slice(0, index)];
      if (earlier.some(({ name }) => name === check.name)) {
        found(`${path}.name`, `two triggers are named ${check.name}`);
      }
      checkNumbers(check, (field, sentence) => found(`${path}.${field}`, sentence));
      checkShown(spec, check, (field, sentence) => found(`${path}.${field}`, sentence));
    }
  });
}

type Found = (field: string, sentence: string) => void;

function checkNumbers({ margin, limit, alpha, minUnits }: OutcomeCheck, found: Found): void {
  if (!(margin > 0 && margin < Infinity)) {
    found('margin', 'a margin is above 0: nobody can show that two versions are the same');
  }
  if (limit !== null && !Number.isFinite(limit)) found('limit', 'a limit is a number');
  if (!(alpha > 0 && alpha <= 0.5)) {
    found('alpha', 'a chance of error is above 0 and at most 50 %');
  }
  const isWhole = Number.isInteger(minUnits) && minUnits <= UNITS_MAX;
  if (!isWhole || minUnits < OUTCOME_UNITS_MIN) {
    const least = count(OUTCOME_UNITS_MIN);
    found('minUnits', `means are compared from ${least} units of each arm on, not ${minUnits}`);
  }
}

/** A check must be able to show something, or the rollout would wait for ever. */
function checkShown(spec: RolloutSpec, { of, limit }: OutcomeCheck, found: Found): void {
  if (ladderOf(spec).every(({ share }) => share === 0)) {
    found('metric', 'feedback is about answers that users got; this rollout gives them none');
  } else if (limit === null && !isCompared(spec)) {
    found('limit', `no baseline serves beside the candidate, so ${of.name} needs a limit`);
  }
}
