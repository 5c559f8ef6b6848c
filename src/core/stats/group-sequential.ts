/**
 * Group-sequential tests: a few planned looks whose error adds up to α exactly. Sharper than
 * anytime methods when the number of looks and the largest sample are fixed beforehand, and wrong
 * otherwise.
 *
 * Crossing probabilities by the recursion of Armitage, McPherson & Rowe (1969) in the form of
 * Jennison & Turnbull (2000, ch. 19), integrated by Simpson's rule.
 */
import { assertNever } from '../lib/invariant.ts';
import { requireOpenUnit, requirePositive, requireThat } from './domain.ts';
import { normalCdf, normalDensity, normalSf, normalUpperQuantile } from './normal.ts';
import { compositeRule, gaussLegendre, monotoneRoot } from './quadrature.ts';

/** `upper`: stop only for large z. `both`: stop for large |z|. */
export type Sides = 'upper' | 'both';

/** How the error is spent over the information fraction t in (0, 1]. */
export type Spending =
  | { readonly kind: 'obrien-fleming' }
  | { readonly kind: 'pocock' }
  | { readonly kind: 'hwang-shih-decani'; readonly gamma: number }
  | { readonly kind: 'power'; readonly exponent: number };

/**
 * Error spent on one side up to information fraction t, of `alpha` for that side (Lan & DeMets
 * 1983).
 */
export function spent(spending: Spending, t: number, alpha: number): number {
  switch (spending.kind) {
    case 'obrien-fleming':
      return 2 * normalSf(normalUpperQuantile(alpha / 2) / Math.sqrt(t));
    case 'pocock':
      return alpha * Math.log1p((Math.E - 1) * t);
    case 'hwang-shih-decani':
      return spending.gamma === 0
        ? alpha * t
        : (alpha * Math.expm1(-spending.gamma * t)) / Math.expm1(-spending.gamma);
    case 'power':
      return alpha * t ** spending.exponent;
    default:
      return assertNever(spending, 'spending');
  }
}

const RULE = gaussLegendre(8);
/** Panel width in standard deviations: fine enough for 20 equally spaced looks. */
const PANEL = 0.8;
/** Densities beyond this many standard deviations carry less than 1e-15. */
const REACH = 8;

/** Where the test goes on after a look, with the density of its z-statistic there. */
type Continuing = {
  readonly t: number;
  readonly points: readonly number[];
  /** Density times the weight of the integration rule. */
  readonly masses: readonly number[];
};

type Plan = { readonly sides: Sides; readonly drift: number };

const START: Continuing = { t: 0, points: [0], masses: [1] };

/** Share of the paths still running that exceed z at information t. */
function exceeding(
  from: Continuing,
  at: { readonly t: number; readonly z: number },
  plan: Plan,
): number {
  const gap = at.t - from.t;
  let sum = 0;
  for (const [i, w] of from.points.entries()) {
    const mean = w * Math.sqrt(from.t) + plan.drift * gap;
    sum += (from.masses[i] ?? 0) * normalSf((at.z * Math.sqrt(at.t) - mean) / Math.sqrt(gap));
  }
  return sum;
}

function fallingBelow(
  from: Continuing,
  at: { readonly t: number; readonly z: number },
  plan: Plan,
): number {
  const gap = at.t - from.t;
  let sum = 0;
  for (const [i, w] of from.points.entries()) {
    const mean = w * Math.sqrt(from.t) + plan.drift * gap;
    sum += (from.masses[i] ?? 0) * normalCdf((at.z * Math.sqrt(at.t) - mean) / Math.sqrt(gap));
  }
  return sum;
}

/** Density of z at information t on the part that does not stop at `bound`. */
function continueBeyond(
  from: Continuing,
  at: { readonly t: number; readonly bound: number },
  plan: Plan,
): Continuing {
  const centre = plan.drift * Math.sqrt(at.t);
  const high = Math.min(at.bound, centre + REACH);
  const low = Math.max(plan.sides === 'both' ? -at.bound : -Infinity, centre - REACH);
  const { points, weights } = compositeRule(RULE, { low, high }, PANEL);
  const gap = at.t - from.t;
  const scale = Math.sqrt(at.t / gap);
  const means = from.points.map((w) => w * Math.sqrt(from.t) + plan.drift * gap);
  const masses = points.map((z, i) => {
    let density = 0;
    for (const [j, mean] of means.entries()) {
      const standard = (z * Math.sqrt(at.t) - mean) / Math.sqrt(gap);
      density += (from.masses[j] ?? 0) * normalDensity(standard);
    }
    return density * scale * (weights[i] ?? 0);
  });
  return { t: at.t, points, masses };
}

/** Information fractions of the looks (increasing, last 1) and the critical |z| at each. */
export type Boundaries = {
  readonly information: readonly number[];
  readonly bounds: readonly number[];
  readonly sides: Sides;
};

/** Probability of stopping at each look, through the upper and the lower bound. */
export type Crossing = { readonly upper: readonly number[]; readonly lower: readonly number[] };

/** `drift` is the expected z-statistic at full information (0 under H0). */
export function crossingProbabilities(design: Boundaries, drift: number): Crossing {
  const plan = { sides: design.sides, drift };
  const upper: number[] = [];
  const lower: number[] = [];
  let from = START;
  for (const [k, t] of design.information.entries()) {
    const bound = design.bounds[k] ?? Infinity;
    upper.push(exceeding(from, { t, z: bound }, plan));
    lower.push(design.sides === 'both' ? fallingBelow(from, { t, z: -bound }, plan) : 0);
    from = continueBeyond(from, { t, bound }, plan);
  }
  return { upper, lower };
}

