/**
 * The gamma function's logarithm and the pieces of it that stay accurate when arguments are large.
 */
import { requirePositive } from './domain.ts';

/** ½ ln(2π). */
export const HALF_LOG_TWO_PI = 0.9189385332046727;

/** 1 - γ (Euler's constant). */
const ONE_MINUS_EULER = 0.42278433509846713;

/** ζ(k) - 1 for k = 2 to 30. */
const ZETA_MINUS_ONE: readonly number[] = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993,
  0.01734306198444914, 0.008349277381922827, 0.00407735619794434, 0.002008392826082214,
  0.0009945751278180853, 0.0004941886041194646, 0.0002460865533080483, 0.0001227133475784891,
  6.124813505870483e-5, 3.058823630702049e-5, 1.528225940865187e-5, 7.637197637899763e-6,
  3.817293264999839e-6, 1.908212716553939e-6, 9.539620338727962e-7, 4.769329867878064e-7,
  2.38450502727733e-7, 1.192199259653111e-7, 5.960818905125948e-8, 2.980350351465228e-8,
  1.490155482836504e-8, 7.450711789835428e-9, 3.725334024788457e-9, 1.862659723513049e-9,
  9.313274324196682e-10,
];

/** Stirling's series B_{2k}/(2k(2k-1)), k = 1, 2, … (Abramowitz & Stegun 6.1.40). */
const STIRLING: readonly number[] = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360_360,
  1 / 156,
  -3617 / 122_400,
];
const STIRLING_FROM = 10;

/** ln Γ(2 + z) for |z| <= ½: z(1 - γ) + Σ (-1)^k (ζ(k) - 1) z^k / k, which is exact at its zero. */
function lnGammaNearTwo(z: number): number {
  let sum = 0;
  for (let i = ZETA_MINUS_ONE.length - 1; i >= 0; i -= 1) {
    const k = i + 2;
    sum = (ZETA_MINUS_ONE[i] ?? 0) / k - z * sum;
  }
  return z * (ONE_MINUS_EULER + z * sum);
}

function stirlingSeries(x: number): number {
  const inverse = 1 / (x * x);
  let sum = 0;
  for (let i = STIRLING.length - 1; i >= 0; i -= 1) sum = (STIRLING[i] ?? 0) + inverse * sum;
  return sum / x;
}

/** ln Γ(x) for x > 0; relative error below 1e-14, also around its zeros at 1 and 2. */
export function lnGamma(x: number): number {
  requirePositive(x, 'x');
  if (x < 0.5) return lnGammaNearTwo(x) - Math.log1p(x) - Math.log(x);
  if (x <= 1.5) return lnGammaNearTwo(x - 1) - Math.log1p(x - 1);
  if (x <= 2.5) return lnGammaNearTwo(x - 2);
  if (x >= STIRLING_FROM) return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + stirlingSeries(x);
  let product = 1;
  let at = x;
  while (at > 2.5) {
    at -= 1;
    product *= at;
  }
  return Math.log(product) + lnGammaNearTwo(at - 2);
}

/**
 * ln Γ(x) less Stirling's main term (x - ½) ln x - x + ½ ln(2π): small for large x, so differences
 * of log gammas can be built from it without cancellation.
 */
export function stirlingError(x: number): number {
  if (x >= STIRLING_FROM) return stirlingSeries(x);
  return lnGamma(x) - ((x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI);
}

/** ln B(a, b) for a, b > 0. */
export function lnBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < STIRLING_FROM) return lnGamma(a) + lnGamma(b) - lnGamma(a + b);
  // lnΓ(large) - lnΓ(small + large) with the huge terms cancelled by hand.
  const growth =
    (large - 0.5) * Math.log1p(small / large) + small * Math.log(small + large) - small;
  return lnGamma(small) + stirlingError(large) - stirlingError(small + large) - growth;
}

/** ln of the binomial coefficient "n choose k" for real 0 <= k <= n. */
export function lnChoose(n: number, k: number): number {
  return -Math.log1p(n) - lnBeta(n - k + 1, k + 1);
}

/** ln(1 + x) - x without cancellation near 0, x > -1. */
export function log1pMinus(x: number): number {
  if (x < -0.4 || x > 0.6) return Math.log1p(x) - x;
  // With r = x/(2 + x), ln(1 + x) = 2(r + r³/3 + r⁵/5 + …), and 2r - x = -x r.
  const r = x / (2 + x);
  const square = r * r;
  let sum = 0;
  let power = 1;
  for (let k = 3; power > 1e-18; k += 2) {
    sum += power / k;
    power *= square;
  }
  return r * (2 * square * sum - x);
}
