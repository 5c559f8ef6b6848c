import type { Check } from '../analysis/check.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import { count, duration, factor } from '../lib/wording.ts';
import { sequenceOf } from '../strategy/ladder.ts';
import type { StrategySpec } from '../strategy/spec.ts';
import { OUTCOME_KINDS, checkStrategy, stagesOfStrategy } from '../strategy/strategies.ts';
import type { SpecProblem } from '../strategy/strategy.ts';
import { outcomeCheckProblems } from './outcome-check-problems.ts';
import { strategyPath } from './spec-path.ts';
import type { RolloutSpec } from './spec.ts';

/** No rollout needs more checks. */
export const CHECKS_MAX = 20;
/** Narrower buckets hold too few units to be worth their transport. */
export const BUCKET_MS_MIN = 100;
/** Wider ones let a bad candidate serve too long before anybody looks. */
export const BUCKET_MS_MAX = 600_000;
/** A rollout that lasts longer than a quarter of a year is not one. */
export const HORIZON_MS_MAX = 90 * 86_400_000;
/** Fewer units hardly ever suffice for a result. */
const SLICE_MIN = 100;
const RATIO_MAX = 100;
const STRETCH_MAX = 100;
const UNITS_MAX = 1_000_000_000;

/** Everything that is wrong with a declaration; empty when it is sound. */
export function specProblems(spec: RolloutSpec): readonly SpecProblem[] {
  const problems: SpecProblem[] = [];
  const expect: Expect = (holds, path, sentence) => {
    if (!holds) problems.push({ path, sentence });
  };
  expectNumbers(spec, expect);
  const { checks } = spec;
  expect(checks.length <= CHECKS_MAX, 'triggers', `at most ${CHECKS_MAX} triggers are looked at`);
  for (const [index, check] of checks.entries()) {
    const path = `triggers.${check.name}`;
    const earlier = checks.slice(0, index);
    const { name, metric } = check;
    expect(
      earlier.every((one) => one.name !== name),
      `${path}.name`,
      `two triggers are named ${name}`,
    );
    // One route has one pair of thresholds, and one objective.
    expect(
      !metric.startsWith('latency') || earlier.every((one) => one.metric !== metric),
      `${path}.metric`,
      `${metric} is declared twice; one rollout has one`,
    );
    expectCheck(check, (holds, field, sentence) => expect(holds, `${path}.${field}`, sentence));
  }
  expectSlice(spec, expect);
  return [...sequenceProblems(spec), ...problems, ...outcomeCheckProblems(spec)];
}

/** Every strategy by itself, and that each is there once: a sequence has an end. */
function sequenceProblems(spec: RolloutSpec): readonly SpecProblem[] {
  const sequence = sequenceOf(spec);
  return sequence.flatMap((strategy, index) => {
    const at = strategyPath(index);
    const { kind } = strategy;
    const repeated = sequence.slice(0, index).some((one) => one.kind === kind);
    const last = sequence[index - 1];
    const problems = checkStrategy(strategy).map(({ path, sentence }) => {
      return { path: `${at}.${path}`, sentence };
    });
    if (repeated) {
      problems.push({ path: at, sentence: `${kind} comes twice: a sequence must not be circular` });
    }
    if (index > 0 && OUTCOME_KINDS.has(last?.kind ?? kind)) {
      const sentence = `${last?.kind ?? kind} ends with a winner or never; nothing can follow it`;
      problems.push({ path: at, sentence });
    }
    if (last !== undefined && endsWhole(last)) {
      const sentence = `${last.kind} ends with all of the traffic; nothing can follow it`;
      problems.push({ path: at, sentence });
    }
    return problems;
  });
}

const endsWhole = (strategy: StrategySpec): boolean =>
  stagesOfStrategy(strategy).at(-1)?.share === WHOLE_BPS;

/** Where all units of a stage are one arm's there is nothing to keep others out of. */
function expectSlice(spec: RolloutSpec, expect: Expect): void {
  const { slice, strategy } = spec;
  if (slice === undefined) return;
  const { kind } = strategy;
  expect(kind === 'ab-test', 'slice', `only ab-test goes on beside others, not ${kind}`);
  expect(
    slice >= SLICE_MIN && slice <= WHOLE_BPS,
    'slice',
    `a slice has ${count(SLICE_MIN / 100)} % to 100 % of the units`,
  );
}

type Expect = (holds: boolean, path: string, sentence: string) => void;

function expectNumbers(spec: RolloutSpec, expect: Expect): void {
  const { alphaRevert, alphaPromote, bucketMs, horizonMs } = spec;
  const alpha = (value: number): boolean => value > 0 && value <= 0.5;
  expect(alpha(alphaRevert), 'risk.wrongRevert', 'a chance of error is above 0 and at most 50 %');
  expect(alpha(alphaPromote), 'risk.wrongPromote', 'a chance of error is above 0 and at most 50 %');
  expect(
    Number.isInteger(bucketMs) && bucketMs >= BUCKET_MS_MIN && bucketMs <= BUCKET_MS_MAX,
    'bucket',
    `a bucket is ${duration(BUCKET_MS_MIN)} to ${duration(BUCKET_MS_MAX)} wide`,
  );
  expect(
    horizonMs >= Math.min(bucketMs, BUCKET_MS_MAX) && horizonMs <= HORIZON_MS_MAX,
    'horizon',
    `the horizon is at least one bucket and at most ${duration(HORIZON_MS_MAX)}`,
  );
}

/** Metrics that pass by no margin of a stage. */
const BY_TOLERANCE: ReadonlySet<Check['metric']> = new Set([
  'latency_objective',
  'disagreement',
  'prediction_distribution',
  'feature_importance',
]);

function expectCheck(check: Check, expect: Expect): void {
  const { name, metric, ratio, tolerance, limit, objectiveMs, stretch, minUnits } = check;
  const objective = metric === 'latency_objective';
  expect(
    name.length > 0 && name.length <= 100,
    'name',
    'a trigger has a name of 1 to 100 characters',
  );
  expect(ratio >= 1 && ratio <= RATIO_MAX, 'ratio', `a ratio is 1 to ${RATIO_MAX}, not ${ratio}`);
  expect(tolerance >= 0 && tolerance < 1, 'tolerance', 'a tolerance is 0 % to below 100 %');
  expect(
    limit === null || (limit > 0 && limit < 1),
    'limit',
    'a limit lies between 0 % and 100 %, both excluded',
  );
  expect(
    limit === null || tolerance <= limit,
    'tolerance',
    'what is tolerated cannot be above the limit',
  );
  expect(
    stretch >= 1 && stretch <= STRETCH_MAX,
    'stretch',
    `a stretch is 1 to ${STRETCH_MAX}, not ${factor(stretch)}`,
  );
  expect(
    Number.isInteger(minUnits) && minUnits >= 0 && minUnits <= UNITS_MAX,
    'minUnits',
    'the least number of units is a whole number',
  );
  expect(
    objective ? objectiveMs !== null && objectiveMs > 0 : objectiveMs === null,
    'objective',
    objective ? 'the objective for the p99 is missing' : `${metric} has no objective`,
  );
  expect(
    tolerance > 0 || !BY_TOLERANCE.has(metric),
    'tolerance',
    `${metric} knows no ratio to the baseline, so it can only pass by a tolerance above 0`,
  );
}
