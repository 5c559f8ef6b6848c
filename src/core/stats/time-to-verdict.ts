/**
 * How long until the evidence suffices? Beforehand (how many losses a plan needs) and during a
 * rollout (how many further buckets, if things go on as they are). All figures are about the
 * typical course: half of the rollouts need longer.
 */
import { requireOpenUnit, requirePositive, requireThat } from './domain.ts';
import { log1mExp, logAddExp, logSumExp } from './log-space.ts';
import { logStartsOf, unspentOf } from './mixture-process.ts';
import type { MixtureState } from './mixture-process.ts';
import { mantelHaenszelRatio } from './ratio-interval.ts';
import { bernoulliLogFactor, poissonLogFactor } from './rate-ratio.ts';
import type { Bucket, RateRatioState } from './rate-ratio.ts';

/** Ratio and traffic of a plan. */
export type InformationQuery = {
  /** True candidate / baseline ratio. */
  readonly ratio: number;
  /** Null ratio: 1 for harm, the margin for promotion. */
  readonly ratio0: number;
  /** Candidate's share of the units, in (0, 1); 0 gives the limit of a small share. */
  readonly share: number;
};

/**
 * κ: growth of log E per candidate loss expected at the baseline's rate, for the best alternative
 * (the true ratio): r ln(θ1/θ0) + ((1-ω)/ω) ln((1-θ1)/(1-θ0)) with θ(r) = ωr/(ωr + 1 - ω). For a
 * small share and ratio0 = 1 that is r ln r - r + 1; for a true ratio of 1 against a margin M it is
 * ln(1/M) + M - 1.
 */
export function informationPerExpectedLoss(query: InformationQuery): number {
  const { ratio, ratio0, share } = query;
  requirePositive(ratio, 'ratio');
  requirePositive(ratio0, 'ratio0');
  requireThat(share >= 0 && share < 1, `share must lie in [0, 1), got ${share}`);
  if (share === 0) return ratio * Math.log(ratio / ratio0) - (ratio - ratio0);
  const shift = Math.log1p((share * (ratio - ratio0)) / (share * ratio0 + 1 - share));
  return ratio * Math.log(ratio / ratio0) - (ratio + (1 - share) / share) * shift;
}

/**
 * μ = ln(1/α)/κ: candidate losses to be expected at the baseline's rate before the verdict.
 * Infinity if nothing differs.
 */
export function expectedLossesToVerdict(
  query: InformationQuery & { readonly alpha: number },
): number {
  requireOpenUnit(query.alpha, 'alpha');
  const kappa = informationPerExpectedLoss(query);
  return kappa > 0 ? Math.log(1 / query.alpha) / kappa : Infinity;
}

/**
 * Candidate units to the verdict at baseline loss rate `baselineRate` (losses per unit, above 0).
 */
export function expectedUnitsToVerdict(
  query: InformationQuery & { readonly alpha: number; readonly baselineRate: number },
): number {
  requirePositive(query.baselineRate, 'baselineRate');
  return expectedLossesToVerdict(query) / query.baselineRate;
}

/**
 * The bucket to expect next if traffic and rates stay what they were: mean units, pooled baseline
 * rate, and the candidate at the Mantel-Haenszel ratio of it. Undefined until both arms have had
 * units together.
 */
export function typicalBucket(buckets: readonly Bucket[]): Bucket | undefined {
  const shared = buckets.filter((b) => b.candidateUnits > 0 && b.baselineUnits > 0);
  if (shared.length === 0) return undefined;
  const sum = (value: (bucket: Bucket) => number): number =>
    shared.reduce((total, bucket) => total + value(bucket), 0);
  const candidateUnits = sum((b) => b.candidateUnits);
  const baselineUnits = sum((b) => b.baselineUnits);
  const baselineLoss = sum((b) => b.baselineLoss);
  const ratio = mantelHaenszelRatio(shared);
  const candidateLoss = Number.isFinite(ratio)
    ? Math.min(candidateUnits, (ratio * baselineLoss * candidateUnits) / baselineUnits)
    : sum((b) => b.candidateLoss);
  return {
    candidateLoss: candidateLoss / buckets.length,
    candidateUnits: candidateUnits / buckets.length,
    baselineLoss: baselineLoss / buckets.length,
    baselineUnits: baselineUnits / buckets.length,
  };
}

