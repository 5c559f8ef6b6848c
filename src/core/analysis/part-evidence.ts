import { oneSampleStart, oneSampleStep } from '../stats/one-sample.ts';
import type { OneSampleState } from '../stats/one-sample.ts';
import { promotionLogE, promotionStart, promotionStep } from '../stats/promotion.ts';
import { EMPTY_SPIKE_WINDOW, spikeWindowStep } from '../stats/hard-trigger.ts';
import type { SpikeWindow } from '../stats/hard-trigger.ts';
import type { Bucket, RateRatioState } from '../stats/rate-ratio.ts';
import { emptyHarm, extendHarm, harmPieces } from './harm-evidence.ts';
import type { HarmDesign, HarmEvidence, HarmPiece } from './harm-evidence.ts';
import { NO_FIGURES, figuresStep } from './harm-run.ts';
import type { Figures } from './harm-run.ts';
import { emptyBand, extendBand } from './ratio-band.ts';
import type { RatioBand } from './ratio-band.ts';
import type { ArmCount } from './verdict.ts';
import type { Part } from './part.ts';
import type { Counted } from './weighing.ts';

/** What is known of one kind of loss: constant size, one step per bucket. */
export type PartEvidence = Figures & {
  readonly part: Part;
  /** The baseline before the rollout. */
  readonly before: ArmCount;
  /** The baseline lately: every bucket weighs a tenth less than the one after it. */
  readonly baselineLately: ArmCount;
  readonly harm: HarmEvidence;
  /** What each process of `harm` says. */
  readonly harmPieces: readonly HarmPiece[];
  readonly spike: SpikeWindow;
  /** One process per margin of the strategy's stages; empty when nothing is compared. */
  readonly promotions: readonly Promotion[];
  /** Evidence that the candidate's rate is below the tolerance; null without one. */
  readonly safety: OneSampleState | null;
  /** For the interval people are shown; null: nobody will ask for it. */
  readonly band: RatioBand | null;
};

/** The process that shows a ratio to be below `margin`. */
export type Promotion = {
  readonly margin: number;
  readonly state: RateRatioState;
  /** log E as it stands. */
  readonly logE: number;
  /** Its highest value so far. */
  readonly peak: number;
};

/** What a part's processes are made with. */
export type PartDesign = HarmDesign & { readonly margins: readonly number[] };

/** What a bucket weighs against the one after it in `baselineLately`. */
const FADE = 0.9;

/** Nothing is known yet. */
export function emptyPart(design: PartDesign): PartEvidence {
  const { part, margins } = design;
  const { tolerance, compared } = part;
  const promotions = compared ? margins : [];
  const harm = emptyHarm(design);
  return {
    ...NO_FIGURES,
    part,
    before: { units: 0, losses: 0 },
    baselineLately: { units: 0, losses: 0 },
    harm,
    harmPieces: harmPieces(harm),
    spike: EMPTY_SPIKE_WINDOW,
    promotions: promotions.map((margin) => ({
      margin,
      state: promotionStart({ margin }),
      logE: 0,
      peak: 0,
    })),
    safety:
      tolerance === null
        ? null
        : // Only the cumulative half counts, so no starting buckets need to be kept.
          oneSampleStart({ rate0: tolerance, direction: 'safety', horizonBuckets: 0 }),
    band: compared ? emptyBand : null,
  };
}

/** Takes note of what the baseline did before the rollout. */
export function rememberPart(evidence: PartEvidence, { seen }: Counted): PartEvidence {
  const { units, losses } = evidence.before;
  const { baselineUnits, baselineLoss } = seen;
  return {
    ...evidence,
    before: { units: units + baselineUnits, losses: losses + baselineLoss },
  };
}

/** Folds one bucket in. An arm without units makes the comparison say nothing. */
export function extendPart(
  evidence: PartEvidence,
  counted: Counted,
  design: Omit<HarmDesign, 'part'>,
): PartEvidence {
  const { seen, safety: shown, harm } = counted;
  const { candidateUnits, baselineUnits } = seen;
  if (candidateUnits <= 0 && baselineUnits <= 0) return evidence;
  const { part, safety, band } = evidence;
  // Where nobody lost anything, or one arm is empty, a comparison's factors are all 1.
  const isTelling =
    candidateUnits > 0 && baselineUnits > 0 && shown.candidateLoss + shown.baselineLoss > 0;
  const alone = { loss: shown.candidateLoss, units: shown.candidateUnits };
  const grown = extendHarm(evidence.harm, counted, { known: evidence, design });
  const figures = figuresStep(evidence, counted);
  // Field by field: this is made for every check in every bucket, and a spread is slow to copy.
  return {
    candidate: figures.candidate,
    baseline: figures.baseline,
    weighed: figures.weighed,
    stratified: figures.stratified,
    part,
    before: evidence.before,
    baselineLately: lately(evidence.baselineLately, seen),
    harm: grown,
    harmPieces: grown === evidence.harm ? evidence.harmPieces : harmPieces(grown),
    spike: part.compared ? spikeWindowStep(evidence.spike, harm) : evidence.spike,
    promotions: isTelling
      ? evidence.promotions.map((one) => promoted(one, shown))
      : evidence.promotions,
    safety: safety === null || candidateUnits <= 0 ? safety : oneSampleStep(safety, alone),
    band: part.compared && band !== null ? extendBand(band, harm) : band,
  };
}

function promoted({ margin, state, peak }: Promotion, bucket: Bucket): Promotion {
  const next = promotionStep(state, bucket);
  const logE = promotionLogE(next);
  return { margin, state: next, logE, peak: Math.max(peak, logE) };
}

function lately(arm: ArmCount, { baselineUnits, baselineLoss }: Bucket): ArmCount {
  if (baselineUnits <= 0) return arm;
  const { units, losses } = arm;
  return { units: units * FADE + baselineUnits, losses: losses * FADE + baselineLoss };
}
