/**
 * The promotion process: evidence that the candidate is safe, that is, against H0 "the candidate's
 * loss rate is at least `margin` times the baseline's". It is the rate-ratio process with the
 * margin as null ratio and alternatives below it, so the proof in `rate-ratio.ts` covers it.
 * Silence never promotes: no losses anywhere leave E at 1.
 *
 * Only the cumulative half counts here. The change-point half would ask "was it safe since some
 * moment?", and a candidate that harmed for an hour and then calmed down is not safe.
 */
import { requireThat } from './domain.ts';
import { logWeightedMean, zerosLike } from './mixture-process.ts';
import type { MixtureState } from './mixture-process.ts';
import { rateRatioCumulative, rateRatioStart, rateRatioStep } from './rate-ratio.ts';
import type { Bucket, RateRatioState } from './rate-ratio.ts';

/** Alternatives as candidate / baseline ratios (not multiples of the margin). */
export const DEFAULT_PROMOTION_RATIOS: readonly number[] = [1, 0.8, 0.5];
/** Weights of DEFAULT_PROMOTION_RATIOS. */
export const DEFAULT_PROMOTION_WEIGHTS: readonly number[] = [0.5, 0.25, 0.25];
/** Chance of promoting a candidate whose ratio is the margin or worse. */
export const DEFAULT_ALPHA_PROMOTE = 0.05;
/** Margins of the recommended ladder 1 % -> 5 % -> 25 % -> 50 %. */
export const DEFAULT_MARGIN_LADDER: readonly number[] = [4, 3, 2, 1.5];

/** `margin` is required: what harm would still be acceptable is a decision, not a default. */
export type PromotionOptions = {
  /** Ratio above 1 that the candidate must be shown to stay below. */
  readonly margin: number;
  /** Ratios below the margin at which evidence is collected. */
  readonly ratios?: readonly number[];
  readonly weights?: readonly number[];
};

/**
 * A promotion process before its first bucket. Throws RangeError when a ratio is not below the
 * margin.
 */
export function promotionStart(options: PromotionOptions): RateRatioState {
  const { margin, ratios = DEFAULT_PROMOTION_RATIOS } = options;
  const weights =
    options.weights ??
    (options.ratios === undefined ? DEFAULT_PROMOTION_WEIGHTS : ratios.map(() => 1));
  requireThat(margin > 1 && margin < Infinity, `margin must be above 1, got ${margin}`);
  requireThat(
    ratios.every((ratio) => ratio > 0 && ratio < margin),
    'every promotion ratio must lie between 0 and the margin',
  );
  const grid = ratios.map((ratio) => ratio / margin);
  return rateRatioStart({ ratio0: margin, grid, weights, horizonBuckets: 0 });
}

/** Folds one bucket in. */
export const promotionStep: (state: RateRatioState, bucket: Bucket) => RateRatioState =
  rateRatioStep;

/** log E against "ratio >= margin"; promote when it reaches log(1/α). */
export function promotionLogE(state: RateRatioState): number {
  return rateRatioCumulative(state);
}

/** log E of a whole bucket table. */
export function promotion(buckets: readonly Bucket[], options: PromotionOptions): number {
  return promotionLogE(buckets.reduce(rateRatioStep, promotionStart(options)));
}

/**
 * What the processes of all margins have in common, so that a check with a margin for each stage
 * keeps it once. With h(r) = Σ (S + B) ln(1 + r Nc/Nb) over the buckets, the log product of the
 * ratio r against the margin m is S ln(r/m) − h(r) + h(m).
 */
export type PromotionGround = {
  /** S, over all buckets. */
  readonly candidateLoss: number;
  /** h(r) for DEFAULT_PROMOTION_RATIOS. */
  readonly shifts: readonly number[];
};

/** What is left for one margin. */
export type MarginState = {
  readonly margin: number;
  /** ln(r/m) for DEFAULT_PROMOTION_RATIOS. */
  readonly logRatios: readonly number[];
  /** h(m) */
  readonly shift: number;
};

/** Before the first bucket. */
export const emptyGround: PromotionGround = {
  candidateLoss: 0,
  shifts: zerosLike(DEFAULT_PROMOTION_RATIOS),
};

