/** Gamma, χ², beta, Student's t, F, binomial and Poisson: tails, quantiles, log masses. */
import { requireCount, requirePositive, requireUnit } from './domain.ts';
import { lnGamma, lnChoose } from './gamma.ts';
import { betaTails, betaTailsAt } from './incomplete-beta.ts';
import { gammaTails, logGammaPrefix } from './incomplete-gamma.ts';
import { normalQuantile } from './normal.ts';
import { invert } from './tails.ts';
import type { TailProbability, Tails } from './tails.ts';

/** Standard normal score of a tail probability, kept finite: a start for inversions. */
function score(probability: TailProbability): number {
  const z =
    'lower' in probability
      ? normalQuantile(probability.lower)
      : 0 - normalQuantile(probability.upper);
  return Math.max(-37, Math.min(37, z));
}

/** Quantile of the gamma distribution with shape a, scale 1. */
export function gammaQuantile(a: number, probability: TailProbability): number {
  requirePositive(a, 'a');
  // Wilson & Hilferty's cube; for the far lower tail of small shapes P(a, x) ≈ x^a/Γ(a + 1).
  const cube = a * (1 - 1 / (9 * a) + score(probability) / (3 * Math.sqrt(a))) ** 3;
  const power =
    'lower' in probability ? Math.exp((Math.log(probability.lower) + lnGamma(a + 1)) / a) : 0;
  const guess = cube > 0.2 * a ? cube : Math.max(power, Number.MIN_VALUE);
  const bounded = guess > 0 && guess < Infinity ? guess : a;
  return invert(probability, {
    support: 'positive',
    tails: (x) => gammaTails(a, x),
    guess: bounded,
  });
}

/** Both tails of χ² with `df` degrees of freedom (any positive number) at x >= 0. */
export function chiSquareTails(x: number, df: number): Tails {
  return gammaTails(df / 2, x / 2);
}

/** P(χ² > x). */
export function chiSquareSf(x: number, df: number): number {
  return chiSquareTails(x, df).upper;
}

/** Quantile of χ². */
export function chiSquareQuantile(df: number, probability: TailProbability): number {
  return 2 * gammaQuantile(df / 2, probability);
}

/** Quantile of Beta(a, b). */
export function betaQuantile(a: number, b: number, probability: TailProbability): number {
  const mean = a / (a + b);
  const sd = Math.sqrt((mean * (1 - mean)) / (a + b + 1));
  const rough = mean + sd * score(probability);
  const guess = rough > 0 && rough < 1 ? rough : mean;
  return invert(probability, {
    support: 'unit',
    tails: (x, y) => betaTailsAt({ a, b, x, y }),
    guess,
  });
}

/** df/(df + t²) and t²/(df + t²), also where t² overflows. */
function studentShares(
  t: number,
  df: number,
): { readonly outside: number; readonly inside: number } {
  const odds = df / t / t;
  return { outside: odds === Infinity ? 1 : odds / (1 + odds), inside: 1 / (1 + odds) };
}

/** Both tails of Student's t with `df` degrees of freedom (real, above 0). */
export function studentTails(t: number, df: number): Tails {
  requirePositive(df, 'df');
  if (Math.abs(t) === Infinity) return t > 0 ? { lower: 1, upper: 0 } : { lower: 0, upper: 1 };
  const { outside: x, inside: y } = studentShares(t, df);
  const outside = betaTailsAt({ a: df / 2, b: 0.5, x, y }).lower / 2;
  return t >= 0 ? { lower: 1 - outside, upper: outside } : { lower: outside, upper: 1 - outside };
}

/** P(T <= t). */
export function studentCdf(t: number, df: number): number {
  return studentTails(t, df).lower;
}

/** P(T > t). */
export function studentSf(t: number, df: number): number {
  return studentTails(t, df).upper;
}

/** Quantile of Student's t. */
export function studentQuantile(df: number, probability: TailProbability): number {
  requirePositive(df, 'df');
  const p = 'lower' in probability ? probability.lower : probability.upper;
  if (p === 0.5) return 0;
  // By symmetry only the upper half is solved, as y = t²/(df + t²) ~ Beta(½, df/2).
  const upperHalf = 'lower' in probability ? p > 0.5 : p < 0.5;
  const tail = p < 0.5 ? p : 1 - p;
  const t = tail === 0 ? Infinity : positiveStudentQuantile(df, tail);
  return upperHalf ? t : -t;
}

function positiveStudentQuantile(df: number, tail: number): number {
  const z = normalQuantile(tail) * -1;
  const guess = z + (z ** 3 + z) / (4 * df);
  return invert(
    { upper: 2 * tail },
    {
      tails: (t) => {
        const { upper } = studentTails(t, df);
        return { lower: studentCentral(t, df), upper: 2 * upper };
      },
      support: 'positive',
      guess: guess > 0 && guess < Infinity ? guess : 1,
    },
  );
}

/** P(|T| <= t), accurate for small t. */
function studentCentral(t: number, df: number): number {
  const { outside, inside } = studentShares(t, df);
  return betaTailsAt({ a: 0.5, b: df / 2, x: inside, y: outside }).lower;
}

/** Both tails of F with (df1, df2) degrees of freedom at x >= 0. */
export function fisherTails(x: number, df1: number, df2: number): Tails {
  const scaled = df1 * x;
  const whole = scaled + df2;
  return betaTailsAt({ a: df1 / 2, b: df2 / 2, x: scaled / whole, y: df2 / whole });
}

/** P(X <= k) and P(X > k) for X ~ Binomial(n, p). */
export function binomialTails(k: number, n: number, p: number): Tails {
  requireUnit(p, 'p');
  requireCount(n, 'n');
  if (k < 0) return { lower: 0, upper: 1 };
  if (k >= n) return { lower: 1, upper: 0 };
  const tails = betaTails(Math.floor(k) + 1, n - Math.floor(k), p);
  return { lower: tails.upper, upper: tails.lower };
}

/** ln P(X = k) for X ~ Binomial(n, p). */
export function logBinomialMass(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return -Infinity;
  const hits = k === 0 ? 0 : k * Math.log(p);
  const misses = k === n ? 0 : (n - k) * Math.log1p(-p);
  return lnChoose(n, k) + hits + misses;
}

/** P(X <= k) and P(X > k) for X ~ Poisson(mean). */
export function poissonTails(k: number, mean: number): Tails {
  if (k < 0) return { lower: 0, upper: 1 };
  const tails = gammaTails(Math.floor(k) + 1, mean);
  return { lower: tails.upper, upper: tails.lower };
}

/** ln P(X = k) for X ~ Poisson(mean). */
export function logPoissonMass(k: number, mean: number): number {
  if (k < 0) return -Infinity;
  if (mean === 0) return k === 0 ? 0 : -Infinity;
  return logGammaPrefix(k + 1, mean) - Math.log(mean);
}
