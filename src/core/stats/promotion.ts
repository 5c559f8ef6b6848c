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
