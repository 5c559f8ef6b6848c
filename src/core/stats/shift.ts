/**
 * How far two arms' answers are apart, at any time: a sequential test of the total variation
 * distance between the distributions of two groups over the same bins, and of whether it is above
 * or below a distance that matters.
 *
 * In bucket b let n and m be the units of either arm, w = nm/(n+m), and D_i the difference of
 * their shares in bin i. For a set A of bins, S_A = Σ_b w_b Σ_{i∈A} D_i less its mean is
 * sub-Gaussian with variance Σ_b w_b/4: by Hoeffding's lemma a mean of n indicators has variance
 * proxy 1/(4n), and w²(1/n + 1/m)/4 = w/4. The weights depend on how many came and not on what was
 * answered, so the sums are martingales about their means, and the mixtures of
 * `uniform-boundary.ts` apply (Howard et al., arXiv 1810.08240): valid however often one looks, at
 * any ramp, and when the world moves under both arms, because each bucket is compared with itself.
 *
 * The distance is the largest of the means of S_A/W over all A, and the sum of the positive
 * differences attains it. "The distance is at most d" is rejected by the mean of the e-processes
 * of all 2^K - 2 sets, which is at least that of the largest set over their number; "it is at least
 * d" only if every set's process rejects it, and the largest set's is the last to do so.
 */
import { requireThat } from './domain.ts';
import type { BinBucket } from './bin-drift.ts';
import { logMixture, tunedMixture } from './uniform-boundary.ts';

/** What is known of two distributions over the same bins: constant size. */
export type ShiftState = {
  /** W = Σ nm/(n+m): what the comparison is worth, in pairs of units. */
  readonly weight: number;
  /** Σ w D, bin by bin. */
  readonly sums: readonly number[];
  /** All units, bin by bin; of buckets in which both arms had some. */
  readonly candidate: readonly number[];
  readonly baseline: readonly number[];
};

/** The mixture is tightest at this many pairs: about when a distance of 0.1 is decided. */
const TUNED_WEIGHT = 500;
const MIXTURE = tunedMixture({ kind: 'normal-upper' }, TUNED_WEIGHT / 4, 0.001);

/** Nothing is known yet. */
export function shiftStart(bins: number): ShiftState {
  requireThat(bins >= 2, 'a distribution needs at least two bins');
  const zeros = Array.from({ length: bins }, () => 0);
  return { weight: 0, sums: zeros, candidate: zeros, baseline: zeros };
}

/** Folds one bucket in; one with an empty arm says nothing. */
export function shiftStep(state: ShiftState, bucket: BinBucket): ShiftState {
  const { candidate, baseline } = bucket;
  const bins = state.sums.length;
  requireThat(
    candidate.length === bins && baseline.length === bins,
    'the bucket must have the bins of the process',
  );
  const [n, m] = [total(candidate), total(baseline)];
  if (n <= 0 || m <= 0) return state;
  const weight = (n * m) / (n + m);
  return {
    weight: state.weight + weight,
    // w (c/n - b/m), without dividing first.
    sums: state.sums.map(
      (sum, i) => sum + (m * (candidate[i] ?? 0) - n * (baseline[i] ?? 0)) / (n + m),
    ),
    candidate: state.candidate.map((count, i) => count + (candidate[i] ?? 0)),
    baseline: state.baseline.map((count, i) => count + (baseline[i] ?? 0)),
  };
}

/**
 * Folds in a bucket in which the candidate is alone: it is held against the shares the other group
 * had before, taken as known but for `pastError`. Buckets with the other group tell what those are.
 */
export function pastStep(state: ShiftState, bucket: BinBucket): ShiftState {
  const { candidate, baseline } = bucket;
  const [n, m] = [total(candidate), total(baseline)];
  const plus = (counts: readonly number[], more: readonly number[]): readonly number[] =>
    counts.map((count, i) => count + (more[i] ?? 0));
  if (m > 0) return { ...state, baseline: plus(state.baseline, baseline) };
  const past = total(state.baseline);
  if (n <= 0 || past <= 0) return state;
  return {
    weight: state.weight + n,
    sums: state.sums.map(
      (sum, i) => sum + (candidate[i] ?? 0) - (n * (state.baseline[i] ?? 0)) / past,
    ),
    candidate: plus(state.candidate, candidate),
    baseline: state.baseline,
  };
}

/**
 * How far the shares that the other group showed may be from its true ones, but for one case in a
 * thousand: √((K ln 2 + ln 1000)/2m) (Weissman et al. 2003, "Inequalities for the L1 deviation of
 * the empirical distribution", with total variation being half of L1).
 */
export const pastError = ({ baseline }: ShiftState): number =>
  Math.sqrt((baseline.length * Math.LN2 + Math.log(1_000)) / (2 * Math.max(1, total(baseline))));

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

const risen = ({ sums }: ShiftState): number =>
  sums.reduce((sum, one) => (one > 0 ? sum + one : sum), 0);

/** Estimate of the total variation distance, in [0, 1]; 0 before anything is known. */
export const shiftDistance = (state: ShiftState): number =>
  state.weight > 0 ? risen(state) / state.weight : 0;

/** The bin whose share differs most; 0 before anything is known. */
export const shiftBin = ({ sums }: ShiftState): number =>
  sums.reduce((worst, sum, i) => (Math.abs(sum) > Math.abs(sums[worst] ?? 0) ? i : worst), 0);

/** log E against "the distance is at most `distance`"; below 0 before anything is known. */
export function shiftAboveLogE(state: ShiftState, distance: number): number {
  const { weight, sums } = state;
  const bins = sums.length;
  // log(2^K - 2), without overflow.
  const logSets = bins * Math.LN2 + Math.log1p(-(2 ** (1 - bins)));
  const excess = risen(state) - distance * weight;
  return logMixture({ sum: excess, v: weight / 4 }, MIXTURE) - logSets;
}

/** log E against "the distance is at least `distance`". */
export function shiftBelowLogE(state: ShiftState, distance: number): number {
  const { weight } = state;
  return logMixture({ sum: distance * weight - risen(state), v: weight / 4 }, MIXTURE);
}

/**
 * How many pairs it takes to show the distance to be below `distance` at log E of `needed`, if both
 * arms answer alike and as they did so far; Infinity when no sensible number does.
 */
export function shiftPairsNeeded(
  state: ShiftState,
  goal: { readonly distance: number; readonly needed: number },
): number {
  const { candidate, baseline } = state;
  const all = total(candidate) + total(baseline);
  // A share that is p in both arms is found apart by √(2p(1-p)/πW) on average.
  const spread = candidate.reduce((sum, count, i) => {
    const share = all > 0 ? (count + (baseline[i] ?? 0)) / all : 0;
    return sum + Math.sqrt((2 * share * (1 - share)) / Math.PI);
  }, 0);
  for (let weight = 1; weight <= PAIRS_MAX; weight *= PAIRS_STEP) {
    const sum = goal.distance * weight - (spread / 2) * Math.sqrt(weight);
    if (logMixture({ sum, v: weight / 4 }, MIXTURE) >= goal.needed) return weight;
  }
  return Infinity;
}

const PAIRS_MAX = 1e9;
const PAIRS_STEP = 1.05;