/** A margin before the first bucket. Throws RangeError when it is not above 1. */
export function marginStart(margin: number): MarginState {
  const { logRatios } = promotionStart({ margin });
  return { margin, logRatios, shift: 0 };
}

/** Folds one bucket in. */
export function groundStep(ground: PromotionGround, bucket: Bucket): PromotionGround {
  if (!isTelling(bucket)) return ground;
  const shifts = ground.shifts.slice();
  for (let j = 0; j < shifts.length; j += 1) {
    shifts[j] = (shifts[j] ?? 0) + shiftOf(bucket, DEFAULT_PROMOTION_RATIOS[j] ?? 0);
  }
  return { candidateLoss: ground.candidateLoss + bucket.candidateLoss, shifts };
}

/**
 * Folds buckets in, given what `groundStep` makes of each; with the highest log E after any of
 * them, -Infinity for none.
 */
export function marginFold(
  state: MarginState,
  buckets: readonly Bucket[],
  grounds: readonly PromotionGround[],
): { readonly state: MarginState; readonly peak: number } {
  const { margin, logRatios } = state;
  let [products, best] = [logRatios.slice(), logRatios.map(() => -Infinity)];
  let { shift } = state;
  let peak = -Infinity;
  // Where arms count no more units than are independent, one bucket has as many as the next.
  let [candidateUnits, baselineUnits, perLoss] = [0, 0, 0];
  for (let at = 0; at < buckets.length; at += 1) {
    const bucket = buckets[at];
    const ground = grounds[at];
    if (bucket === undefined || ground === undefined || !isTelling(bucket)) continue;
    if (bucket.candidateUnits !== candidateUnits || bucket.baselineUnits !== baselineUnits) {
      ({ candidateUnits, baselineUnits } = bucket);
      perLoss = shiftPerLoss(bucket, margin);
    }
    shift += (bucket.candidateLoss + bucket.baselineLoss) * perLoss;
    // While all lanes rise or fall together, the highest mean is that of the highest lanes: only
    // where they part is a mean worked out.
    let hasRisen = false;
    let hasFallen = false;
    for (let j = 0; j < logRatios.length; j += 1) {
      const { candidateLoss, shifts } = ground;
      const product = candidateLoss * (logRatios[j] ?? 0) - (shifts[j] ?? 0) + shift;
      if (product > (best[j] ?? 0)) hasRisen = true;
      else if (product < (best[j] ?? 0)) hasFallen = true;
      products[j] = product;
    }
    if (!hasRisen) continue;
    if (hasFallen) peak = Math.max(peak, meanOf(best));
    [products, best] = [best, products];
  }
  return { state: { margin, logRatios, shift }, peak: Math.max(peak, meanOf(best)) };
}

const meanOf = (products: readonly number[]): number =>
  logWeightedMean(products, DEFAULT_PROMOTION_WEIGHTS);

/** log E against "ratio >= margin". */
export function marginLogE(state: MarginState, ground: PromotionGround): number {
  return meanOf(logProductsOf(state, ground));
}

/** The lanes of a margin's process as they stand. */
export const marginLanes = (
  state: MarginState,
  ground: PromotionGround,
): Pick<MixtureState, 'alternatives' | 'weights' | 'logProducts'> => ({
  alternatives: DEFAULT_PROMOTION_RATIOS,
  weights: DEFAULT_PROMOTION_WEIGHTS,
  logProducts: logProductsOf(state, ground),
});

function logProductsOf(state: MarginState, ground: PromotionGround): readonly number[] {
  const { candidateLoss, shifts } = ground;
  const { logRatios, shift } = state;
  return logRatios.map((logRatio, j) => candidateLoss * logRatio - (shifts[j] ?? 0) + shift);
}

/** Where nobody lost anything, or an arm is empty, all factors are 1. */
const isTelling = (bucket: Bucket): boolean =>
  bucket.candidateUnits > 0 &&
  bucket.baselineUnits > 0 &&
  bucket.candidateLoss + bucket.baselineLoss > 0;

const shiftOf = (bucket: Bucket, ratio: number): number =>
  (bucket.candidateLoss + bucket.baselineLoss) * shiftPerLoss(bucket, ratio);

const shiftPerLoss = ({ candidateUnits, baselineUnits }: Bucket, ratio: number): number =>
  Math.log1p((ratio * candidateUnits) / baselineUnits);
