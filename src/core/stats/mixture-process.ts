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
  /**
   * A_t, all starting buckets together, over e^startLogs; 0 before the first bucket. Kept as they
   * are, not as logarithms, because a sum of logarithms costs two functions and this one none.
   * Empty when only the cumulative half is kept.
   */
  readonly starts: readonly number[];
  /** Where an A_t has left the range of a double, its power of e; null: nowhere. */
  readonly startLogs: readonly number[] | null;
  /** Buckets folded so far. */
  readonly buckets: number;
  /** Planned number of buckets, H; 0: only the cumulative half is kept. */
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
  /** See `MixtureState`. */
  readonly horizonBuckets: number;
};

/** A process that has seen nothing: every e-value is 1. */
export function mixtureStart(design: MixtureDesign): MixtureState {
  const { alternatives, weights, horizonBuckets } = design;
  requireCount(horizonBuckets, 'horizonBuckets');
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
    logProducts: zerosLike(normalised),
    starts: horizonBuckets === 0 ? [] : zerosLike(normalised),
    startLogs: null,
    buckets: 0,
    horizonBuckets,
  };
}

/**
 * As many zeros, kept as fractions are: a list of whole numbers is kept in another way, and code
 * that meets both makes an object of every number it reads.
 */
export const zerosLike = (fractions: readonly number[]): number[] => fractions.slice().fill(0);

/**
 * Folds one bucket in. `logFactors` is log e_t, lane by lane; it must not depend on later buckets.
 * Null: the bucket says nothing, so that e_t = 1 in every lane.
 */
export function mixtureStep(
  state: MixtureState,
  logFactors: readonly number[] | null,
): MixtureState {
  const next: Writable<MixtureState> = { ...state };
  grow(next, logFactors, state.starts.slice());
  if (logFactors !== null) next.logProducts = sum(state.logProducts, logFactors);
  next.buckets += 1;
  return next;
}

/** A process after some buckets, and the E-value after each of them; Infinity beyond a double. */
export type Folded<State> = { readonly state: State; readonly es: readonly number[] };

/** What a fold works on before it hands it out. */
export type Writable<State> = { -readonly [Key in keyof State]: State[Key] };

/**
 * Folds buckets in, as `mixtureStep` does one by one, without making a state for each.
 * `factorsOf` writes log e_t of a bucket lane by lane, or says `false` where it is 0 in all.
 */
export function mixtureFold(
  state: MixtureState,
  buckets: number,
  factorsOf: (bucket: number, factors: number[]) => boolean,
): Folded<MixtureState> {
  const logProducts = state.logProducts.slice();
  const factors = state.logProducts.slice();
  // Starts are made from starts, so two lists take turns; for one bucket one will do.
  let next = state.starts.slice();
  let spare = buckets > 1 ? state.starts.slice() : next;
  const es: number[] = [];
  // Nobody else has seen it yet, so it may change as it goes.
  const now: Folding = { ...state, logProducts };
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    es.push(factorsOf(bucket, factors) ? advance(now, factors, next) : stay(now, next));
    if (now.starts === next) [next, spare] = [spare, next];
  }
  return { state: now, es };
}

/** A fold that is under way. */
type Folding = Omit<Writable<MixtureState>, 'logProducts'> & { readonly logProducts: number[] };

/** Takes in a bucket that says nothing; `next` as for `grow`. Gives E after it. */
function stay(state: Folding, next: number[]): number {
  grow(state, null, next);
  state.buckets += 1;
  return mixtureE(state);
}

/** Takes in one that says something: `grow` and `mixtureE` with one look at each lane. */
function advance(state: Folding, logFactors: readonly number[], next: number[]): number {
  const { weights, starts, startLogs, logProducts, buckets, horizonBuckets } = state;
  const share = buckets < horizonBuckets ? 1 / horizonBuckets : 0;
  const least = leastStart(state);
  let isFar = startLogs !== null || starts.length === 0;
  let cumulative = 0;
  let total = 0;
  let started = unspentOf(state, buckets + 1);
  for (let j = 0; j < logProducts.length; j += 1) {
    const weight = weights[j] ?? 0;
    const logFactor = logFactors[j] ?? 0;
    const logProduct = (logProducts[j] ?? 0) + logFactor;
    logProducts[j] = logProduct;
    if (isFar) continue;
    const start = ((starts[j] ?? 0) + share) * Math.exp(logFactor);
    next[j] = start;
    isFar = !(start >= least && start < START_MAX) || logProduct > LOG_PRODUCT_MAX;
    if (logProduct > NEGLIGIBLE_LOG) cumulative += weight * Math.exp(logProduct);
    total += weight;
    started += weight * start;
  }
  if (isFar) grow(state, logFactors, next);
  else state.starts = next;
  state.buckets += 1;
  return isFar ? mixtureE(state) : (cumulative / total + started) / 2;
}

function sum(a: readonly number[], b: readonly number[]): readonly number[] {
  const next = a.slice();
  for (let j = 0; j < next.length; j += 1) next[j] = (a[j] ?? 0) + (b[j] ?? 0);
  return next;
}

/** Starts between these are kept as they are: there is room for more factors on both sides. */
const START_MAX = 1e200;
const START_MIN = 1e-200;

/** What a start may be; one that is next to nothing is nothing beside what is yet to be opened. */
const leastStart = ({ buckets, horizonBuckets }: MixtureState): number =>
  buckets + 1 < horizonBuckets ? 0 : START_MIN;

