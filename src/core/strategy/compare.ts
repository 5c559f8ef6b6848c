import { addUnits, noUnits, unitMoments } from '../feedback/outcome.ts';
import type { MetricOutcome, UnitSums } from '../feedback/outcome.ts';
import type { Bps, Instant } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { testEffect, effectOf } from '../stats/mean-test.ts';
import type { EffectTest, Sample } from '../stats/mean-test.ts';
import { miettinenNurminen, scoreTestZ } from '../stats/proportion.ts';
import { normalSf } from '../stats/normal.ts';
import { ratioSample } from '../stats/ratio-metric.ts';
import type { OutcomeMetric } from './outcome-spec.ts';

/** An arm's metric as a sample; null while it has too little for a variance. */
export function sampleOfUnits(sums: UnitSums, { kind }: OutcomeMetric): Sample | null {
  const { units, events } = sums;
  if (kind !== 'ratio') {
    const moments = unitMoments(sums);
    return moments === null ? null : { n: units, ...moments };
  }
  if (units < 2 || events === 0) return null;
  return ratioSample({
    n: units,
    numerator: sums.sum,
    denominator: events,
    numeratorSquares: sums.sumSquares,
    denominatorSquares: sums.eventsSquares,
    products: sums.products,
  });
}

/** What is said of a metric by both arms. */
export type Pair = { readonly candidate: UnitSums; readonly baseline: UnitSums };

/**
 * Candidate against baseline at a fixed sample, two-sided: two proportions by Miettinen &
 * Nurminen's score test while every unit's value is 0 or 1, else Welch's test; of ratios by the
 * delta method. Null: too little for a variance in either.
 */
export function comparePair(pair: Pair, metric: OutcomeMetric, alpha: number): EffectTest | null {
  const candidate = sampleOfUnits(pair.candidate, metric);
  const baseline = sampleOfUnits(pair.baseline, metric);
  if (candidate === null || baseline === null) return null;
  const effect = effectOf(candidate, baseline, 'absolute');
  if (metric.kind !== 'proportion' || !isYesNo(pair.candidate) || !isYesNo(pair.baseline)) {
    return testEffect(effect, { alpha });
  }
  const [first, second] = [hitsOf(pair.candidate), hitsOf(pair.baseline)];
  const statistic = scoreTestZ(first, second, { comparison: 'difference', delta: 0 });
  return {
    effect,
    statistic,
    pValue: Math.min(1, 2 * normalSf(Math.abs(statistic))),
    interval: miettinenNurminen(first, second, { comparison: 'difference', alpha }),
  };
}

/** Values of 0 and 1 are their own squares. */
const isYesNo = ({ units, sum, sumSquares }: UnitSums): boolean =>
  sum === sumSquares && sum >= 0 && sum <= units;

const hitsOf = ({ units, sum }: UnitSums) => ({ hits: sum, trials: units });

/** An effect as an advantage: positive is good. */
export const advantageOf = (effect: number, { better }: OutcomeMetric): number =>
  better === 'higher' ? effect : 0 - effect;

/** What a strategy that judges by outcomes is judged from. */
export type Standing<Spec> = {
  readonly rollout: Rollout;
  readonly spec: Spec;
  /** Of baseline, candidate and others, as they are now. */
  readonly shares: readonly Bps[];
  readonly outcomes: readonly MetricOutcome[];
};

/** Which units count: those first seen from `from` on, and before `to`. */
export type Span = { readonly from: Instant; readonly to: number };

/**
 * The units of every arm first seen within a span, by arm. A stretch that began before is left out
 * as a whole: some of its units met other versions under the same arms.
 */
export function unitsWithin(
  outcome: MetricOutcome,
  { from, to }: Span,
): ReadonlyMap<string, UnitSums> {
  return new Map(
    outcome.arms.map(({ arm, cohorts }) => [
      arm,
      cohorts
        .filter(({ stretch }) => stretch.start >= from && stretch.start < to)
        .reduce<UnitSums>(addUnits, noUnits),
    ]),
  );
}

/** A rollout's outcome of a metric; null: nothing has been counted yet. */
export const outcomeOf = (
  outcomes: readonly MetricOutcome[],
  { name }: OutcomeMetric,
): MetricOutcome | null => outcomes.find(({ metric }) => metric === name) ?? null;
