import type { Prng } from '../lib/prng.ts';
import { LABEL_METRIC } from '../feedback/feedback.ts';
import type { UnitSums } from '../feedback/outcome.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { sampleBinomial, sampleNormal } from '../stats/samplers.ts';
import { sequenceOf } from '../strategy/ladder.ts';
import { metricsOf } from '../strategy/outcome-metrics.ts';
import type { OutcomeMetric } from '../strategy/outcome-spec.ts';
import type { StrategySpec } from '../strategy/spec.ts';

/** What comes back about the version in production, of one metric. */
export type Expected = {
  readonly of: OutcomeMetric;
  /** Of a unit, or of a piece of feedback where it is a ratio. */
  readonly mean: number;
  /** Standard deviation of the same; of what is right or wrong, that follows from the mean. */
  readonly sd: number;
};

/** How feedback comes. */
export type Feedback = {
  readonly metrics: readonly Expected[];
  /** From a prediction until all that will come back about it has. */
  readonly maturityMs: number;
  /** Part of the predictions that get a label. */
  readonly labelled: number;
};

/** What is expected of a metric that nobody has said anything of. */
const LABEL_EXPECTED = 0.9;
const PART_EXPECTED = 0.1;

/** What a declaration reads, as it expects it itself; by the order in which it is declared. */
export function expectedIn(spec: RolloutSpec): readonly Expected[] {
  const found = [
    ...sequenceOf(spec).flatMap(expectedBy),
    ...(spec.outcomeChecks ?? []).map(({ of }) => expectedOf(of)),
  ];
  return found.filter(
    ({ of: { name } }, at) => found.findIndex((one) => one.of.name === name) === at,
  );
}

/** An A/B test says itself what it expects of the metric that decides. */
function expectedBy(spec: StrategySpec): readonly Expected[] {
  const found = metricsOf(spec).map(({ of }) => expectedOf(of));
  if (spec.kind !== 'ab-test') return found;
  const { primary } = spec;
  return [{ of: primary, mean: primary.expected, sd: primary.sd ?? 0 }, ...found.slice(1)];
}

const expectedOf = (of: OutcomeMetric): Expected => {
  const mean = of.name === LABEL_METRIC ? LABEL_EXPECTED : isYesNo(of) ? PART_EXPECTED : 1;
  return { of, mean, sd: 1 };
};

/** Whether a piece of feedback is right or wrong, and nothing between. */
export const isYesNo = ({ name, kind }: OutcomeMetric): boolean =>
  kind === 'proportion' || name === LABEL_METRIC;

/** The metric of a version that is worse by a part of it; below 0: better. */
export function worsened({ of, mean, sd }: Expected, part: number): Expected {
  const moved = mean * (of.better === 'higher' ? 1 - part : 1 + part);
  return { of, sd, mean: isYesNo(of) ? Math.min(1, Math.max(0, moved)) : moved };
}

/** Draws what comes back about so many units. */
export function drawUnits(
  rng: Prng,
  { of, mean, sd }: Expected,
  { units, labelled }: { readonly units: number; readonly labelled: number },
): UnitSums {
  if (!isYesNo(of)) return sumsOf(units, units, drawSum(rng, { n: units, mean, sd }));
  const isLabel = of.name === LABEL_METRIC;
  const pieces = isLabel ? sampleBinomial(rng, units, labelled) : units;
  const hits = sampleBinomial(rng, pieces, mean);
  // Of what is done or not done, only what is done comes back.
  return sumsOf(units, isLabel ? pieces : hits, { sum: hits, sumSquares: hits });
}

type Sum = { readonly sum: number; readonly sumSquares: number };

/** Every unit that anything came back about has one piece of feedback. */
const sumsOf = (units: number, answered: number, { sum, sumSquares }: Sum): UnitSums => ({
  units,
  answered,
  events: answered,
  sum,
  sumSquares,
  eventsSquares: answered,
  products: sum,
});

/** By the central limit theorem; the squares are those of a sample with this deviation. */
function drawSum(rng: Prng, of: { n: number; mean: number; sd: number }): Sum {
  const { n, mean, sd } = of;
  if (n === 0) return { sum: 0, sumSquares: 0 };
  const sum = sampleNormal(rng, n * mean, Math.sqrt(n) * sd);
  return { sum, sumSquares: (sum * sum) / n + (n - 1) * sd * sd };
}
