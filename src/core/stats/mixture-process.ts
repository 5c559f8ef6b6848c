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

/** One alternative hypothesis and what the buckets so far say for it. */
export type Lane = {
  /** The alternative's parameter (a ratio or a rate: the owner of the process knows which). */
  readonly alternative: number;
  /** Prior weight, normalised to sum 1 over the lanes. */
  readonly weight: number;
  /** Σ log e_t since the first bucket. */
  readonly logProduct: number;
  /** log A_t: all starting buckets together, -Infinity before the first bucket. */
  readonly logStarts: number;
};

/** State of a mixture process: constant size, whatever the number of buckets. */
export type MixtureState = {
  readonly lanes: readonly Lane[];
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
  const lanes = alternatives.map((alternative, j) => ({
    alternative,
    weight: (weights[j] ?? 0) / total,
    logProduct: 0,
    logStarts: -Infinity,
  }));
  return { lanes, buckets: 0, horizonBuckets };
}

/**
 * Folds one bucket in. `logFactor` gives log e_t for an alternative; it must not depend on later
 * buckets.
 */
export function mixtureStep(
  state: MixtureState,
  logFactor: (alternative: number) => number,
): MixtureState {
  const logShare =
    state.buckets < state.horizonBuckets ? -Math.log(state.horizonBuckets) : -Infinity;
  const lanes = state.lanes.map((lane) => {
    const factor = logFactor(lane.alternative);
    return {
      alternative: lane.alternative,
      weight: lane.weight,
      logProduct: lane.logProduct + factor,
      logStarts: logAddExp(lane.logStarts, logShare) + factor,
    };
  });
  return { lanes, buckets: state.buckets + 1, horizonBuckets: state.horizonBuckets };
}

/**
 * log of a weighted mean of e^value. The sums of weights and of weighted terms are built in the
 * same order, so that equal values give that value exactly: no events must mean log E = 0, not
 * 1e-17.
 */
function logWeightedMean(lanes: readonly Lane[], value: (lane: Lane) => number): number {
  let high = -Infinity;
  for (const lane of lanes) high = Math.max(high, value(lane));
  if (high === -Infinity) return -Infinity;
  let sum = 0;
  let weights = 0;
  for (const lane of lanes) {
    sum += lane.weight * Math.exp(value(lane) - high);
    weights += lane.weight;
  }
  return high + Math.log(sum / weights);
}

/** Evidence of the buckets folded so far. */
export function mixtureEvidence(state: MixtureState): Evidence {
  const logECumulative = logWeightedMean(state.lanes, (lane) => lane.logProduct);
  const unspent = 1 - Math.min(state.buckets, state.horizonBuckets) / state.horizonBuckets;
  const logStarted = logWeightedMean(state.lanes, (lane) => lane.logStarts);
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
  let high = -Infinity;
  for (const lane of state.lanes) {
    if (lane.logProduct > high) high = lane.logProduct;
    if (lane.logStarts > high) high = lane.logStarts;
  }
  if (high < logThreshold - Math.LN2) return false;
  return mixtureEvidence(state).logE >= logThreshold;
}
