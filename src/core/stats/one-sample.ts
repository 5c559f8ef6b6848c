/**
 * The one-sample e-process: is a rate above (or below) a fixed number? Used for null predictions,
 * absolute error budgets and shadow disagreement.
 *
 * A bucket has n units with total loss k, each unit's loss in [0, 1]. Against "rate <= p0"
 * (direction `harm`) or "rate >= p0" (direction `safety`), the factor for the alternative p is
 *
 *     e = (p/p0)^k ((1-p)/(1-p0))^(n-k) .
 *
 * Validity. For one unit with loss x, write a = p/p0, d = (1-p)/(1-p0). For x in {0, 1} the factor
 * a^x d^(1-x) equals the bet 1 + λ(x - p0) with λ = (p - p0)/(p0 (1 - p0)). For x strictly between,
 * a^x d^(1-x) is convex in x, so it is at most that bet. The bet's conditional mean is 1 + λ(μ -
 * p0) <= 1 under either null. Hence sums of real-valued losses may be used as they are: the process
 * stays valid, and is exact for yes/no losses. It needs E[x | past] <= p0 for each unit (>= for
 * safety), nothing else.
 */
import { requireOpenUnit, requireThat } from './domain.ts';
import {
  mixtureCumulative,
  mixtureE,
  mixtureEvidence,
  mixtureFold,
  mixtureStart,
  mixtureStep,
} from './mixture-process.ts';
import type { Evidence, Folded, MixtureState } from './mixture-process.ts';
import { DEFAULT_HORIZON_BUCKETS } from './rate-ratio.ts';

/** Losses and units of one bucket: 0 <= loss <= units. */
export type LossCount = { readonly loss: number; readonly units: number };

/** `harm`: evidence that the rate is above p0. `safety`: evidence that it is below. */
export type OneSampleDirection = 'harm' | 'safety';

/** `rate0` is p0, strictly between 0 and 1. */
export type OneSampleOptions = {
  readonly rate0: number;
  readonly direction: OneSampleDirection;
  /** Alternative rates; all above rate0 for harm, all below for safety. */
  readonly alternatives?: readonly number[];
  readonly weights?: readonly number[];
  readonly horizonBuckets?: number;
};

/** Constant-size state. */
export type OneSampleState = {
  readonly rate0: number;
  readonly mixture: MixtureState;
  /** What a loss, and a unit without one, say for each lane: log(p/p0), log((1-p)/(1-p0)). */
  readonly perLoss: readonly number[];
  readonly perSuccess: readonly number[];
};

const HARM_MULTIPLES: readonly number[] = [1.5, 2, 3, 5, 10, 25];
const SAFETY_MULTIPLES: readonly number[] = [0.75, 0.5, 0.25, 0.1, 0.025];
/** Stands for "everything is lost": a probability of 1 would never recover from one success. */
const NEARLY_ALL = 0.999;

/**
 * Alternatives above `rate0`: 1.5, 2, 3, 5, 10 and 25 times it, and 0.999. A multiple m that would
 * come near 1 gives way to 1 - (1 - rate0)/m, the same statement about successes, so the list is
 * sensible for any rate0.
 */
export function harmAlternatives(rate0: number): readonly number[] {
  const last = rate0 < NEARLY_ALL ? NEARLY_ALL : (1 + rate0) / 2;
  const multiples = HARM_MULTIPLES.map((m) => Math.min(rate0 * m, 1 - (1 - rate0) / m));
  return [...multiples.filter((rate) => rate < last), last];
}

/** Alternatives below `rate0`: 3/4, 1/2, 1/4, 1/10 and 1/40 of it. */
export function safetyAlternatives(rate0: number): readonly number[] {
  return SAFETY_MULTIPLES.map((m) => rate0 * m);
}

