/**
 * The Mann-Whitney (Wilcoxon rank-sum) test of two independent samples, and the interval of the
 * shift between them by inverting its normal approximation, as R's `wilcox.test` computes it.
 */
import { lnChoose } from './gamma.ts';
import { normalSf, normalUpperQuantile } from './normal.ts';
import { requireOpenUnit, requireThat } from './domain.ts';

/** Ranks from 1 with ties averaged, and the sizes of the groups of ties. */
export type Ranks = { readonly ranks: readonly number[]; readonly ties: readonly number[] };

/** Ranks of `values`. */
export function ranksOf(values: readonly number[]): Ranks {
  const order = values.map((value, at) => ({ value, at })).toSorted((a, b) => a.value - b.value);
  const ranks = values.map(() => 0);
  const ties: number[] = [];
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && order[to]?.value === order[from]?.value) to += 1;
    for (let i = from; i < to; i += 1) ranks[order[i]?.at ?? 0] = (from + 1 + to) / 2;
    ties.push(to - from);
    from = to;
  }
  return { ranks, ties };
}

/**
 * Rank sum of the first sample, as U: the number of pairs in which it is larger, ties counting
 * half.
 */
export type RankSum = {
  readonly u: number;
  readonly pairs: number;
  /** Standard deviation of U under H0, corrected for ties. */
  readonly sd: number;
  readonly tied: boolean;
};

/** U of `first` against `second`. */
export function rankSum(first: readonly number[], second: readonly number[]): RankSum {
  const n = first.length;
  const m = second.length;
  requireThat(n > 0 && m > 0, 'both samples need values');
  const { ranks, ties } = ranksOf([...first, ...second]);
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum += ranks[i] ?? 0;
  const tieTerm = ties.reduce((total, t) => total + (t ** 3 - t), 0);
  const variance = ((n * m) / 12) * (n + m + 1 - tieTerm / ((n + m) * (n + m - 1)));
  return {
    u: sum - (n * (n + 1)) / 2,
    pairs: n * m,
    sd: Math.sqrt(Math.max(0, variance)),
    tied: ties.some((t) => t > 1),
  };
}

/** Largest sample for which the exact distribution of U is counted. */
const EXACT_MAX = 50;

/**
 * A two-sided test. `effect` is U/nm, the chance that the first is larger: ½ means no difference.
 */
export type MannWhitney = {
  readonly u: number;
  readonly pValue: number;
  readonly effect: number;
  readonly exact: boolean;
};

/** Exact for small samples without ties, else normal with continuity correction. */
export function mannWhitney(first: readonly number[], second: readonly number[]): MannWhitney {
  const { u, pairs, sd, tied } = rankSum(first, second);
  const effect = u / pairs;
  const small = Math.max(first.length, second.length) < EXACT_MAX;
  if (small && !tied) {
    const pValue = exactPValue(u, first.length, second.length);
    return { u, pValue, effect, exact: true };
  }
  const gap = Math.max(0, Math.abs(u - pairs / 2) - 0.5);
  const pValue = sd === 0 ? 1 : Math.min(1, 2 * normalSf(gap / sd));
  return { u, pValue, effect, exact: false };
}

/** Number of ways to reach each U, by the recursion over the largest observation. */
function exactPValue(u: number, n: number, m: number): number {
  // Coefficients of the Gaussian binomial: product over i of (1 - x^(m+i))/(1 - x^i).
  const size = n * m + 1;
  const ways: number[] = Array.from({ length: size }, (_, k) => Number(k === 0));
  for (let i = 1; i <= n; i += 1) {
    for (let k = size - 1; k >= m + i; k -= 1) ways[k] = (ways[k] ?? 0) - (ways[k - m - i] ?? 0);
    for (let k = i; k < size; k += 1) ways[k] = (ways[k] ?? 0) + (ways[k - i] ?? 0);
  }
  const least = Math.min(u, n * m - u);
  let tail = 0;
  for (let k = 0; k <= least; k += 1) tail += ways[k] ?? 0;
  return Math.min(1, 2 * Math.exp(Math.log(tail) - lnChoose(n + m, n)));
}

