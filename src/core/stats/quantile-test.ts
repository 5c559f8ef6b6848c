/**
 * Anytime-valid inference about proportions and quantiles by a beta mixture of binomial likelihood
 * ratios (Howard & Ramdas, "Sequential estimation of quantiles with applications to A/B testing and
 * best-arm identification", arXiv 1906.09712). Only counts at thresholds are needed, so the
 * quantile test runs on mergeable histograms.
 */
import { requireOpenUnit, requirePositive, requireThat } from './domain.ts';
import { lnBeta } from './gamma.ts';
import type { Interval, Proportion } from './proportion.ts';

/** Sample size per arm at which the test is sharpest, unless told. */
export const DEFAULT_QUANTILE_TUNED_FOR = 1000;
/** Level the mixture is tuned at. */
const TUNING_ALPHA = 0.05;
const RHO_MIN = 1e-3;

/** The mixing beta distribution for success probability q, tuned for a sample size. */
function betaPrior(
  q: number,
  tunedFor: number,
  alpha: number = TUNING_ALPHA,
): { readonly a: number; readonly b: number } {
  const v = q * (1 - q);
  const log = 2 * Math.log(1 / alpha);
  const rho = Math.max((v * tunedFor) / (log + Math.log1p(log)) - v, RHO_MIN * v);
  return { a: rho / (1 - q), b: rho / q };
}

/** log M: mixture likelihood ratio of `hits` in `trials` against success probability q. */
export function logBinomialMixture(data: Proportion, q: number, tunedFor: number): number {
  requireOpenUnit(q, 'q');
  requirePositive(tunedFor, 'tunedFor');
  const { a, b } = betaPrior(q, tunedFor);
  const misses = data.trials - data.hits;
  return (
    lnBeta(a + data.hits, b + misses) -
    lnBeta(a, b) -
    data.hits * Math.log(q) -
    misses * Math.log1p(-q)
  );
}

const BISECTIONS = 100;

/**
 * Confidence sequence of a proportion: all p that the mixture does not reject at level alpha. Holds
 * at all sample sizes at once; for yes/no data.
 */
export function proportionSequence(
  data: Proportion,
  options: { readonly alpha: number; readonly tunedFor: number },
): Interval {
  requireOpenUnit(options.alpha, 'alpha');
  const goal = Math.log(1 / options.alpha);
  const rejects = (p: number): boolean => {
    const { a, b } = betaPrior(p, options.tunedFor, options.alpha);
    const misses = data.trials - data.hits;
    const logM =
      lnBeta(a + data.hits, b + misses) -
      lnBeta(a, b) -
      data.hits * Math.log(p) -
      misses * Math.log1p(-p);
    return logM >= goal;
  };
  const edge = (inside: number, outside: number): number => {
    let [yes, no] = [inside, outside];
    for (let i = 0; i < BISECTIONS; i += 1) {
      const middle = (yes + no) / 2;
      if (middle === yes || middle === no) break;
      if (rejects(middle)) no = middle;
      else yes = middle;
    }
    return yes;
  };
  const estimate = data.trials === 0 ? 0.5 : data.hits / data.trials;
  const inner = Math.min(1 - 1e-9, Math.max(1e-9, estimate));
  const lower = data.hits === 0 || !rejects(1e-12) ? 0 : edge(inner, 1e-12);
  const upper = data.hits === data.trials || !rejects(1 - 1e-12) ? 1 : edge(inner, 1 - 1e-12);
  return { lower, upper };
}

/** Counts of both arms in the same cells, in increasing order of the metric. */
export type CellCounts = {
  readonly candidate: readonly number[];
  readonly baseline: readonly number[];
};

/** Which quantile, and the sample size per arm at which the test should be sharpest. */
export type QuantileTestOptions = {
  readonly quantile: number;
  readonly tunedFor?: number;
};

/**
 * log E against "both arms have the same q-quantile". If they had, some x would be both quantiles,
 * and M_c(x) M_b(x) would be a product of two e-processes; the least over all x is therefore
 * evidence against every x at once. The quantile may lie anywhere inside a cell (or at an atom of a
 * discrete metric), so of the counts possible there the least telling one is taken.
 */
export function quantileLogE(counts: CellCounts, options: QuantileTestOptions): number {
  const { quantile, tunedFor = DEFAULT_QUANTILE_TUNED_FOR } = options;
  const { candidate, baseline } = counts;
  requireThat(candidate.length === baseline.length, 'both arms need the same cells');
  const nc = candidate.reduce((sum, count) => sum + count, 0);
  const nb = baseline.reduce((sum, count) => sum + count, 0);
  const least = (from: number, to: number, trials: number): number => {
    // M is convex in the count, with its minimum at about q n + ½ - q.
    const hits = Math.min(to, Math.max(from, quantile * trials + 0.5 - quantile));
    return logBinomialMixture({ hits, trials }, quantile, tunedFor);
  };
  let belowC = 0;
  let belowB = 0;
  let smallest = least(0, 0, nc) + least(0, 0, nb);
  for (const [i, inC] of candidate.entries()) {
    const inB = baseline[i] ?? 0;
    const [fromC, fromB] = [belowC, belowB];
    belowC += inC;
    belowB += inB;
    smallest = Math.min(smallest, least(fromC, belowC, nc) + least(fromB, belowB, nb));
  }
  return smallest;
}

/** Anytime-valid p-value min(1, 1/E) of the same test. */
export function quantilePValue(counts: CellCounts, options: QuantileTestOptions): number {
  return Math.min(1, Math.exp(-quantileLogE(counts, options)));
}

/** Cells for two samples of raw values. */
export function cellsOf(candidate: readonly number[], baseline: readonly number[]): CellCounts {
  const place = new Map<number, number>();
  for (const value of [...candidate, ...baseline].toSorted((x, y) => x - y)) {
    if (!place.has(value)) place.set(value, place.size);
  }
  const count = (values: readonly number[]): readonly number[] => {
    const cells = Array.from({ length: place.size }, () => 0);
    for (const value of values) {
      const at = place.get(value) ?? 0;
      cells[at] = (cells[at] ?? 0) + 1;
    }
    return cells;
  };
  return { candidate: count(candidate), baseline: count(baseline) };
}
