import { oneSampleStart, oneSampleStep } from '../stats/one-sample.ts';
import type { OneSampleState } from '../stats/one-sample.ts';
import { promotionLogE, promotionStart, promotionStep } from '../stats/promotion.ts';
import type { Bucket, RateRatioState } from '../stats/rate-ratio.ts';
import { emptyHarm, extendHarm, harmPieces as piecesOf } from './harm-evidence.ts';
import type { HarmDesign, HarmEvidence, HarmPiece, LimitPiece } from './harm-evidence.ts';
import type { Intake } from './intake.ts';
import type { Part } from './part.ts';
import { extendTally, rememberTally } from './tally.ts';
import type { Tally } from './tally.ts';

/** What is known of one kind of loss: constant size, one step per bucket. */
export type PartEvidence = {
  readonly part: Part;
  /** What was counted; the same object for all parts of this kind of loss. */
  readonly tally: Tally;
  readonly harm: HarmEvidence;
  /** What each process of `harm` says. */
  readonly harmPieces: readonly HarmPiece[];
  /** One process per margin of the strategy's stages; empty when nothing is compared. */
  readonly promotions: readonly Promotion[];
  /** Evidence that the candidate's rate is below the tolerance; null without one. */
  readonly safety: OneSampleState | null;
};

/** The process that shows a ratio to be below `margin`. */
export type Promotion = {
  readonly margin: number;
  readonly state: RateRatioState;
  /** The highest value of its log E so far. */
  readonly peak: number;
};

/** What a part's processes are made with. */
export type PartDesign = HarmDesign & {
  readonly margins: readonly number[];
  readonly tally: Tally;
  readonly limit: LimitPiece | null;
};

/** Nothing is known yet. */
export function emptyPart(design: PartDesign): PartEvidence {
  const { part, margins, tally, limit } = design;
  const { tolerance, compared } = part;
  const promotions = compared ? margins : [];
  const harm = emptyHarm(design, limit);
  return {
    part,
    tally,
    harm,
    harmPieces: piecesOf(harm),
    promotions: promotions.map((margin) => ({
      margin,
      state: promotionStart({ margin }),
      peak: 0,
    })),
    safety:
      tolerance === null
        ? null
        : // Only the cumulative half counts, so no starting buckets need to be kept.
          oneSampleStart({ rate0: tolerance, direction: 'safety', horizonBuckets: 0 }),
  };
}

/** Takes note of what the baseline did before the rollout. */
export function rememberPart(evidence: PartEvidence, { counted, once }: Intake): PartEvidence {
  const { loss } = evidence.part;
  return { ...evidence, tally: once(evidence.tally, (one) => rememberTally(one, counted(loss))) };
}

/** Folds one bucket in. An arm without units makes the comparison say nothing. */
export function extendPart(
  evidence: PartEvidence,
  intake: Intake,
  design: Omit<HarmDesign, 'part'>,
): PartEvidence {
  const { part, tally, safety, harm, harmPieces, promotions } = evidence;
  const counted = intake.counted(part.loss);
  const { seen, safety: shown } = counted;
  const { candidateUnits, baselineUnits } = seen;
  if (candidateUnits <= 0 && baselineUnits <= 0) return evidence;
  // Where nobody lost anything, or one arm is empty, a comparison's factors are all 1.
  const isTelling =
    candidateUnits > 0 && baselineUnits > 0 && shown.candidateLoss + shown.baselineLoss > 0;
  const alone = { loss: shown.candidateLoss, units: shown.candidateUnits };
  const grown = extendHarm(harm, intake, { part, tally, design });
  // Field by field: this is made for every check in every bucket, and a spread is slow to copy.
  return {
    part,
    tally: intake.once(tally, (one) => extendTally(one, counted)),
    harm: grown,
    harmPieces: grown === harm ? harmPieces : piecesOf(grown),
    promotions: isTelling ? promotions.map((one) => promoted(one, shown)) : promotions,
    safety: safety === null || candidateUnits <= 0 ? safety : oneSampleStep(safety, alone),
  };
}

function promoted({ margin, state, peak }: Promotion, bucket: Bucket): Promotion {
  const next = promotionStep(state, bucket);
  return { margin, state: next, peak: Math.max(peak, promotionLogE(next)) };
}
