import { after } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import type { Bucket } from '../stats/rate-ratio.ts';
import type { ArmCount } from './verdict.ts';
import type { Counted } from './weighing.ts';

/**
 * What was counted since the likeliest start of the harm that a process tests for: where the
 * running log-likelihood ratio of one gross alternative last was at zero (Page's cumulative sum).
 * It decides nothing. It is what people are told when a check fails, because a minute of harm after
 * an hour of health does not show in the figures of the whole hour.
 */
export type HarmRun = Figures & {
  /** Page's cumulative sum; 0: nothing points to harm. */
  readonly score: number;
  /** Start of the first bucket and end of the last; null when nothing points to harm. */
  readonly span: { readonly from: Instant; readonly to: Instant } | null;
};

/** What both arms served and lost over some buckets. */
export type Figures = {
  readonly candidate: ArmCount;
  readonly baseline: ArmCount;
  /** The same as it counts for evidence; see `weighing.ts`. */
  readonly weighed: { readonly candidate: ArmCount; readonly baseline: ArmCount };
  /** Mantel–Haenszel sums of what is weighed. */
  readonly stratified: Stratified;
};

/** Losses of each arm weighted by the other arm's share of the bucket's units. */
export type Stratified = { readonly candidate: number; readonly baseline: number };

const NOBODY: ArmCount = { units: 0, losses: 0 };

/** Nothing was served. */
export const NO_FIGURES: Figures = {
  candidate: NOBODY,
  baseline: NOBODY,
  weighed: { candidate: NOBODY, baseline: NOBODY },
  stratified: { candidate: 0, baseline: 0 },
};

/** Nothing points to harm. */
export const NO_RUN: HarmRun = { score: 0, span: null, ...NO_FIGURES };

/** Folds one bucket in; `logFactor` is what it says for the gross alternative. */
export function runStep(run: HarmRun, counted: Counted, logFactor: number): HarmRun {
  const score = run.score + logFactor;
  if (score <= 0) return NO_RUN;
  const { start, bucketMs } = counted;
  const span = { from: run.span?.from ?? start, to: after(start, bucketMs) };
  const { candidate, baseline, weighed, stratified } = figuresStep(run, counted);
  // Field by field: a spread is slow to copy.
  return { score, span, candidate, baseline, weighed, stratified };
}

/** Adds a bucket to the figures. */
export function figuresStep(figures: Figures, { seen, harm }: Counted): Figures {
  const { candidate, baseline, weighed, stratified } = figures;
  return {
    candidate: plus(candidate, seen.candidateUnits, seen.candidateLoss),
    baseline: plus(baseline, seen.baselineUnits, seen.baselineLoss),
    weighed: {
      candidate: plus(weighed.candidate, harm.candidateUnits, harm.candidateLoss),
      baseline: plus(weighed.baseline, harm.baselineUnits, harm.baselineLoss),
    },
    stratified: stratify(stratified, harm),
  };
}

const plus = (arm: ArmCount, units: number, losses: number): ArmCount => ({
  units: arm.units + units,
  losses: arm.losses + losses,
});

/** One with an empty arm says nothing of the ratio. */
function stratify(sums: Stratified, bucket: Bucket): Stratified {
  const { candidateLoss, candidateUnits, baselineLoss, baselineUnits } = bucket;
  if (candidateUnits <= 0 || baselineUnits <= 0) return sums;
  const units = candidateUnits + baselineUnits;
  return {
    candidate: sums.candidate + (candidateLoss * baselineUnits) / units,
    baseline: sums.baseline + (baselineLoss * candidateUnits) / units,
  };
}

/** Candidate's rate over the baseline's; null when it is undefined. */
export function stratifiedRatio({ candidate, baseline }: Stratified): number | null {
  const ratio = candidate / baseline;
  return Number.isFinite(ratio) ? ratio : null;
}
