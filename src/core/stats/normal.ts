/** The standard normal distribution, accurate in both tails. */
import { requireUnit } from './domain.ts';
import { HALF_LOG_TWO_PI } from './gamma.ts';
import type { Tails } from './tails.ts';

/** Below this |z| the series is used, above it the continued fraction. */
const SERIES_BELOW = 2.5;
const FRACTION_MAX = 400;
const TERMS_MAX = 200;
const TINY = 1e-300;

/** Density φ(z). */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z - HALF_LOG_TWO_PI);
}

/** Φ(z) - ½ = φ(z)(z + z³/3 + z⁵/15 + …) (Abramowitz & Stegun 26.2.11): no cancellation. */
function centralMass(z: number): number {
  const square = z * z;
  let term = z;
  let sum = z;
  for (let n = 1; n < TERMS_MAX && Math.abs(term) > Math.abs(sum) * 1e-18; n += 1) {
    term *= square / (2 * n + 1);
    sum += term;
  }
  return normalDensity(z) * sum;
}

/**
 * Mills's ratio (1 - Φ(z))/φ(z) for z >= 2 by Laplace's continued fraction 1/(z + 1/(z + 2/(z +
 * …))).
 */
function millsRatio(z: number): number {
  let c = z;
  let d = 0;
  let h = z;
  for (let n = 1; n < FRACTION_MAX; n += 1) {
    d = 1 / Math.max(TINY, z + n * d);
    c = z + n / c;
    const delta = c * d;
    h *= delta;
    if (Math.abs(delta - 1) < 2e-16) break;
  }
  return 1 / h;
}

/** P(Z > z) for z >= 0. */
function upperTail(z: number): number {
  return z < SERIES_BELOW ? 0.5 - centralMass(z) : normalDensity(z) * millsRatio(z);
}

/** Both tails at z. */
export function normalTails(z: number): Tails {
  if (z >= 0) {
    const upper = upperTail(z);
    return { lower: 1 - upper, upper };
  }
  const lower = upperTail(-z);
  return { lower, upper: 1 - lower };
}

/** Φ(z) = P(Z <= z). */
export function normalCdf(z: number): number {
  return normalTails(z).lower;
}

/** 1 - Φ(z) = P(Z > z), accurate where Φ(z) is 1 to all digits. */
export function normalSf(z: number): number {
  return normalTails(z).upper;
}

/** ln Φ(z), finite far beyond where Φ underflows. */
export function logNormalCdf(z: number): number {
  if (z > -SERIES_BELOW) return z > 0 ? Math.log1p(-upperTail(z)) : Math.log(upperTail(-z));
  return -0.5 * z * z - HALF_LOG_TWO_PI + Math.log(millsRatio(-z));
}

/** Start for the quantile: Abramowitz & Stegun 26.2.23, absolute error below 4.5e-4. */
function roughUpperQuantile(tail: number): number {
  const t = Math.sqrt(-2 * Math.log(tail));
  return (
    t -
    (2.515517 + t * (0.802853 + t * 0.010328)) /
      (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
  );
}

/**
 * z with P(Z > z) = tail, 0 < tail <= ½: Halley's method, on the log scale away from the centre.
 */
function upperQuantile(tail: number): number {
  let z = roughUpperQuantile(tail);
  if (tail > 0.3) {
    for (let i = 0; i < 3; i += 1) {
      const newton = (centralMass(z) - (0.5 - tail)) / normalDensity(z);
      z -= newton / (1 + (z * newton) / 2);
    }
    return z;
  }
  const goal = Math.log(tail);
  for (let i = 0; i < 3; i += 1) {
    // f(z) = ln(1 - Φ) - ln tail has f' = -m and f'' = m(z - m), m the inverse of Mills's ratio.
    const logTail = logNormalCdf(-z);
    const m = Math.exp(-0.5 * z * z - HALF_LOG_TWO_PI - logTail);
    const newton = (logTail - goal) / m;
    z += newton / (1 + (newton * (z - m)) / 2);
  }
  return z;
}

/** z with Φ(z) = p. Infinite at 0 and 1. For p close to 1 use `normalUpperQuantile(1 - p)`. */
export function normalQuantile(p: number): number {
  requireUnit(p, 'p');
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  if (p === 0.5) return 0;
  return p < 0.5 ? -upperQuantile(p) : upperQuantile(1 - p);
}

/** z with P(Z > z) = p: keeps its digits for p as small as 1e-300. */
export function normalUpperQuantile(p: number): number {
  return 0 - normalQuantile(p);
}
