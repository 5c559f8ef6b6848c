/**
 * Mixture supermartingales and the curved boundaries they give for a running sum S with intrinsic
 * time V: P(S ever above the boundary at V) <= α (Howard, Ramdas, McAuliffe & Sekhon,
 * "Time-uniform, nonparametric, nonasymptotic confidence sequences", arXiv 1810.08240).
 */
import { assertNever } from '../lib/invariant.ts';
import { requireOpenUnit, requirePositive, requireThat } from './domain.ts';
import { lnBeta, lnGamma } from './gamma.ts';
import { betaTails } from './incomplete-beta.ts';
import { gammaTails } from './incomplete-gamma.ts';
import { logNormalCdf } from './normal.ts';

/**
 * Which sums a mixture is for. `normal`: sub-Gaussian. `normal-upper`: the same, upwards only.
 * `gamma-exponential`: upwards, sub-exponential with scale c. `gamma-poisson`: upwards, increments
 * at most c. `beta-binomial`: increments in [-g, h], both directions or upwards only.
 */
export type MixtureKind =
  | { readonly kind: 'normal' }
  | { readonly kind: 'normal-upper' }
  | { readonly kind: 'gamma-exponential'; readonly scale: number }
  | { readonly kind: 'gamma-poisson'; readonly scale: number }
  | {
      readonly kind: 'beta-binomial';
      readonly g: number;
      readonly h: number;
      readonly direction: 'both' | 'up';
    };

/** A mixture and its tuning parameter ρ. */
export type Mixture = { readonly law: MixtureKind; readonly rho: number };

/** ρ that makes the two-sided normal boundary tightest at V: V/(2 ln(1/α) + ln(1 + 2 ln(1/α))). */
export function bestRho(v: number, alpha: number): number {
  requirePositive(v, 'v');
  requireOpenUnit(alpha, 'alpha');
  const log = 2 * Math.log(1 / alpha);
  return v / (log + Math.log1p(log));
}

function isOneSided(law: MixtureKind): boolean {
  return law.kind === 'beta-binomial' ? law.direction === 'up' : law.kind !== 'normal';
}

/** A mixture tuned to be tightest at intrinsic time `v` and level `alpha`. */
export function tunedMixture(law: MixtureKind, v: number, alpha: number): Mixture {
  const rho = bestRho(v, isOneSided(law) ? 2 * alpha : alpha);
  if (law.kind !== 'beta-binomial') return { law, rho };
  return { law, rho: Math.max(rho - law.g * law.h, 1e-3 * law.g * law.h) };
}

function logGammaExponential(at: SumAtTime, rho: number, c: number): number {
  const c2 = c * c;
  const prior = rho / c2;
  const shape = (at.v + rho) / c2;
  const rate = (c * at.sum + at.v + rho) / c2;
  if (rate <= 0) return -Infinity;
  const front = prior * Math.log(prior) - lnGamma(prior) - Math.log(gammaTails(prior, prior).lower);
  const mass = lnGamma(shape) + Math.log(gammaTails(shape, rate).lower) - shape * Math.log(rate);
  return front + mass + (c * at.sum + at.v) / c2;
}

function logGammaPoisson(at: SumAtTime, rho: number, c: number): number {
  const c2 = c * c;
  const prior = rho / c2;
  const shape = (c * at.sum + at.v + rho) / c2;
  const rate = (at.v + rho) / c2;
  if (shape <= 0) return -Infinity;
  const front = prior * Math.log(prior) - lnGamma(prior) - Math.log(gammaTails(prior, prior).upper);
  const mass = lnGamma(shape) + Math.log(gammaTails(shape, rate).upper) - shape * Math.log(rate);
  return front + mass + at.v / c2;
}

function logBetaBinomial(
  at: SumAtTime,
  rho: number,
  law: Extract<MixtureKind, { kind: 'beta-binomial' }>,
): number {
  const { g, h, direction } = law;
  const { sum, v } = at;
  const whole = g + h;
  const up = rho / (h * whole);
  const down = rho / (g * whole);
  const a = up + (h * sum + v) / (h * whole);
  const b = down + (v - g * sum) / (g * whole);
  if (a <= 0 || b <= 0) return -Infinity;
  const front =
    (v / (g * h)) * Math.log(whole) -
    (v / h + sum) * (Math.log(g) / whole) -
    (v / g - sum) * (Math.log(h) / whole);
  const both = front + lnBeta(a, b) - lnBeta(up, down);
  if (direction === 'both') return both;
  // The prior is cut to increments that drift upwards: success probability above g/(g + h).
  const centre = g / whole;
  const posterior = betaTails(a, b, centre).upper;
  return both + Math.log(posterior) - Math.log(betaTails(up, down, centre).upper);
}

