/**
 * The hard trigger: stop at once on a gross error spike. It fires when all three hold:
 *
 *  1. at least 5 candidate losses,
 *  2. shrunken ratio (S + 0.5)/(expected + 0.5) of at least 5, where expected = Σ B Nc/Nb over the
 *     same buckets,
 *  3. combined rate-ratio evidence E of at least 1000.
 *
 * The third bounds false alarms at 1/1000 over the whole rollout; the other two can only make it
 * fire less often. A bare "canary above 5 x baseline" rule fires on a healthy canary in 56 to 99.9
 * % of one-hour rollouts.
 *
 * Losses and expectation are counted since the likeliest start of the spike, not since the
 * beginning: an hour of health must not dilute a minute of disaster. That start is where the
 * running log-likelihood ratio of `ratioMin` against 1 last was below zero (Page's cumulative sum),
 * which costs constant memory.
 */
import { poissonLogFactor } from './rate-ratio.ts';
import type { Bucket } from './rate-ratio.ts';

/** Thresholds of the three conditions. */
export type HardTriggerOptions = {
  readonly lossMin?: number;
  readonly ratioMin?: number;
  /** E needed, as a number (1000 means α = 0.001). */
  readonly evidenceMin?: number;
};

/** Fewest candidate losses. */
export const HARD_TRIGGER_LOSS_MIN = 5;
/** Smallest shrunken candidate / baseline ratio. */
export const HARD_TRIGGER_RATIO_MIN = 5;
/** Least evidence E. */
export const HARD_TRIGGER_EVIDENCE_MIN = 1000;
/** Added to both sides of the ratio, so that no baseline loss does not mean an infinite ratio. */
const SHRINKAGE = 0.5;

/** Losses since the likeliest start of a spike. */
export type SpikeWindow = {
  /** Page's cumulative sum, >= 0; 0 means that nothing points to a spike. */
  readonly score: number;
  readonly candidateLoss: number;
  /** Candidate loss that the concurrent baseline would lead one to expect. */
  readonly expectedLoss: number;
  readonly buckets: number;
};

/** The trigger's answer with the numbers behind it. */
export type HardTriggerVerdict = {
  readonly fires: boolean;
  readonly candidateLoss: number;
  readonly expectedLoss: number;
  readonly shrunkenRatio: number;
  readonly logE: number;
  readonly logENeeded: number;
  /** Buckets the counts are taken over. */
  readonly buckets: number;
};

/** A window that has seen nothing. */
export const EMPTY_SPIKE_WINDOW: SpikeWindow = {
  score: 0,
  candidateLoss: 0,
  expectedLoss: 0,
  buckets: 0,
};

/** Folds one bucket in; buckets with an empty arm change nothing. */
export function spikeWindowStep(
  window: SpikeWindow,
  bucket: Bucket,
  ratioMin: number = HARD_TRIGGER_RATIO_MIN,
): SpikeWindow {
  const { candidateLoss, candidateUnits, baselineLoss, baselineUnits } = bucket;
  if (candidateUnits <= 0 || baselineUnits <= 0) return window;
  const score = window.score + poissonLogFactor(bucket, 1, ratioMin);
  if (score < 0) return EMPTY_SPIKE_WINDOW;
  return {
    score,
    candidateLoss: window.candidateLoss + candidateLoss,
    expectedLoss: window.expectedLoss + (baselineLoss * candidateUnits) / baselineUnits,
    buckets: window.buckets + 1,
  };
}

/**
 * Judges a window together with the combined log E (`rateRatioEvidence(...).logE`) of the same
 * rollout.
 */
export function hardTrigger(
  window: SpikeWindow,
  logE: number,
  options: HardTriggerOptions = {},
): HardTriggerVerdict {
  const {
    lossMin = HARD_TRIGGER_LOSS_MIN,
    ratioMin = HARD_TRIGGER_RATIO_MIN,
    evidenceMin = HARD_TRIGGER_EVIDENCE_MIN,
  } = options;
  const { candidateLoss, expectedLoss, buckets } = window;
  const shrunkenRatio = (candidateLoss + SHRINKAGE) / (expectedLoss + SHRINKAGE);
  const logENeeded = Math.log(evidenceMin);
  const fires = candidateLoss >= lossMin && shrunkenRatio >= ratioMin && logE >= logENeeded;
  return { fires, candidateLoss, expectedLoss, shrunkenRatio, logE, logENeeded, buckets };
}

/**
 * Fewest losses that prove a `ratio`-fold spike against a known expectation of `expectedLoss` in
 * one look: k >= (ln(1/α) + (ratio - 1) μ)/ln(ratio), a Poisson likelihood ratio. For plans and
 * documents.
 */
export function lossesToProveSpike(
  expectedLoss: number,
  alpha: number,
  ratio: number = HARD_TRIGGER_RATIO_MIN,
): number {
  return Math.ceil((Math.log(1 / alpha) + (ratio - 1) * expectedLoss) / Math.log(ratio));
}
