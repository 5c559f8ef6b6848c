/**
 * How many units a fixed-sample comparison needs, what it can detect, and its power. Numbers are
 * real; round up where units are recruited.
 */
import { requireOpenUnit, requirePositive, requireThat } from './domain.ts';
import { normalCdf, normalUpperQuantile } from './normal.ts';
import { monotoneRoot } from './quadrature.ts';

/** Error rates and split of a plan. */
export type PlanOptions = {
  readonly alpha: number;
  readonly power: number;
  /** One-sided tests spend all of alpha on one side. */
  readonly sides?: 1 | 2;
  /** Candidate's share of all units in the comparison, in (0, 1). */
  readonly share?: number;
  /** Multiplier for correlated units, see `designEffect`. */
  readonly inflation?: number;
};

/** Units in all and per arm. */
export type PlanSize = {
  readonly total: number;
  readonly candidate: number;
  readonly baseline: number;
};

function resolve(options: PlanOptions): {
  readonly za: number;
  readonly zb: number;
  readonly share: number;
  readonly inflation: number;
} {
  const { alpha, power, sides = 2, share = 0.5, inflation = 1 } = options;
  requireOpenUnit(alpha, 'alpha');
  requireOpenUnit(power, 'power');
  requireOpenUnit(share, 'share');
  requireThat(inflation >= 1, 'inflation must be at least 1');
  return {
    za: normalUpperQuantile(alpha / sides),
    zb: normalUpperQuantile(1 - power),
    share,
    inflation,
  };
}

function split(total: number, share: number): PlanSize {
  return { total, candidate: total * share, baseline: total * (1 - share) };
}

/** Kish's design effect 1 + (m - 1) ICC for clusters of m correlated requests. */
export function designEffect(clusterSize: number, correlation: number): number {
  requireThat(clusterSize >= 1, 'clusterSize must be at least 1');
  requireThat(correlation >= 0 && correlation <= 1, 'correlation must lie in [0, 1]');
  return 1 + (clusterSize - 1) * correlation;
}

/**
 * Variances of one unit in each arm (for CUPED, times 1 - ρ²; for ratio metrics, of `ratioSample`).
 */
export type ArmVariances = { readonly candidate: number; readonly baseline: number };

/** Units to find a difference `effect` of means: (z_α + z_β)² (s_c²/ω + s_b²/(1 - ω))/δ². */
export function sizeForMeans(
  effect: number,
  variances: ArmVariances,
  options: PlanOptions,
): PlanSize {
  requireThat(effect !== 0, 'an effect of 0 cannot be found');
  const { za, zb, share, inflation } = resolve(options);
  const perUnit = variances.candidate / share + variances.baseline / (1 - share);
  return split((inflation * (za + zb) ** 2 * perUnit) / effect ** 2, share);
}

/** Smallest difference of means that `total` units find with the given power. */
export function detectableMeanEffect(
  total: number,
  variances: ArmVariances,
  options: PlanOptions,
): number {
  requirePositive(total, 'total');
  const { za, zb, share, inflation } = resolve(options);
  const perUnit = variances.candidate / share + variances.baseline / (1 - share);
  return (za + zb) * Math.sqrt((inflation * perUnit) / total);
}

/** Power of `total` units for a difference of means (of the side the effect is on). */
export function powerForMeans(
  query: { readonly total: number; readonly effect: number },
  variances: ArmVariances,
  options: Omit<PlanOptions, 'power'>,
): number {
  const { za, share, inflation } = resolve({ ...options, power: 0.5 });
  const perUnit = variances.candidate / share + variances.baseline / (1 - share);
  return normalCdf(Math.abs(query.effect) * Math.sqrt(query.total / (inflation * perUnit)) - za);
}

/**
 * Units per arm for a proportion with the null variance under H0 and the alternative's under H1,
 * equal arms: (z_{α/2} √(2p(1-p)) + z_β √(p(1-p) + p'(1-p')))²/δ², p' = p + δ (evanmiller.org's
 * form).
 */
export function sizePerArmForRates(
  baseline: number,
  candidate: number,
  options: PlanOptions,
): number {
  requireOpenUnit(baseline, 'baseline');
  requireThat(candidate >= 0 && candidate <= 1, 'candidate must lie in [0, 1]');
  const { za, zb, inflation } = resolve(options);
  const before = baseline * (1 - baseline);
  const after = candidate * (1 - candidate);
  const root = za * Math.sqrt(2 * before) + zb * Math.sqrt(before + after);
  return (inflation * root ** 2) / (candidate - baseline) ** 2;
}

/**
 * Power of the two-proportion z-test with pooled variance under H0, counting for two-sided tests
 * also the rejections on the far side.
 */
