/**
 * CUPED: removes from a metric what a covariate known before the rollout explains (Deng, Xu, Kohavi
 * & Walker 2013). The variance falls by the factor 1 - ρ², the effect stays unbiased.
 */
import { requireThat } from './domain.ts';
import type { Sample } from './mean-test.ts';

/** Sums over units of metric y and covariate x, of squares and of products. */
export type CovariateMoments = {
  readonly n: number;
  readonly y: number;
  readonly x: number;
  readonly yy: number;
  readonly xx: number;
  readonly xy: number;
};

/** Moments of (metric, covariate) pairs. */
export function covariateMomentsOf(
  pairs: readonly (readonly [number, number])[],
): CovariateMoments {
  let [y, x, yy, xx, xy] = [0, 0, 0, 0, 0];
  for (const [metric, covariate] of pairs) {
    y += metric;
    x += covariate;
    yy += metric * metric;
    xx += covariate * covariate;
    xy += metric * covariate;
  }
  return { n: pairs.length, y, x, yy, xx, xy };
}

/** Sums of squared deviations inside an arm. */
function within(m: CovariateMoments): {
  readonly yy: number;
  readonly xx: number;
  readonly xy: number;
} {
  return {
    yy: m.yy - (m.y * m.y) / m.n,
    xx: m.xx - (m.x * m.x) / m.n,
    xy: m.xy - (m.x * m.y) / m.n,
  };
}

/** Both arms adjusted with one common coefficient. */
export type Adjusted = {
  readonly candidate: Sample;
  readonly baseline: Sample;
  /** θ = cov/var of the covariate, pooled within arms. */
  readonly theta: number;
  /** ρ², the share of variance removed. */
  readonly explained: number;
};

/** Adjusts both arms to the covariate's overall mean. A constant covariate changes nothing. */
export function cuped(candidate: CovariateMoments, baseline: CovariateMoments): Adjusted {
  requireThat(candidate.n > 1 && baseline.n > 1, 'each arm needs at least two units');
  const c = within(candidate);
  const b = within(baseline);
  const xx = c.xx + b.xx;
  const xy = c.xy + b.xy;
  const yy = c.yy + b.yy;
  const theta = xx > 0 ? xy / xx : 0;
  const overall = (candidate.x + baseline.x) / (candidate.n + baseline.n);
  const adjust = (m: CovariateMoments, own: typeof c): Sample => ({
    n: m.n,
    mean: m.y / m.n - theta * (m.x / m.n - overall),
    variance: Math.max(0, (own.yy + theta * theta * own.xx - 2 * theta * own.xy) / (m.n - 1)),
  });
  const explained = xx > 0 && yy > 0 ? (xy * xy) / (xx * yy) : 0;
  return { candidate: adjust(candidate, c), baseline: adjust(baseline, b), theta, explained };
}