/** `half`: which evidence must reach the threshold. */
export type ProjectionOptions = {
  readonly alpha: number;
  readonly half: 'combined' | 'cumulative';
};

/** A projection gives up here and calls the verdict out of reach. */
const BUCKETS_MAX = 2 ** 40;
const NO_DRIFT = 1e-12;

/** log Σ_{i=1..m} e^{κ i}: the new starting points of the change-point half, m >= 1. */
function logGeometric(kappa: number, m: number): number {
  if (Math.abs(kappa) < NO_DRIFT) return Math.log(m);
  if (kappa > 0) return kappa * m + log1mExp(-kappa * m) - log1mExp(-kappa);
  return kappa + log1mExp(kappa * m) - log1mExp(kappa);
}

/** A lane of the process, and what a bucket adds to it. */
type Drift = {
  readonly weight: number;
  readonly logProduct: number;
  readonly logStarts: number;
  readonly kappa: number;
};

/** log E after `n` more buckets that each add exactly κ to every open product. */
function projectedLogE(
  mixture: MixtureState,
  drifts: readonly Drift[],
  at: { readonly n: number; readonly half: ProjectionOptions['half'] },
): number {
  const { n, half } = at;
  const cumulative = logSumExp(
    drifts.map(({ weight, logProduct, kappa }) => Math.log(weight) + logProduct + n * kappa),
  );
  if (half === 'cumulative') return cumulative;
  const fresh = Math.min(n, Math.max(0, mixture.horizonBuckets - mixture.buckets));
  const unspent = unspentOf(mixture, mixture.buckets + fresh);
  const starts = drifts.map(({ weight, logStarts, kappa }) => {
    const opened =
      fresh === 0
        ? -Infinity
        : logGeometric(kappa, fresh) + (n - fresh) * kappa - Math.log(mixture.horizonBuckets);
    return Math.log(weight) + logAddExp(logStarts + n * kappa, opened);
  });
  const changePoint = logAddExp(logSumExp(starts), Math.log(unspent));
  return logAddExp(cumulative, changePoint) - Math.LN2;
}

/**
 * Further buckets like `typical` until log E reaches log(1/α): 0 if it already has, Infinity if the
 * evidence does not grow at these rates. The projection moves along the mean path.
 */
export function bucketsToVerdict(
  state: RateRatioState,
  typical: Bucket,
  options: ProjectionOptions,
): number {
  requireOpenUnit(options.alpha, 'alpha');
  const threshold = Math.log(1 / options.alpha);
  const q = (state.pooledLoss + 1) / (state.pooledUnits + 100);
  const { alternatives, weights, logProducts } = state.mixture;
  const logStarts = logStartsOf(state.mixture);
  const drifts = alternatives.map((alternative, j) => ({
    weight: weights[j] ?? 0,
    logProduct: logProducts[j] ?? 0,
    logStarts: logStarts[j] ?? 0,
    kappa:
      state.form === 'poisson'
        ? poissonLogFactor(typical, state.ratio0, alternative)
        : bernoulliLogFactor(typical, q, alternative),
  }));
  const reached = (n: number): boolean =>
    projectedLogE(state.mixture, drifts, { n, half: options.half }) >= threshold;
  if (reached(0)) return 0;
  if (drifts.every(({ kappa }) => kappa <= NO_DRIFT)) return Infinity;
  let no = 0;
  let yes = 1;
  while (!reached(yes)) {
    if (yes >= BUCKETS_MAX) return Infinity;
    no = yes;
    yes *= 2;
  }
  while (yes - no > 1) {
    const middle = Math.trunc((yes + no) / 2);
    if (reached(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