export function powerForRates(
  query: { readonly total: number; readonly baseline: number; readonly candidate: number },
  options: Omit<PlanOptions, 'power'>,
): number {
  const { za, share, inflation } = resolve({ ...options, power: 0.5 });
  const { total, baseline, candidate } = query;
  const pooled = share * candidate + (1 - share) * baseline;
  const perUnit = inflation / total;
  const nullVariance = (pooled * (1 - pooled)) / (share * (1 - share));
  const variance =
    (candidate * (1 - candidate)) / share + (baseline * (1 - baseline)) / (1 - share);
  const reach = za * Math.sqrt(nullVariance * perUnit);
  const spread = Math.sqrt(variance * perUnit);
  const effect = Math.abs(candidate - baseline);
  const farSide = (options.sides ?? 2) === 2 ? normalCdf((-reach - effect) / spread) : 0;
  return normalCdf((effect - reach) / spread) + farSide;
}

/** Units at which `powerForRates` is the wanted power. */
export function sizeForRates(baseline: number, candidate: number, options: PlanOptions): PlanSize {
  requireThat(candidate !== baseline, 'equal rates cannot be told apart');
  const { share } = resolve(options);
  const variances = {
    candidate: candidate * (1 - candidate),
    baseline: baseline * (1 - baseline),
  };
  const rough = Math.log(Math.max(1, sizeForMeans(candidate - baseline, variances, options).total));
  const logTotal = monotoneRoot(
    (u) => powerForRates({ total: Math.exp(u), baseline, candidate }, options) - options.power,
    { low: rough - 4, high: rough + 4 },
  );
  return split(Math.exp(logTotal), share);
}

/** Smallest worsening of a rate that `total` units find. NaN if not even a rate of 1 is found. */
export function detectableRateIncrease(
  total: number,
  baseline: number,
  options: PlanOptions,
): number {
  const needed = (rate: number): number => sizeForRates(baseline, rate, options).total;
  const low = baseline + (1 - baseline) * 1e-9;
  if (needed(1) > total) return Number.NaN;
  return monotoneRoot((rate) => Math.log(total / needed(rate)), { low, high: 1 }) - baseline;
}

/** A comparison of two rates against a null difference rate1 - rate2 = delta. */
export type RateHypothesis = {
  readonly rate1: number;
  readonly rate2: number;
  readonly delta: number;
  /** Units of arm 2 per unit of arm 1. */
  readonly ratio: number;
};

/** Restricted maximum-likelihood rates when rate1 - rate2 = delta, arms in proportion 1 : ratio. */
function restricted(h: RateHypothesis): readonly [number, number] {
  const { rate1, rate2, delta, ratio } = h;
  const likelihoodSlope = (p1: number): number => {
    const p2 = p1 - delta;
    return (rate1 - p1) / (p1 * (1 - p1)) + (ratio * (rate2 - p2)) / (p2 * (1 - p2));
  };
  const low = Math.max(0, delta) + 1e-12;
  const high = Math.min(1, 1 + delta) - 1e-12;
  const p1 = monotoneRoot(likelihoodSlope, { low, high }, 1e-15);
  return [p1, p1 - delta];
}

/** Units per arm by Farrington & Manning (1990): null variance at the restricted rates. */
export function farringtonManning(
  h: RateHypothesis,
  options: PlanOptions,
): { readonly arm1: number; readonly arm2: number; readonly total: number } {
  const { za, zb, inflation } = resolve(options);
  const [p1, p2] = restricted(h);
  const { rate1, rate2, delta, ratio } = h;
  const nullVariance = p1 * (1 - p1) + (p2 * (1 - p2)) / ratio;
  const variance = rate1 * (1 - rate1) + (rate2 * (1 - rate2)) / ratio;
  const root = za * Math.sqrt(nullVariance) + zb * Math.sqrt(variance);
  const arm1 = (inflation * root ** 2) / (rate1 - rate2 - delta) ** 2;
  return { arm1, arm2: arm1 * ratio, total: arm1 * (1 + ratio) };
}

/** Units per arm to show non-inferiority of means: (z_α + z_β)² (…)/(margin - loss)², one-sided. */
export function sizeForNonInferiority(
  query: { readonly margin: number; readonly expectedLoss?: number },
  variances: ArmVariances,
  options: PlanOptions,
): PlanSize {
  const gap = query.margin - (query.expectedLoss ?? 0);
  requireThat(gap > 0, 'the expected loss must be below the margin');
  return sizeForMeans(gap, variances, { ...options, sides: 1 });
}

/** Power at each of a list of effects. */
export function powerCurve(
  query: { readonly total: number; readonly effects: readonly number[] },
  variances: ArmVariances,
  options: Omit<PlanOptions, 'power'>,
): readonly { readonly effect: number; readonly power: number }[] {
  return query.effects.map((effect) => ({
    effect,
    power: powerForMeans({ total: query.total, effect }, variances, options),
  }));
}