/** A becomes (A_{t-1} + u_t) e_t, lane by lane; `next` is a list to write it to. */
function grow(
  state: Writable<MixtureState>,
  logFactors: readonly number[] | null,
  next: number[],
): void {
  const { starts, startLogs, buckets, horizonBuckets } = state;
  const share = buckets < horizonBuckets ? 1 / horizonBuckets : 0;
  if (starts.length === 0 || (share === 0 && logFactors === null)) return;
  if (startLogs !== null) return growFar(state, logFactors, share);
  const least = leastStart(state);
  for (let j = 0; j < next.length; j += 1) {
    const start = (starts[j] ?? 0) + share;
    const after = logFactors === null ? start : start * Math.exp(logFactors[j] ?? 0);
    if (!(after >= least && after < START_MAX)) return growFar(state, logFactors, share);
    next[j] = after;
  }
  state.starts = next;
}

/** The same by logarithms: ten thousand losses in a bucket make more than a double can hold. */
function growFar(
  state: Writable<MixtureState>,
  logFactors: readonly number[] | null,
  share: number,
): void {
  const next = logStartsOf(state).map(
    (logStart, j) => logAddExp(logStart, Math.log(share)) + (logFactors?.[j] ?? 0),
  );
  const least = Math.log(leastStart(state)) / 2;
  const isNear = next.every((one) => one >= least && one < Math.log(START_MAX) / 2);
  state.starts = isNear ? next.map(Math.exp) : next.map(() => 1);
  state.startLogs = isNear ? null : next;
}

/** log A_t lane by lane: -Infinity before the first bucket. */
export const logStartsOf = ({ starts, startLogs }: MixtureState): readonly number[] =>
  starts.map((start, j) => Math.log(start) + (startLogs?.[j] ?? 0));

/** Below this a term adds nothing to one of e^0 that a double could hold. */
const NEGLIGIBLE_LOG = -40;

/**
 * log of a weighted mean of e^value. The sums of weights and of weighted terms are built in the
 * same order, so that equal values give that value exactly: no events must mean log E = 0, not
 * 1e-17.
 */
export function logWeightedMean(values: readonly number[], weights: readonly number[]): number {
  let high = -Infinity;
  for (let j = 0; j < values.length; j += 1) high = Math.max(high, values[j] ?? 0);
  if (high === -Infinity) return -Infinity;
  let weighted = 0;
  let total = 0;
  for (let j = 0; j < values.length; j += 1) {
    const weight = weights[j] ?? 0;
    const below = (values[j] ?? 0) - high;
    if (below > NEGLIGIBLE_LOG) weighted += weight * Math.exp(below);
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
  const logEChangePoint = logChangePoint(state);
  const logE = logAddExp(logECumulative, logEChangePoint) - Math.LN2;
  return { logE, logECumulative, logEChangePoint };
}

/** E itself, which is asked for in every bucket; Infinity beyond a double. */
export function mixtureE(state: MixtureState): number {
  const { weights, logProducts, startLogs } = state;
  if (startLogs !== null) return Math.exp(mixtureEvidence(state).logE);
  let cumulative = 0;
  let total = 0;
  for (let j = 0; j < weights.length; j += 1) {
    const weight = weights[j] ?? 0;
    const logProduct = logProducts[j] ?? 0;
    if (logProduct > LOG_PRODUCT_MAX) return Math.exp(mixtureEvidence(state).logE);
    if (logProduct > NEGLIGIBLE_LOG) cumulative += weight * Math.exp(logProduct);
    total += weight;
  }
  return (cumulative / total + changePoint(state)) / 2;
}

/** Their sum with starts below `START_MAX` is a double. */
const LOG_PRODUCT_MAX = Math.log(START_MAX);

function logChangePoint(state: MixtureState): number {
  if (state.startLogs === null) return Math.log(changePoint(state));
  const logStarted = logWeightedMean(logStartsOf(state), state.weights);
  return logAddExp(logStarted, Math.log(unspentOf(state, state.buckets)));
}

/** The change-point half where all starts are kept as they are. */
function changePoint(state: MixtureState): number {
  const { starts, weights } = state;
  let sum = unspentOf(state, state.buckets);
  for (let j = 0; j < starts.length; j += 1) sum += (weights[j] ?? 0) * (starts[j] ?? 0);
  return sum;
}

/** 1 - Σ u_s after a number of buckets: what no starting bucket has been given yet. */
export const unspentOf = (
  { horizonBuckets }: Pick<MixtureState, 'horizonBuckets'>,
  buckets: number,
): number => (horizonBuckets === 0 ? 1 : 1 - Math.min(buckets, horizonBuckets) / horizonBuckets);

/**
 * Whether the combined logE is at least `logThreshold` (above 0). Same answer as `mixtureEvidence`,
 * but nearly free while nothing is wrong: E is at most the mean of the largest lane product, the
 * largest sum of starts and 1, so a process whose lanes are all low need not be summed.
 */
export function mixtureReaches(state: MixtureState, logThreshold: number): boolean {
  const half = logThreshold - Math.LN2;
  const isLow =
    state.startLogs === null &&
    Math.max(...state.logProducts) < half &&
    Math.max(...state.starts) < Math.exp(half);
  return !isLow && mixtureEvidence(state).logE >= logThreshold;
}