/** A process before its first bucket: E = 1. */
export function oneSampleStart(options: OneSampleOptions): OneSampleState {
  const { rate0, direction } = options;
  requireOpenUnit(rate0, 'rate0');
  const alternatives =
    options.alternatives ??
    (direction === 'harm' ? harmAlternatives(rate0) : safetyAlternatives(rate0));
  for (const rate of alternatives) {
    requireOpenUnit(rate, 'alternative');
    requireThat(
      direction === 'harm' ? rate > rate0 : rate < rate0,
      `alternative ${rate} is on the wrong side of ${rate0} for direction ${direction}`,
    );
  }
  const mixture = mixtureStart({
    alternatives,
    weights: options.weights ?? alternatives.map(() => 1),
    horizonBuckets: options.horizonBuckets ?? DEFAULT_HORIZON_BUCKETS,
  });
  return {
    rate0,
    mixture,
    perLoss: alternatives.map((rate) => logPerLoss(rate0, rate)),
    perSuccess: alternatives.map((rate) => logPerSuccess(rate0, rate)),
  };
}

const logPerLoss = (rate0: number, rate1: number): number => Math.log(rate1 / rate0);
const logPerSuccess = (rate0: number, rate1: number): number =>
  Math.log1p(-rate1) - Math.log1p(-rate0);

/** log of the factors of buckets for the alternative `rate1`; 0 for an empty one. */
export function oneSampleLogFactors(rate0: number, rate1: number): (count: LossCount) => number {
  const perLoss = logPerLoss(rate0, rate1);
  const perSuccess = logPerSuccess(rate0, rate1);
  return ({ loss, units }) => loss * perLoss + (units - loss) * perSuccess;
}

/** Folds one bucket in. */
export function oneSampleStep(state: OneSampleState, count: LossCount): OneSampleState {
  const factors = state.perLoss.slice();
  writeFactors(state, count, factors);
  return { ...state, mixture: mixtureStep(state.mixture, factors) };
}

/** Folds many buckets in and says E after each: the same states, at less cost. */
export function oneSampleFold(
  state: OneSampleState,
  counts: readonly LossCount[],
): Folded<OneSampleState> {
  const { state: mixture, es } = mixtureFold(state.mixture, counts.length, (at, factors) => {
    const count = counts[at];
    if (count !== undefined) writeFactors(state, count, factors);
    return count !== undefined;
  });
  return { state: { ...state, mixture }, es };
}

function writeFactors(
  { perLoss, perSuccess }: OneSampleState,
  { loss, units }: LossCount,
  factors: number[],
): void {
  for (let j = 0; j < factors.length; j += 1) {
    factors[j] = loss * (perLoss[j] ?? 0) + (units - loss) * (perSuccess[j] ?? 0);
  }
}

/**
 * Evidence so far. For harm use `logE` (its change-point half finds a late rise). For safety use
 * `logECumulative`: a rate that was too high for an hour and then fell is not safe.
 */
export function oneSampleEvidence(state: OneSampleState): Evidence {
  return mixtureEvidence(state.mixture);
}

/** E itself; Infinity beyond a double. */
export function oneSampleE(state: OneSampleState): number {
  return mixtureE(state.mixture);
}

/** `logECumulative` of the evidence alone. */
export function oneSampleCumulative(state: OneSampleState): number {
  return mixtureCumulative(state.mixture);
}

/** Evidence of a whole table, in time order. */
export function oneSample(counts: readonly LossCount[], options: OneSampleOptions): Evidence {
  return oneSampleEvidence(counts.reduce(oneSampleStep, oneSampleStart(options)));
}

/**
 * Largest (safety) or smallest (harm) loss count at which `units` unit-sized observations reach
 * evidence 1/α, cumulative half; undefined when none does. This is the boundary printed in plans:
 * "so many disagreements are allowed".
 */
export function oneSampleBoundary(
  units: number,
  alpha: number,
  options: OneSampleOptions,
): number | undefined {
  const threshold = Math.log(1 / alpha);
  const reaches = (loss: number): boolean =>
    oneSample([{ loss, units }], options).logECumulative >= threshold;
  const harm = options.direction === 'harm';
  // The evidence is monotone in the loss, so the boundary can be bisected.
  let yes = harm ? units : 0;
  if (!reaches(yes)) return undefined;
  let no = harm ? -1 : units + 1;
  while (Math.abs(yes - no) > 1) {
    const middle = Math.trunc((yes + no) / 2);
    if (reaches(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