function requireInformation(information: readonly number[]): void {
  requireThat(information.length > 0, 'at least one look');
  for (const [k, t] of information.entries()) {
    const before = k === 0 ? 0 : (information[k - 1] ?? 0);
    requireThat(t > before && t <= 1 + 1e-12, 'information fractions must increase up to 1');
  }
}

const BOUND_MAX = 12;
const TOLERANCE = 1e-9;

/** The z that a share of all paths, still running, exceeds at information t. */
function boundFor(
  from: Continuing,
  at: { readonly t: number; readonly share: number },
  plan: Plan,
): number {
  const { t, share } = at;
  if (share <= 0) return Infinity;
  return monotoneRoot(
    (z) => Math.log(exceeding(from, { t, z }, plan) / share),
    { low: -BOUND_MAX, high: 3 * BOUND_MAX },
    TOLERANCE,
  );
}

/** Bounds that spend `alpha` (in all, both sides together) as `spending` says. */
export function spendingBoundaries(options: {
  readonly information: readonly number[];
  readonly alpha: number;
  readonly sides: Sides;
  readonly spending: Spending;
}): Boundaries {
  const { information, alpha, sides, spending } = options;
  requireInformation(information);
  requireOpenUnit(alpha, 'alpha');
  const perSide = sides === 'both' ? alpha / 2 : alpha;
  const plan = { sides, drift: 0 };
  const bounds: number[] = [];
  let from = START;
  let before = 0;
  for (const t of information) {
    const now = spent(spending, t, perSide);
    const share = now - before;
    const bound = boundFor(from, { t, share }, plan);
    bounds.push(bound);
    from = continueBeyond(from, { t, bound }, plan);
    before = now;
  }
  return { information, bounds, sides };
}

/**
 * Bounds of one shape, C t^(shape - ½) at information t (Wang & Tsiatis 1987): shape 0 is
 * O'Brien-Fleming, ½ is Pocock. C is found so that the error is `alpha` in all.
 */
export function shapedBoundaries(options: {
  readonly information: readonly number[];
  readonly alpha: number;
  readonly sides: Sides;
  readonly shape: number;
}): Boundaries & { readonly constant: number } {
  const { information, alpha, sides, shape } = options;
  requireInformation(information);
  requireOpenUnit(alpha, 'alpha');
  const at = (constant: number): Boundaries => ({
    information,
    bounds: information.map((t) => constant * t ** (shape - 0.5)),
    sides,
  });
  const error = (constant: number): number => {
    const { upper, lower } = crossingProbabilities(at(constant), 0);
    return [...upper, ...lower].reduce((sum, p) => sum + p, 0);
  };
  const constant = monotoneRoot(
    (c) => Math.log(error(c) / alpha),
    { low: 0.1, high: BOUND_MAX / 2 },
    TOLERANCE,
  );
  return { ...at(constant), constant };
}

/** Size of a sequential design against the fixed one with the same α and power. */
export type DesignSize = {
  /** Expected z at full information under the effect the design is powered for. */
  readonly drift: number;
  /** Largest sample as a multiple of the fixed sample. */
  readonly maximum: number;
  /** Expected sample, same unit, at a fraction of the planned effect (0 is H0, 1 the effect). */
  readonly expectedAt: (effect: number) => number;
};

/** Power counts crossings of the upper bound. */
export function designSize(design: Boundaries, alpha: number, power: number): DesignSize {
  requireOpenUnit(power, 'power');
  requirePositive(alpha, 'alpha');
  const reach = (drift: number): number =>
    crossingProbabilities(design, drift).upper.reduce((sum, p) => sum + p, 0);
  const drift = monotoneRoot((d) => reach(d) - power, { low: 0, high: BOUND_MAX }, TOLERANCE);
  const tail = design.sides === 'both' ? alpha / 2 : alpha;
  const fixed = normalUpperQuantile(tail) + normalUpperQuantile(1 - power);
  const maximum = (drift / fixed) ** 2;
  const expectedAt = (effect: number): number => {
    const { upper, lower } = crossingProbabilities(design, effect * drift);
    let running = 1;
    let expected = 0;
    for (const [k, t] of design.information.entries()) {
      const last = k === design.information.length - 1;
      const stop = last ? running : (upper[k] ?? 0) + (lower[k] ?? 0);
      expected += stop * t;
      running -= stop;
    }
    return expected * maximum;
  };
  return { drift, maximum, expectedAt };
}

/** Wald's sequential probability ratio test of a proportion p0 against p1 > p0. */
export type BinomialSprt = {
  readonly rate0: number;
  readonly rate1: number;
  readonly alpha: number;
  readonly beta: number;
};

/**
 * Counts at n trials: p0 is accepted at `acceptAtMost` hits or fewer, rejected at `rejectAtLeast`
 * or more.
 */
export function sprtLimits(
  test: BinomialSprt,
  trials: number,
): { readonly acceptAtMost: number; readonly rejectAtLeast: number } {
  const { rate0, rate1, alpha, beta } = test;
  requireThat(rate0 > 0 && rate0 < rate1 && rate1 < 1, 'rates must satisfy 0 < rate0 < rate1 < 1');
  const perHit = Math.log(rate1 / rate0) - Math.log((1 - rate1) / (1 - rate0));
  const drift = trials * Math.log((1 - rate0) / (1 - rate1));
  return {
    acceptAtMost: Math.floor((Math.log(beta / (1 - alpha)) + drift) / perHit),
    rejectAtLeast: Math.ceil((Math.log((1 - beta) / alpha) + drift) / perHit),
  };
}
