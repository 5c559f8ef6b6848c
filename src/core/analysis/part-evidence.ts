import { oneSampleStart, oneSampleStep } from '../stats/one-sample.ts';
import type { OneSampleState } from '../stats/one-sample.ts';
import { marginFold, marginStart } from '../stats/promotion.ts';
import type { MarginState } from '../stats/promotion.ts';
import type { Bucket } from '../stats/rate-ratio.ts';
import { emptyHarm, extendHarm, foldHarm, harmE } from './harm-evidence.ts';
import type { HarmDesign, HarmEvidence, LimitPiece } from './harm-evidence.ts';
import type { Intake } from './intake.ts';
import type { Part } from './part.ts';
import { foldTally, rememberTally } from './tally.ts';
import type { Tally, TallyFold } from './tally.ts';

/** What is known of one kind of loss: constant size, one step per bucket. */
export type PartEvidence = {
  readonly part: Part;
  /** What was counted; the same object for all parts of this kind of loss. */
  readonly tally: Tally;
  readonly harm: HarmEvidence;
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
export function rememberPart(evidence: PartEvidence, { column, once }: Intake): PartEvidence {
  const { counted } = column(evidence.part.loss);
  return { ...evidence, tally: once(evidence.tally, (one) => counted.reduce(rememberTally, one)) };
}

/** A part after some buckets; after each one, the candidate's units and the sum of E of harm. */
export type PartFold = {
  readonly part: PartEvidence;
  readonly candidateUnits: readonly number[];
  readonly es: readonly number[];
};

/**
 * Folds buckets in. An arm without units makes the comparison say nothing. Null: some of the
 * buckets have both arms and some have not, so they must come one by one.
 */
export function extendPart(
  evidence: PartEvidence,
  intake: Intake,
  design: Omit<HarmDesign, 'part'>,
): PartFold | null {
  const { part, tally, harm, promotions, tolerance } = evidence;
  const { counted, safety, has } = intake.column(part.loss);
  if (has === 'none') {
    const e = harmE(harm);
    const { units } = tally.candidate;
    return { part: evidence, candidateUnits: counted.map(() => units), es: counted.map(() => e) };
  }
  const [first] = counted;
  if (first === undefined || (has === 'some' && counted.length > 1)) return null;
  const after = intake.once(tally, (one) => foldTally(one, counted));
  const folded =
    has === 'both'
      ? foldHarm(harm, part.loss, intake)
      : extendHarm(harm, first, { part, tally, design });
  return {
    part: {
      part,
      tally: after.tally,
      harm: folded.harm,
      promotions:
        // Nothing was compared where an arm is empty or nobody lost anything.
        after.tally.promotion === tally.promotion
          ? promotions
          : promotedBy(promotions, after, safety),
      tolerance,
    },
    candidateUnits: after.candidateUnits,
    es: folded.es,
  };
}

function promotedBy(
  promotions: readonly Promotion[],
  { grounds }: TallyFold,
  buckets: readonly Bucket[],
): readonly Promotion[] {
  return promotions.map(({ state, peak }) => {
    const next = marginFold(state, buckets, grounds);
    return { state: next.state, peak: Math.max(peak, next.peak) };
  });
}

/**
 * Evidence that the candidate's rate is below the tolerance; null without one. Only sums of losses
 * and units count in it, so it is not stepped bucket by bucket.
 */
export const safetyState = ({ tolerance, tally }: PartEvidence): OneSampleState | null =>
  tolerance === null ? null : oneSampleStep(tolerance, tally.shown);
