import { WHOLE_BPS } from '../lib/units.ts';
import { assertNever } from '../lib/invariant.ts';
import { sequenceScale } from '../stats/confidence-sequence.ts';
import { designSize, spendingBoundaries } from '../stats/group-sequential.ts';
import { normalUpperQuantile } from '../stats/normal.ts';
import { sizeForMeans, sizeForRates } from '../stats/sample-size.ts';
import type { PlanOptions } from '../stats/sample-size.ts';
import type { AbPlan, AbTestSpec, PrimaryMetric, Stopping } from './outcome-spec.ts';
import { splitSum } from './split.ts';

/** An A/B test before its sample is computed. */
export type AbTestWish = Omit<AbTestSpec, 'planned'>;

const DAY_MS = 86_400_000;

/** Equal steps of information, the last one whole. */
export const looksAt = (looks: number): readonly number[] =>
  Array.from({ length: looks }, (_, index) => (index + 1) / looks);

/**
 * The sample, so that every comparison of a candidate with the baseline finds `effectMin` with the
 * power that is wanted, at its part of α (Bonferroni; the result uses Holm, which finds no less).
 * Units are shared as the split says: the smallest arm sets the size.
 */
export function planAbTest(wish: AbTestWish): AbPlan {
  const { primary, split, power, stopping } = wish;
  const alphaEach = wish.alpha / split.length;
  const base = WHOLE_BPS - splitSum(split);
  const inflation = inflationOf(stopping, alphaEach, power);
  const unitsInAll = split.reduce((most, share) => {
    const options = { alpha: alphaEach, power, share: share / (share + base), inflation };
    return Math.max(most, (unitsFor(primary, options) * WHOLE_BPS) / (share + base));
  }, 0);
  const units = [base, ...split].map((share) => Math.ceil((unitsInAll * share) / WHOLE_BPS));
  return {
    units,
    unitsInAll: Math.ceil(unitsInAll),
    alphaEach,
    expectedMs: timeFor(wish, unitsInAll),
  };
}

/** Units of both arms of one comparison. A rate is sized for the side that needs more. */
function unitsFor(primary: PrimaryMetric, options: PlanOptions): number {
  const { kind, expected, sd, effectMin } = primary;
  if (kind !== 'proportion') {
    const variance = (sd ?? 0) ** 2;
    const variances = { candidate: variance, baseline: variance };
    return sizeForMeans(effectMin, variances, options).total;
  }
  const moved = [expected - effectMin, expected + effectMin].filter((one) => one > 0 && one < 1);
  return Math.max(...moved.map((one) => sizeForRates(expected, one, options).total));
}

/** How many times the sample of a single look a way of stopping needs for the same power. */
export function inflationOf(stopping: Stopping, alpha: number, power: number): number {
  switch (stopping.kind) {
    case 'horizon':
      return 1;
    case 'looks':
      return designSize(obrienFleming(looksAt(stopping.looks), alpha), alpha, power).maximum;
    case 'anytime':
      return sequenceInflation(alpha, power);
    default:
      return assertNever(stopping, 'inflationOf');
  }
}

/** Two-sided O'Brien–Fleming bounds at these fractions of the information. */
export const obrienFleming = (information: readonly number[], alpha: number) =>
  spendingBoundaries({ information, alpha, sides: 'both', spending: { kind: 'obrien-fleming' } });

/**
 * A confidence sequence tuned for its last unit is there c(α)/√n wide, c from `sequenceHalfWidth`
 * with nρ² constant; a fixed sample has the normal quantile instead.
 */
function sequenceInflation(alpha: number, power: number): number {
  const scale = sequenceScale(alpha, 1) ** 2;
  const grown = scale + 1;
  const reach = Math.sqrt(((2 * grown) / scale) * Math.log(Math.sqrt(grown) / alpha));
  const beyond = normalUpperQuantile(1 - power);
  return Math.max(1, ((reach + beyond) / (normalUpperQuantile(alpha / 2) + beyond)) ** 2);
}

/** In whole cycles, and not below the least time. */
function timeFor({ unitsPerDay, cycleMs, leastMs }: AbTestWish, unitsInAll: number): number | null {
  if (unitsPerDay === null) return null;
  return wholeCycles(Math.max(leastMs, (unitsInAll / unitsPerDay) * DAY_MS), cycleMs);
}

/** A time rounded up to whole cycles. */
export const wholeCycles = (ms: number, cycleMs: number): number =>
  cycleMs === 0 ? ms : Math.ceil(ms / cycleMs) * cycleMs;