/** A sum S at intrinsic time V >= 0. */
export type SumAtTime = { readonly sum: number; readonly v: number };

/**
 * log of the mixture supermartingale at (S, V): an e-value for "the increments have mean at most
 * 0".
 */
export function logMixture(at: SumAtTime, mixture: Mixture): number {
  const { law, rho } = mixture;
  const { sum, v } = at;
  const total = v + rho;
  switch (law.kind) {
    case 'normal':
      return 0.5 * Math.log(rho / total) + (sum * sum) / (2 * total);
    case 'normal-upper':
      return (
        0.5 * Math.log((4 * rho) / total) +
        (sum * sum) / (2 * total) +
        logNormalCdf(sum / Math.sqrt(total))
      );
    case 'gamma-exponential':
      return logGammaExponential(at, rho, law.scale);
    case 'gamma-poisson':
      return logGammaPoisson(at, rho, law.scale);
    case 'beta-binomial':
      return logBetaBinomial(at, rho, law);
    default:
      return assertNever(law, 'mixture');
  }
}

const DOUBLINGS_MAX = 200;
const BISECTIONS = 200;

/** The boundary at intrinsic time `v`: the least sum at which the mixture reaches 1/α. */
export function mixtureBoundary(v: number, alpha: number, mixture: Mixture): number {
  requireOpenUnit(alpha, 'alpha');
  const goal = Math.log(1 / alpha);
  if (mixture.law.kind === 'normal') {
    const total = v + mixture.rho;
    return Math.sqrt(total * (Math.log(total / mixture.rho) + 2 * goal));
  }
  // A beta-binomial sum cannot exceed V/g: there the boundary may be out of reach.
  const most = mixture.law.kind === 'beta-binomial' ? v / mixture.law.g : Infinity;
  let low = 0;
  let high = Math.min(most, Math.sqrt(v) + 1);
  for (let i = 0; logMixture({ sum: high, v }, mixture) < goal; i += 1) {
    if (high >= most || i > DOUBLINGS_MAX) return Infinity;
    low = high;
    high = Math.min(most, high * 2);
  }
  for (let i = 0; i < BISECTIONS && high - low > 1e-14 * high; i += 1) {
    const middle = (low + high) / 2;
    if (logMixture({ sum: middle, v }, mixture) < goal) low = middle;
    else high = middle;
  }
  return high;
}

/** Exponent s of the polynomial by which stitched epochs share α. */
export const STITCH_EXPONENT = 1.4;
/** ζ(1.4). */
export const ZETA_OF_EXPONENT = 3.105547277977581;
/** By how much stitched epochs grow. */
export const STITCH_RATIO = 2;
/** k₁ and k₂ of the paper at that ratio: weights of the root and of the linear part. */
export const stitchFactors = {
  root: (STITCH_RATIO ** 0.25 + STITCH_RATIO ** -0.25) / Math.SQRT2,
  line: (Math.sqrt(STITCH_RATIO) + 1) / 2,
} as const;

/**
 * Where a stitched boundary starts, and the increments' scale c (0 sub-Gaussian, below 0 lighter).
 */
export type Stitching = { readonly alpha: number; readonly vMin: number; readonly scale: number };

/**
 * The polynomially stitched boundary (same paper, eq. 10): closed form, grows like √(V log log V).
 */
export function stitchedBoundary(v: number, options: Stitching): number {
  const { alpha, vMin, scale } = options;
  requireOpenUnit(alpha, 'alpha');
  requireThat(vMin > 0, 'vMin must be positive');
  const at = Math.max(v, vMin);
  const log =
    STITCH_EXPONENT * Math.log(Math.log((STITCH_RATIO * at) / vMin)) +
    Math.log(ZETA_OF_EXPONENT / (alpha * Math.log(STITCH_RATIO) ** STITCH_EXPONENT));
  const { root, line } = stitchFactors;
  const linear = line * scale * log;
  return Math.sqrt(root * root * at * log + linear * linear) + linear;
}
