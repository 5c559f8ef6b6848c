/**
 * Bayesian comparison of two arms: exact for rates, by normal approximation for everything else.
 */
import { betaQuantile } from './distributions.ts';
import { requireCount, requirePositive, requireThat } from './domain.ts';
import { lnBeta } from './gamma.ts';
import { betaTailsAt } from './incomplete-beta.ts';
import { normalCdf, normalDensity, normalUpperQuantile } from './normal.ts';
import type { Interval, Proportion } from './proportion.ts';
import { compositeRule, gaussLegendre } from './quadrature.ts';

/** Parameters of a beta distribution, both above 0. */
export type Beta = { readonly a: number; readonly b: number };

/** The flat prior. */
export const FLAT_PRIOR: Beta = { a: 1, b: 1 };

/** Posterior of a success rate. */
export function betaPosterior(data: Proportion, prior: Beta = FLAT_PRIOR): Beta {
  requireThat(data.hits >= 0 && data.hits <= data.trials, 'hits must lie between 0 and trials');
  return { a: prior.a + data.hits, b: prior.b + data.trials - data.hits };
}

const RULE = gaussLegendre(16);
/** Mass left out at either end of the integral. */
const NEGLIGIBLE = 1e-14;
/** Longest exact sum; beyond it the integral is quicker. */
const TERMS_MAX = 2000;

/**
 * P(X > Y) for independent X ~ Beta, Y ~ Beta. For a whole shape X.a the finite sum Σ_{i<X.a} B(Y.a
 * + i, X.b + Y.b)/((X.b + i) B(1 + i, X.b) B(Y.a, Y.b)); otherwise the integral of X's density
 * times Y's distribution function.
 */
export function probabilityGreater(x: Beta, y: Beta): number {
  if (Number.isInteger(x.a) && x.a <= TERMS_MAX) return finiteSum(x, y);
  // Over t = logit(p) both functions are smooth and die out exponentially, whatever the shapes.
  // The upper end is found as the lower end of 1 - p, whose digits do not run out.
  const least = betaQuantile(x.a, x.b, { lower: NEGLIGIBLE });
  const leastRest = betaQuantile(x.b, x.a, { lower: NEGLIGIBLE });
  const range = {
    low: Math.log(least) - Math.log1p(-least),
    high: Math.log1p(-leastRest) - Math.log(leastRest),
  };
  const width = Math.sqrt(Math.min(1 / x.a + 1 / x.b, 1 / y.a + 1 / y.b));
  const { points, weights } = compositeRule(RULE, range, width);
  const front = lnBeta(x.a, x.b);
  let mass = 0;
  let sum = 0;
  for (const [i, t] of points.entries()) {
    const [p, rest] = [1 / (1 + Math.exp(-t)), 1 / (1 + Math.exp(t))];
    const log = x.a * Math.log(p) + x.b * Math.log(rest) - front;
    const density = Math.exp(log) * (weights[i] ?? 0);
    mass += density;
    sum += density * betaTailsAt({ a: y.a, b: y.b, x: p, y: rest }).lower;
  }
  return sum / mass;
}

function finiteSum(x: Beta, y: Beta): number {
  let sum = 0;
  const front = lnBeta(y.a, y.b);
  for (let i = 0; i < x.a; i += 1) {
    const log = lnBeta(y.a + i, x.b + y.b) - Math.log(x.b + i) - lnBeta(1 + i, x.b) - front;
    sum += Math.exp(log);
  }
  return Math.min(1, sum);
}

/** E[max(X - Y, 0)]: what choosing Y over X is expected to lose. */
export function expectedLoss(x: Beta, y: Beta): number {
  const meanX = x.a / (x.a + x.b);
  const meanY = y.a / (y.a + y.b);
  const weightedX = probabilityGreater({ a: x.a + 1, b: x.b }, y);
  const weightedY = probabilityGreater(x, { a: y.a + 1, b: y.b });
  return Math.max(0, meanX * weightedX - meanY * weightedY);
}

/** A normal distribution of an effect. */
export type Gaussian = { readonly mean: number; readonly variance: number };

/**
 * Posterior of an effect estimated with standard error `se`; without a prior it is the estimate
 * itself.
 */
export function normalPosterior(
  effect: { readonly value: number; readonly se: number },
  prior?: Gaussian,
): Gaussian {
  requirePositive(effect.se, 'se');
  const variance = effect.se ** 2;
  if (prior === undefined) return { mean: effect.value, variance };
  const precision = 1 / variance + 1 / prior.variance;
  const mean = (effect.value / variance + prior.mean / prior.variance) / precision;
  return { mean, variance: 1 / precision };
}

/**
 * Expected losses of an effect δ: of staying with the baseline E[max(δ, 0)], of choosing the
 * candidate E[max(-δ, 0)].
 */
export type Risk = { readonly ofBaseline: number; readonly ofCandidate: number };

/** Both risks of a normal effect: σφ(μ/σ) + μΦ(μ/σ), and that less μ. */
export function normalRisk(posterior: Gaussian): Risk {
  const sd = Math.sqrt(posterior.variance);
  const z = posterior.mean / sd;
  const density = sd * normalDensity(z);
  return {
    ofBaseline: density + posterior.mean * normalCdf(z),
    ofCandidate: density - posterior.mean * normalCdf(-z),
  };
}

/** What is reported of a posterior. */
export type BayesReport = {
  readonly chanceToWin: number;
  readonly risk: Risk;
  readonly interval: Interval;
};

/** Chance that the effect is positive, risks, and the central credible interval at 1 - alpha. */
export function normalReport(posterior: Gaussian, alpha: number): BayesReport {
  const sd = Math.sqrt(posterior.variance);
  const reach = normalUpperQuantile(alpha / 2) * sd;
  return {
    chanceToWin: normalCdf(posterior.mean / sd),
    risk: normalRisk(posterior),
    interval: { lower: posterior.mean - reach, upper: posterior.mean + reach },
  };
}

/**
 * Bayes factor of "the rates differ" against "they are equal", flat priors: B-functions only. Above
 * 1 it speaks for a difference.
 */
export function logBayesFactorOfRates(first: Proportion, second: Proportion): number {
  requireCount(first.trials, 'trials');
  requireCount(second.trials, 'trials');
  const misses = (d: Proportion): number => d.trials - d.hits;
  const apart =
    lnBeta(1 + first.hits, 1 + misses(first)) + lnBeta(1 + second.hits, 1 + misses(second));
  const together = lnBeta(1 + first.hits + second.hits, 1 + misses(first) + misses(second));
  return apart - together;
}
