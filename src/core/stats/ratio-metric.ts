/**
 * Metrics that are ratios of sums over units (errors per request, cost per session), where the unit
 * of assignment is not the unit of counting: delta method (Deng, Knoblich & Lu 2018).
 */
import { requireThat } from './domain.ts';
import type { Sample } from './mean-test.ts';

/** Sums over units of numerator m and denominator d, of their squares and of their product. */
export type RatioMoments = {
  readonly n: number;
  readonly numerator: number;
  readonly denominator: number;
  readonly numeratorSquares: number;
  readonly denominatorSquares: number;
  readonly products: number;
};

/** Moments of (numerator, denominator) pairs, one a unit. */
export function ratioMomentsOf(pairs: readonly (readonly [number, number])[]): RatioMoments {
  let moments: RatioMoments = {
    n: 0,
    numerator: 0,
    denominator: 0,
    numeratorSquares: 0,
    denominatorSquares: 0,
    products: 0,
  };
  for (const [m, d] of pairs) {
    moments = {
      n: moments.n + 1,
      numerator: moments.numerator + m,
      denominator: moments.denominator + d,
      numeratorSquares: moments.numeratorSquares + m * m,
      denominatorSquares: moments.denominatorSquares + d * d,
      products: moments.products + m * d,
    };
  }
  return moments;
}

/**
 * The ratio as a sample: its value, and as variance of one unit
 * v_m/μ_d² + v_d μ_m²/μ_d⁴ - 2 c μ_m/μ_d³, so that dividing by n gives the variance of the ratio.
 */
export function ratioSample(moments: RatioMoments): Sample {
  const { n, numerator, denominator } = moments;
  requireThat(n > 1, 'a ratio metric needs at least two units');
  requireThat(denominator !== 0, 'the denominators sum to 0');
  const m = numerator / n;
  const d = denominator / n;
  const scale = 1 / (n - 1);
  const vm = (moments.numeratorSquares - numerator * m) * scale;
  const vd = (moments.denominatorSquares - denominator * d) * scale;
  const cov = (moments.products - numerator * d) * scale;
  const variance = vm / d ** 2 + (vd * m * m) / d ** 4 - (2 * cov * m) / d ** 3;
  return { n, mean: m / d, variance: Math.max(0, variance) };
}
