import { oneSampleStart, oneSampleStep } from '../stats/one-sample.ts';
import type { OneSampleState } from '../stats/one-sample.ts';
import { marginLogE, marginStart, marginStep } from '../stats/promotion.ts';
import type { MarginState } from '../stats/promotion.ts';
import type { Counted } from './weighing.ts';
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
  /** What shows the candidate's rate to be below the tolerance, at its start; see `safetyState`. */
  readonly tolerance: OneSampleState | null;
};

/** The process that shows a ratio to be below `margin`. */
export type Promotion = {
  readonly state: MarginState;
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
      state: marginStart(margin),
      peak: 0,
    })),
    tolerance:
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
  const { part, harm, harmPieces, promotions, tolerance } = evidence;
  const counted = intake.counted(part.loss);
  const { candidateUnits, baselineUnits } = counted.seen;
  if (candidateUnits <= 0 && baselineUnits <= 0) return evidence;
  const tally = intake.once(evidence.tally, (one) => extendTally(one, counted));
  const grown = extendHarm(harm, intake, { part, tally: evidence.tally, design });
  // Field by field: this is made for every check in every bucket, and a spread is slow to copy.
  return {
    part,
    tally,
    harm: grown,
    harmPieces: grown === harm ? harmPieces : piecesOf(grown),
    promotions:
      // Nothing was compared where an arm is empty or nobody lost anything.
      tally.promotion === evidence.tally.promotion
        ? promotions
        : promotions.map((one) => promoted(one, tally, counted)),
    tolerance,
  };
}

function promoted({ state, peak }: Promotion, tally: Tally, { safety }: Counted): Promotion {
  const next = marginStep(state, safety);
  return { state: next, peak: Math.max(peak, marginLogE(next, tally.promotion)) };
}

/**
 * Evidence that the candidate's rate is below the tolerance; null without one. Only sums of losses
 * and units count in it, so it is not stepped bucket by bucket.
 */
export const safetyState = ({ tolerance, tally }: PartEvidence): OneSampleState | null =>
  tolerance === null ? null : oneSampleStep(tolerance, tally.shown);
