/**
 * Random variates from a seeded generator, for simulations and Thompson draws. Exact methods only
 * (no normal approximations), so that calibration suites measure the procedures and not the
 * sampler.
 */
import { requireNonNegative, requirePositive, requireUnit } from './domain.ts';
import { uniform, uniformOpen } from '../lib/prng.ts';
import type { Prng } from '../lib/prng.ts';

/**
 * Standard normal (Marsaglia & Bray's polar method; the second variate is dropped to stay
 * stateless).
 */
export function sampleNormal(rng: Prng, mean = 0, sd = 1): number {
  for (;;) {
    const x = 2 * uniform(rng) - 1;
    const y = 2 * uniform(rng) - 1;
    const s = x * x + y * y;
    if (s > 0 && s < 1) return mean + sd * x * Math.sqrt((-2 * Math.log(s)) / s);
  }
}

/** Exponential with the given mean. */
export function sampleExponential(rng: Prng, mean = 1): number {
  return -mean * Math.log(uniformOpen(rng));
}

/** Log-normal: e^(mu + sigma Z). */
export function sampleLogNormal(rng: Prng, mu: number, sigma: number): number {
  return Math.exp(sampleNormal(rng, mu, sigma));
}

/**
 * Gamma with `shape` > 0 and scale 1 (Marsaglia & Tsang 2000; below shape 1 by the usual power
 * boost).
 */
export function sampleGamma(rng: Prng, shape: number): number {
  requirePositive(shape, 'shape');
  if (shape < 1) return sampleGamma(rng, shape + 1) * uniformOpen(rng) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = sampleNormal(rng);
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root ** 3;
    if (Math.log(uniformOpen(rng)) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Beta(a, b) as a ratio of gammas. */
export function sampleBeta(rng: Prng, a: number, b: number): number {
  const x = sampleGamma(rng, a);
  const y = sampleGamma(rng, b);
  return x + y === 0 ? (uniform(rng) < a / (a + b) ? 1 : 0) : x / (x + y);
}

/** Below this mean, waiting times or inversion are quicker than splitting. */
const SMALL_MEAN = 12;

/** Poisson count by multiplying uniforms; only for small means. */
function poissonBySteps(rng: Prng, mean: number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = uniformOpen(rng); product > limit; product *= uniformOpen(rng)) count += 1;
  return count;
}

/**
 * Poisson with mean >= 0. Large means are split exactly: the m-th arrival of a unit-rate process is
 * Gamma(m); if it comes before the mean, the remainder is Poisson, otherwise the count is
 * Binomial(m - 1, mean/arrival) (Ahrens & Dieter 1974).
 */
export function samplePoisson(rng: Prng, mean: number): number {
  requireNonNegative(mean, 'mean');
  let left = mean;
  let count = 0;
  while (left > SMALL_MEAN) {
    const m = Math.floor(left * 0.875);
    const arrival = sampleGamma(rng, m);
    if (arrival > left) return count + sampleBinomial(rng, m - 1, left / arrival);
    count += m;
    left -= arrival;
  }
  return count + poissonBySteps(rng, left);
}

/** Successes by geometric waiting times (Devroye 1986, X.4): cost grows with n p only. */
function binomialByWaiting(rng: Prng, n: number, p: number): number {
  const logMiss = Math.log1p(-p);
  let count = 0;
  let trial = 0;
  for (;;) {
    trial += Math.floor(Math.log(uniformOpen(rng)) / logMiss) + 1;
    if (trial > n) return count;
    count += 1;
  }
}

/**
 * Binomial(n, p). Large n p are halved exactly: the i-th order statistic of n uniforms is Beta(i, n
 * + 1 - i), and the trials on either side of it are again binomial (Devroye 1986, X.4.4).
 */
export function sampleBinomial(rng: Prng, n: number, p: number): number {
  requireUnit(p, 'p');
  let trials = n;
  let chance = p;
  let count = 0;
  for (;;) {
    if (trials <= 0 || chance <= 0) return count;
    if (chance >= 1) return count + trials;
    if (chance > 0.5) return count + trials - sampleBinomial(rng, trials, 1 - chance);
    if (trials * chance < SMALL_MEAN) return count + binomialByWaiting(rng, trials, chance);
    const i = Math.floor((trials + 1) * chance);
    const cut = sampleBeta(rng, i, trials + 1 - i);
    if (cut <= chance) {
      count += i;
      chance = Math.min(1, (chance - cut) / (1 - cut));
      trials -= i;
    } else {
      chance = Math.min(1, chance / cut);
      trials = i - 1;
    }
  }
}

/** Index drawn with the given non-negative weights; they need not sum to 1. */
export function sampleIndex(rng: Prng, weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let left = uniform(rng) * total;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight <= 0) continue;
    last = index;
    left -= weight;
    if (left < 0) return index;
  }
  return last;
}
