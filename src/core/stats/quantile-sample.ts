/**
 * Quantiles in the place of means: how uncertain one is follows from the order statistics around
 * it, and two are then compared like means (Deng, Knoblich & Lu, "Applying the delta method in
 * metric analytics", KDD 2018). For planned looks; at any time `quantile-test` is valid.
 */
import { requireOpenUnit, requireThat } from './domain.ts';
import type { Sample } from './mean-test.ts';
import { normalUpperQuantile } from './normal.ts';

/** A quantile of n units between the order statistics that bound it with probability 1 - α. */
export type BoundedQuantile = {
  readonly n: number;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
};

/** The level at which order statistics bound a quantile, unless told. */
export const DEFAULT_BOUNDS_ALPHA = 0.05;

/**
 * The p-quantile of `values` and its bounds: the order statistics of the ranks n p ± z √(n p (1 -
 * p)). Refuses samples too small to have both.
 */
export function boundedQuantile(
  values: readonly number[],
  p: number,
  alpha: number = DEFAULT_BOUNDS_ALPHA,
): BoundedQuantile {
  requireOpenUnit(p, 'p');
  requireOpenUnit(alpha, 'alpha');
  const n = values.length;
  const reach = normalUpperQuantile(alpha / 2) * Math.sqrt(n * p * (1 - p));
  const [first, last] = [Math.floor(n * p - reach), Math.ceil(n * p + reach)];
  requireThat(first >= 1 && last <= n, 'values are too few to bound this quantile');
  const ascending = values.toSorted((a, b) => a - b);
  const at = (rank: number): number => ascending[rank - 1] ?? Number.NaN;
  return { n, value: at(Math.ceil(n * p)), lower: at(first), upper: at(last) };
}

/** As a sample of n units: the quantile as mean, with the variance (n - 1)((u - l)/2z)² of one. */
export function quantileSample(
  { n, value, lower, upper }: BoundedQuantile,
  alpha: number = DEFAULT_BOUNDS_ALPHA,
): Sample {
  requireOpenUnit(alpha, 'alpha');
  requireThat(n > 1, 'n must be above 1');
  requireThat(lower <= upper, 'lower must not be above upper');
  const se = (upper - lower) / (2 * normalUpperQuantile(alpha / 2));
  return { n, mean: value, variance: (n - 1) * se * se };
}