/** z of the rank sum after moving the first sample down by `shift`, with continuity correction. */
export function shiftedZ(
  first: readonly number[],
  second: readonly number[],
  shift: number,
): number {
  const { u, pairs, sd } = rankSum(
    first.map((x) => x - shift),
    second,
  );
  requireThat(sd > 0, 'no interval when all observations are tied');
  const gap = u - pairs / 2;
  return (gap - 0.5 * Math.sign(gap)) / sd;
}

/** Interval and estimate (Hodges-Lehmann type) of how much larger the first sample is. */
export type Shift = { readonly lower: number; readonly upper: number; readonly estimate: number };

/** R's tolerance for the ends of the interval, in the unit of the metric. */
const SHIFT_TOLERANCE = 1e-4;

/** Interval of the shift at `level` (for example 0.98) and its estimate. */
export function shiftInterval(
  first: readonly number[],
  second: readonly number[],
  level: number,
): Shift {
  requireOpenUnit(level, 'level');
  const z = normalUpperQuantile((1 - level) / 2);
  const low = Math.min(...first) - Math.max(...second);
  const high = Math.max(...first) - Math.min(...second);
  const at =
    (goal: number): ((shift: number) => number) =>
    (shift) =>
      shiftedZ(first, second, shift) - goal;
  const end = (goal: number): number => {
    const f = at(goal);
    if (f(low) <= 0) return low;
    if (f(high) >= 0) return high;
    return brentZero(f, { low, high }, SHIFT_TOLERANCE);
  };
  return {
    lower: end(z),
    upper: end(-z),
    estimate: brentZero(at(0), { low, high }, SHIFT_TOLERANCE),
  };
}

const ITERATIONS_MAX = 1001;

/** The three points of Brent's method: best, its predecessor, and the one across the zero. */
type Triple = {
  readonly best: number;
  readonly previous: number;
  readonly across: number;
  readonly fBest: number;
  readonly fPrevious: number;
  readonly fAcross: number;
};

/**
 * Brent's zero finder (1973, "zeroin"), kept step by step: on a step function like the rank sum the
 * answer within the tolerance depends on the path, and equal answers to R's are the point.
 */
export function brentZero(
  f: (x: number) => number,
  range: { readonly low: number; readonly high: number },
  tolerance: number,
): number {
  let [previous, best] = [range.low, range.high];
  let [fPrevious, fBest] = [f(previous), f(best)];
  if (fPrevious === 0) return previous;
  if (fBest === 0) return best;
  let [across, fAcross] = [previous, fPrevious];
  for (let i = 0; i < ITERATIONS_MAX; i += 1) {
    const lastStep = best - previous;
    if (Math.abs(fAcross) < Math.abs(fBest)) {
      [previous, best, across] = [best, across, best];
      [fPrevious, fBest, fAcross] = [fBest, fAcross, fBest];
    }
    const limit = 2 * Number.EPSILON * Math.abs(best) + tolerance / 2;
    if (Math.abs((across - best) / 2) <= limit || fBest === 0) return best;
    const triple = { best, previous, across, fBest, fPrevious, fAcross };
    const step = brentStep(triple, lastStep, limit);
    [previous, fPrevious] = [best, fBest];
    best += Math.abs(step) < limit ? limit * (step > 0 ? 1 : -1) : step;
    fBest = f(best);
    if (fBest * fAcross > 0) [across, fAcross] = [previous, fPrevious];
  }
  return best;
}

/** Secant or inverse quadratic step where it is trusted, else bisection. */
function brentStep(t: Triple, lastStep: number, limit: number): number {
  const half = (t.across - t.best) / 2;
  if (Math.abs(lastStep) < limit || Math.abs(t.fPrevious) <= Math.abs(t.fBest)) return half;
  const width = t.across - t.best;
  const s = t.fBest / t.fPrevious;
  let p = width * s;
  let q = 1 - s;
  if (t.previous !== t.across) {
    const r = t.fPrevious / t.fAcross;
    const v = t.fBest / t.fAcross;
    p = s * (width * r * (r - v) - (t.best - t.previous) * (v - 1));
    q = (r - 1) * (v - 1) * (s - 1);
  }
  if (p > 0) q = -q;
  else p = -p;
  const trusted =
    p < 0.75 * width * q - Math.abs(limit * q) / 2 && p < Math.abs((lastStep * q) / 2);
  return trusted ? p / q : half;
}
