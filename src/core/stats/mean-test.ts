/** Fixed-sample comparison of means from sums: Welch's test, relative effects, non-inferiority. */
import { studentCdf, studentQuantile, studentSf } from './distributions.ts';
import { requireOpenUnit, requireThat } from './domain.ts';
import { normalCdf, normalSf, normalUpperQuantile } from './normal.ts';
import type { Interval } from './proportion.ts';

/** Count, sum and sum of squares of one arm: all that a test of means needs, and they add up. */
export type Moments = { readonly n: number; readonly sum: number; readonly squares: number };

/** Mean and the variance of one unit. */
export type Sample = { readonly n: number; readonly mean: number; readonly variance: number };

/** Moments of raw values. */
export function momentsOf(values: readonly number[]): Moments {
  let sum = 0;
  let squares = 0;
  for (const x of values) {
    sum += x;
    squares += x * x;
  }
  return { n: values.length, sum, squares };
}

/** Moments of both sets together. */
export function addMoments(a: Moments, b: Moments): Moments {
  return { n: a.n + b.n, sum: a.sum + b.sum, squares: a.squares + b.squares };
}

/** Mean and unbiased variance; variance 0 below two units. */
export function sampleOf({ n, sum, squares }: Moments): Sample {
  const mean = n > 0 ? sum / n : 0;
  const variance = n > 1 ? Math.max(0, (squares - sum * mean) / (n - 1)) : 0;
  return { n, mean, variance };
}

/**
 * The variance of each sample, at least that of both together: in a small one of which one unit in
 * a hundred did anything, the mean and what it seems to vary by are low at the same time, and that
 * would look like evidence. Measured in `test/calibration/feedback-checks.test.ts` and
 * `champions.test.ts`.
 */
export function pooledAtLeast(
  a: Omit<Sample, 'mean'>,
  b: Omit<Sample, 'mean'>,
): readonly [a: number, b: number] {
  const n = a.n + b.n;
  const pooled = n === 0 ? 0 : (a.n * a.variance + b.n * b.variance) / n;
  return [Math.max(a.variance, pooled), Math.max(b.variance, pooled)];
}

/** A yes/no metric as a sample, with the variance p(1 - p). */
export function proportionSample(hits: number, trials: number): Sample {
  const mean = trials > 0 ? hits / trials : 0;
  return { n: trials, mean, variance: mean * (1 - mean) };
}

/** `absolute`: candidate - baseline. `relative`: that as a share of the baseline's mean. */
export type EffectScale = 'absolute' | 'relative';

/** An effect with its standard error; df is Infinity where the normal distribution applies. */
export type Effect = { readonly value: number; readonly se: number; readonly df: number };

/**
 * Effect of candidate against baseline. The relative one has the delta-method variance
 * s_c²/(n_c μ_b²) + s_b² μ_c²/(n_b μ_b⁴). Degrees of freedom by Welch & Satterthwaite.
 */
export function effectOf(candidate: Sample, baseline: Sample, scale: EffectScale): Effect {
  requireThat(candidate.n > 1 && baseline.n > 1, 'each arm needs at least two units');
  const vc = candidate.variance / candidate.n;
  const vb = baseline.variance / baseline.n;
  const difference = candidate.mean - baseline.mean;
  const df = (vc + vb) ** 2 / (vc ** 2 / (candidate.n - 1) + vb ** 2 / (baseline.n - 1));
  const degrees = Number.isFinite(df) ? df : candidate.n + baseline.n - 2;
  if (scale === 'absolute') return { value: difference, se: Math.sqrt(vc + vb), df: degrees };
  const base = baseline.mean;
  const variance = vc / base ** 2 + (vb * candidate.mean ** 2) / base ** 4;
  return { value: difference / base, se: Math.sqrt(variance), df: degrees };
}

/** Which deviations count against H0. */
export type Alternative = 'two-sided' | 'greater' | 'less';

/** A test with its interval; one-sided tests have one-sided intervals. */
export type EffectTest = {
  readonly effect: Effect;
  readonly statistic: number;
  readonly pValue: number;
  readonly interval: Interval;
};

/** Settings of a test of an effect. */
export type EffectTestOptions = {
  readonly alpha: number;
  readonly alternative?: Alternative;
  /** Value of the effect under H0. */
  readonly null?: number;
};

function upperTail(statistic: number, df: number): number {
  return df === Infinity ? normalSf(statistic) : studentSf(statistic, df);
}

function lowerTail(statistic: number, df: number): number {
  return df === Infinity ? normalCdf(statistic) : studentCdf(statistic, df);
}

function criticalValue(tail: number, df: number): number {
  return df === Infinity ? normalUpperQuantile(tail) : studentQuantile(df, { upper: tail });
}

/** Tests an effect against its null value. With no variation any difference is certain. */
export function testEffect(effect: Effect, options: EffectTestOptions): EffectTest {
  const { alpha, alternative = 'two-sided', null: nullValue = 0 } = options;
  requireOpenUnit(alpha, 'alpha');
  const gap = effect.value - nullValue;
  const statistic = effect.se > 0 ? gap / effect.se : gap === 0 ? 0 : Math.sign(gap) * Infinity;
  const reach =
    criticalValue(alternative === 'two-sided' ? alpha / 2 : alpha, effect.df) * effect.se;
  const above = upperTail(statistic, effect.df);
  const below = lowerTail(statistic, effect.df);
  const lower = alternative === 'less' ? -Infinity : effect.value - reach;
  const upper = alternative === 'greater' ? Infinity : effect.value + reach;
  const pValue =
    alternative === 'greater'
      ? above
      : alternative === 'less'
        ? below
        : Math.min(1, 2 * Math.min(above, below));
  return { effect, statistic, pValue, interval: { lower, upper } };
}

/** Welch's test of two samples. */
export function welch(
  candidate: Sample,
  baseline: Sample,
  options: EffectTestOptions & { readonly scale?: EffectScale },
): EffectTest {
  return testEffect(effectOf(candidate, baseline, options.scale ?? 'absolute'), options);
}

/** Which way is good. */
export type Better = 'higher' | 'lower';

/**
 * Non-inferiority: H0 "worse than the baseline by `margin` or more", margin > 0 on the scale of the
 * effect. A small p-value shows that the candidate is not worse by the margin.
 */
export function nonInferiority(
  effect: Effect,
  options: { readonly margin: number; readonly alpha: number; readonly better: Better },
): EffectTest {
  const { margin, alpha, better } = options;
  requireThat(margin > 0, 'margin must be positive');
  return better === 'higher'
    ? testEffect(effect, { alpha, alternative: 'greater', null: -margin })
    : testEffect(effect, { alpha, alternative: 'less', null: margin });
}

/** Cohen's d: the difference of means in pooled standard deviations, without its sign. */
export function cohenD(first: Sample, second: Sample): number {
  const squares = (first.n - 1) * first.variance + (second.n - 1) * second.variance;
  const pooled = Math.sqrt(squares / (first.n + second.n - 2));
  return Math.abs(first.mean - second.mean) / pooled;
}
