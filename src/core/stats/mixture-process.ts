/**
 * The bookkeeping that every bucketed e-process here shares: a mixture over alternatives of
 *
 *  - the product of all bucket factors ("cumulative"), and
 *  - the sum, over every possible starting bucket, of the product since then ("change-point").
 *
 * If each bucket factor e_t has conditional mean at most 1 under the null, so have both halves,
 * whatever the weights:
 *
 *  - cumulative: Σ w_j Π e_t is a convex mixture of non-negative supermartingales that start at 1;
 *  - change-point: with A_t = (A_{t-1} + u_t) e_t and Σ u_t <= 1, the sum
 *    Σ_j w_j A_{t,j} + (1 - Σ_{s<=t} u_s) starts at 1, and its conditional mean is at most
 *    Σ_j w_j A_{t-1,j} + u_t + (1 - Σ_{s<=t} u_s), which is its value before.
 *
 * By Ville's inequality either half, and their average, exceeds 1/α at any time with probability at
 * most α. The u_t are 1/H for the first H buckets and 0 afterwards: then Σ u_t = 1 exactly, so a
 * process that outlives its planned horizon stays valid; it merely opens no new starting points,
 * and the ones already open go on.
 */
import { requireCount, requirePositive, requireThat } from './domain.ts';
import { logAddExp } from './log-space.ts';

/**
 * State of a mixture process: constant size, whatever the number of buckets. Lane by lane, because
 * a step is taken for every check in every bucket: four short lists of numbers are cheaper than a
 * list of small objects.
 */
export type MixtureState = {
  /** What the lanes suppose: a ratio or a rate, the owner of the process knows which. */
  readonly alternatives: readonly number[];
  /** Prior weights of the lanes; they sum to 1. */
  readonly weights: readonly number[];
  /** Σ log e_t since the first bucket. */
  readonly logProducts: readonly number[];
  /** log A_t: all starting buckets together, -Infinity before the first bucket. */
  readonly logStarts: readonly number[];
  /** Buckets folded so far. */
  readonly buckets: number;
  /** Planned number of buckets, H. */
  readonly horizonBuckets: number;
};

/** Natural logarithms of e-values. Reject the null when the chosen one reaches log(1/α). */
export type Evidence = {
  /** log(½ e^logECumulative + ½ e^logEChangePoint). */
  readonly logE: number;
  readonly logECumulative: number;
  readonly logEChangePoint: number;
};

/** What a mixture process is made of. Weights need not sum to 1, but must be positive. */
export type MixtureDesign = {
  readonly alternatives: readonly number[];
  readonly weights: readonly number[];
  readonly horizonBuckets: number;
};

/** A process that has seen nothing: every e-value is 1. */
export function mixtureStart(design: MixtureDesign): MixtureState {
  const { alternatives, weights, horizonBuckets } = design;
  requireCount(horizonBuckets, 'horizonBuckets', 1);
  requireThat(alternatives.length > 0, 'a mixture needs at least one alternative');
  requireThat(
    alternatives.length === weights.length,
    `there are ${alternatives.length} alternatives but ${weights.length} weights`,
  );
  for (const weight of weights) requirePositive(weight, 'weight');
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const normalised = weights.map((weight) => weight / total);
  return {
    alternatives,
    weights: normalised,
    logProducts: normalised.slice().fill(0),
    logStarts: normalised.slice().fill(-Infinity),
    buckets: 0,
    horizonBuckets,
  };
}

/**
 * Folds one bucket in. `logFactors` is log e_t, lane by lane; it must not depend on later buckets.
 * Null: the bucket says nothing, so that e_t = 1 in every lane.
 */
export function mixtureStep(
  state: MixtureState,
  logFactors: readonly number[] | null,
): MixtureState {
  const { alternatives, weights, buckets, horizonBuckets } = state;
  const isOpening = buckets < horizonBuckets;
  let { logProducts, logStarts } = state;
  if (isOpening || logFactors !== null) {
    const logShare = isOpening ? -Math.log(horizonBuckets) : -Infinity;
    logStarts = grown(logStarts, logShare, logFactors);
  }
  if (logFactors !== null) logProducts = sum(logProducts, logFactors);
  return { alternatives, weights, logProducts, logStarts, buckets: buckets + 1, horizonBuckets };
}

function sum(a: readonly number[], b: readonly number[]): readonly number[] {
  const next = a.slice();
  for (let j = 0; j < next.length; j += 1) next[j] = (a[j] ?? 0) + (b[j] ?? 0);
  return next;
}

function grown(
  logStarts: readonly number[],
  logShare: number,
  logFactors: readonly number[] | null,
): readonly number[] {
  const next = logStarts.slice();
  for (let j = 0; j < next.length; j += 1) {
    next[j] = logAddExp(next[j] ?? 0, logShare) + (logFactors?.[j] ?? 0);
  }
  return next;
}

/**
 * log of a weighted mean of e^value. The sums of weights and of weighted terms are built in the
 * same order, so that equal values give that value exactly: no events must mean log E = 0, not
 * 1e-17.
 */
function logWeightedMean(values: readonly number[], weights: readonly number[]): number {
  let high = -Infinity;
  for (let j = 0; j < values.length; j += 1) high = Math.max(high, values[j] ?? 0);
  if (high === -Infinity) return -Infinity;
  let weighted = 0;
  let total = 0;
  for (let j = 0; j < values.length; j += 1) {
    const weight = weights[j] ?? 0;
    weighted += weight * Math.exp((values[j] ?? 0) - high);
    total += weight;
  }
  return high + Math.log(weighted / total);
}

/** log of the cumulative half alone. */
export function mixtureCumulative({ logProducts, weights }: MixtureState): number {
  return logWeightedMean(logProducts, weights);
}

/** Evidence of the buckets folded so far. */
export function mixtureEvidence(state: MixtureState): Evidence {
  const logECumulative = mixtureCumulative(state);
  const unspent = 1 - Math.min(state.buckets, state.horizonBuckets) / state.horizonBuckets;
  const logStarted = logWeightedMean(state.logStarts, state.weights);
  const logEChangePoint = logAddExp(logStarted, Math.log(unspent));
  const logE = logAddExp(logECumulative, logEChangePoint) - Math.LN2;
  return { logE, logECumulative, logEChangePoint };
}

/**
 * Whether the combined logE is at least `logThreshold` (above 0). Same answer as `mixtureEvidence`,
 * but nearly free while nothing is wrong: E is at most the mean of the largest lane product, the
 * largest sum of starts and 1, so a process whose lanes are all low need not be summed.
 */
export function mixtureReaches(state: MixtureState, logThreshold: number): boolean {
  const high = Math.max(...state.logProducts, ...state.logStarts);
  if (high < logThreshold - Math.LN2) return false;
  return mixtureEvidence(state).logE >= logThreshold;
}
