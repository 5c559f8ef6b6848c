import { oneSampleEvidence, oneSampleStart, oneSampleStep } from '../stats/one-sample.ts';
import type { OneSampleState } from '../stats/one-sample.ts';
import { promotionLogE, promotionStart, promotionStep } from '../stats/promotion.ts';
import {
  EMPTY_SPIKE_WINDOW,
  HARD_TRIGGER_RATIO_MIN,
  spikeWindowStep,
} from '../stats/hard-trigger.ts';
import type { SpikeWindow } from '../stats/hard-trigger.ts';
import { rateRatioEvidence, rateRatioStart, rateRatioStep } from '../stats/rate-ratio.ts';
import type { Bucket, RateRatioState } from '../stats/rate-ratio.ts';
import { emptyBand, extendBand } from './ratio-band.ts';
import type { RatioBand } from './ratio-band.ts';
import type { ArmCount } from './verdict.ts';
import type { Part } from './part.ts';

/** What is known of one kind of loss: constant size, one step per bucket. */
export type PartEvidence = {
  readonly part: Part;
  readonly candidate: ArmCount;
  readonly baseline: ArmCount;
  /** The baseline lately: every bucket weighs a tenth less than the one after it. */
  readonly baselineLately: ArmCount;
  /** Pieces of evidence that the candidate harms; each is an e-process. */
  readonly harm: HarmPieces;
  readonly spike: SpikeWindow;
  /** One process per margin of the strategy's stages; empty when nothing is compared. */
  readonly promotions: readonly Promotion[];
  /** Evidence that the candidate's rate is below the tolerance; null without one. */
  readonly safety: OneSampleState | null;
  /** Mantel–Haenszel sums: candidate and baseline losses weighted by the other arm's share. */
  readonly weighted: { readonly candidate: number; readonly baseline: number };
  readonly band: RatioBand;
};

/** The harm processes of one part; null where the check does not ask. */
export type HarmPieces = {
  /** Against "at most `ratio` times the baseline's rate over the same seconds". */
  readonly ratio: RateRatioState | null;
  /** Against "at most the declared limit". */
  readonly limit: OneSampleState | null;
  /**
   * Against "at most five times what the baseline had": only buckets in which the candidate was
   * alone count, so that the last stage, which leaves the baseline no traffic, is not blind.
   */
  readonly alone: OneSampleState | null;
};

/** The process that shows a ratio to be below `margin`. */
export type Promotion = {
  readonly margin: number;
  readonly state: RateRatioState;
  /** Highest log E so far. */
  readonly peak: number;
};

/** What a part's processes are made with. */
export type PartDesign = {
  readonly part: Part;
  /** Null ratio r₀ of harm. */
  readonly ratio0: number;
  readonly margins: readonly number[];
  readonly horizonBuckets: number;
};

/** The baseline's rate is taken as known for `HarmPieces.alone` from this many units on. */
export const ALONE_BASELINE_UNITS_MIN = 1_000;
/** Shrinkage of that rate. */
const ALONE_LOSS = 1;
const ALONE_UNITS = 100;
/** A measure above this would be no measure: nearly everything could be lost. */
const ALONE_RATE_MAX = 0.9;
/** What a bucket weighs against the one after it in `baselineLately`. */
const FADE = 0.9;

/** Nothing is known yet. */
export function emptyPart(design: PartDesign): PartEvidence {
  const { part, ratio0, margins, horizonBuckets } = design;
  // The Bernoulli form is sharper where one answer in ten is a loss, and exists for r₀ = 1 only.
  const form = part.loss === 'slow' && ratio0 === 1 ? 'bernoulli' : 'poisson';
  const { limit, tolerance, compared } = part;
  const promotions = compared ? margins : [];
  return {
    part,
    candidate: { units: 0, losses: 0 },
    baseline: { units: 0, losses: 0 },
    baselineLately: { units: 0, losses: 0 },
    harm: {
      ratio: compared ? rateRatioStart({ ratio0, form, horizonBuckets }) : null,
      limit:
        limit === null ? null : oneSampleStart({ rate0: limit, direction: 'harm', horizonBuckets }),
      alone: null,
    },
    spike: EMPTY_SPIKE_WINDOW,
    promotions: promotions.map((margin) => ({
      margin,
      state: promotionStart({ margin }),
      peak: 0,
    })),
    safety:
      tolerance === null
        ? null
        : oneSampleStart({ rate0: tolerance, direction: 'safety', horizonBuckets }),
    weighted: { candidate: 0, baseline: 0 },
    band: emptyBand(),
  };
}

/** Folds one bucket in. An arm without units makes the comparison say nothing. */
export function extendPart(
  evidence: PartEvidence,
  bucket: Bucket,
  horizonBuckets: number,
): PartEvidence {
  const { candidateLoss, candidateUnits, baselineLoss, baselineUnits } = bucket;
  if (candidateUnits <= 0 && baselineUnits <= 0) return evidence;
  const { part, candidate, baseline, safety } = evidence;
  const both = candidateUnits > 0 && baselineUnits > 0;
  const counted = { loss: candidateLoss, units: candidateUnits };
  return {
    part,
    candidate: sum(candidate, candidateUnits, candidateLoss),
    baseline: sum(baseline, baselineUnits, baselineLoss),
    baselineLately: lately(evidence.baselineLately, bucket),
    harm: extendHarm(evidence, bucket, horizonBuckets),
    spike: part.compared ? spikeWindowStep(evidence.spike, bucket) : evidence.spike,
    promotions: both
      ? evidence.promotions.map((one) => promoted(one, bucket))
      : evidence.promotions,
    safety: safety === null || candidateUnits <= 0 ? safety : oneSampleStep(safety, counted),
    weighted: both ? weigh(evidence.weighted, bucket) : evidence.weighted,
    band: part.compared ? extendBand(evidence.band, bucket) : evidence.band,
  };
}

/** log E of each harm process the check has, by its name; a process not begun stands at E = 1. */
export function harmPieces(evidence: PartEvidence): readonly HarmPiece[] {
  const { ratio, limit, alone } = evidence.harm;
  const pieces: HarmPiece[] = [];
  if (ratio !== null) pieces.push({ kind: 'ratio', logE: rateRatioEvidence(ratio).logE });
  if (limit !== null) pieces.push({ kind: 'limit', logE: oneSampleEvidence(limit).logE });
  if (ratio !== null) {
    pieces.push({ kind: 'alone', logE: alone === null ? 0 : oneSampleEvidence(alone).logE });
  }
  return pieces;
}

/** One harm process of a part and what it says. */
export type HarmPiece = { readonly kind: keyof HarmPieces; readonly logE: number };

function extendHarm(evidence: PartEvidence, bucket: Bucket, horizonBuckets: number): HarmPieces {
  const { ratio, limit } = evidence.harm;
  const { candidateLoss, candidateUnits, baselineUnits } = bucket;
  if (candidateUnits <= 0) return evidence.harm;
  const counted = { loss: candidateLoss, units: candidateUnits };
  const alone =
    ratio !== null && baselineUnits <= 0
      ? (evidence.harm.alone ?? aloneStart(evidence, horizonBuckets))
      : evidence.harm.alone;
  return {
    ratio: ratio === null || baselineUnits <= 0 ? ratio : rateRatioStep(ratio, bucket),
    limit: limit === null ? null : oneSampleStep(limit, counted),
    alone: alone === null || baselineUnits > 0 ? alone : oneSampleStep(alone, counted),
  };
}

function aloneStart(evidence: PartEvidence, horizonBuckets: number): OneSampleState | null {
  const { part, baseline, baselineLately } = evidence;
  if (baseline.units < ALONE_BASELINE_UNITS_MIN) return null;
  const rateOf = ({ losses, units }: ArmCount): number =>
    (losses + ALONE_LOSS) / (units + ALONE_UNITS);
  // In the middle of an incident, the baseline's better days are no measure for the candidate.
  const usual = Math.max(rateOf(baseline), rateOf(baselineLately));
  const rate0 = Math.max(HARD_TRIGGER_RATIO_MIN * usual, part.tolerance ?? 0);
  if (rate0 > ALONE_RATE_MAX) return null;
  return oneSampleStart({ rate0, direction: 'harm', horizonBuckets });
}

function promoted({ margin, state, peak }: Promotion, bucket: Bucket): Promotion {
  const next = promotionStep(state, bucket);
  return { margin, state: next, peak: Math.max(peak, promotionLogE(next)) };
}

function lately(arm: ArmCount, { baselineUnits, baselineLoss }: Bucket): ArmCount {
  if (baselineUnits <= 0) return arm;
  const { units, losses } = arm;
  return { units: units * FADE + baselineUnits, losses: losses * FADE + baselineLoss };
}

const sum = (arm: ArmCount, units: number, losses: number): ArmCount => ({
  units: arm.units + units,
  losses: arm.losses + losses,
});

function weigh(weighted: PartEvidence['weighted'], bucket: Bucket): PartEvidence['weighted'] {
  const { candidateLoss, candidateUnits, baselineLoss, baselineUnits } = bucket;
  const units = candidateUnits + baselineUnits;
  return {
    candidate: weighted.candidate + (candidateLoss * baselineUnits) / units,
    baseline: weighted.baseline + (baselineLoss * candidateUnits) / units,
  };
}
