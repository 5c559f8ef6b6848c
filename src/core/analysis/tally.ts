import { EMPTY_SPIKE_WINDOW, spikeWindowStep } from '../stats/hard-trigger.ts';
import type { SpikeWindow } from '../stats/hard-trigger.ts';
import type { LossCount } from '../stats/one-sample.ts';
import { emptyGround, groundStep } from '../stats/promotion.ts';
import type { PromotionGround } from '../stats/promotion.ts';
import { NO_FIGURES, figuresStep } from './harm-run.ts';
import type { Figures } from './harm-run.ts';
import { emptyBand, extendBand } from './ratio-band.ts';
import type { RatioBand } from './ratio-band.ts';
import type { ArmCount } from './verdict.ts';
import type { Counted } from './weighing.ts';

/**
 * What both arms served and lost of one kind: all that does not depend on what a check asks of it,
 * so that checks of the same kind share one. Constant size, one step per bucket.
 */
export type Tally = Figures & {
  /** The baseline before the rollout. */
  readonly before: ArmCount;
  /** The baseline lately: every bucket weighs a tenth less than the one after it. */
  readonly baselineLately: ArmCount;
  readonly spike: SpikeWindow;
  /** The candidate, as it counts as evidence of safety. */
  readonly shown: LossCount;
  /** The comparison, as it counts as evidence of safety. */
  readonly promotion: PromotionGround;
  /** For the interval people are shown. */
  readonly band: RatioBand;
};

/** What a bucket weighs against the one after it in `baselineLately`. */
const FADE = 0.9;

/** Nothing is known yet. A new one for each kind of loss: what is shared is told by identity. */
export const emptyTally = (): Tally => ({
  ...NO_FIGURES,
  before: { units: 0, losses: 0 },
  baselineLately: { units: 0, losses: 0 },
  spike: EMPTY_SPIKE_WINDOW,
  shown: { loss: 0, units: 0 },
  promotion: emptyGround,
  band: emptyBand,
});

/** Takes note of what the baseline did before the rollout. */
export function rememberTally(tally: Tally, { seen }: Counted): Tally {
  const { units, losses } = tally.before;
  const { baselineUnits, baselineLoss } = seen;
  return { ...tally, before: { units: units + baselineUnits, losses: losses + baselineLoss } };
}

/** A tally after some buckets; after each of them, what else is asked for bucket by bucket. */
export type TallyFold = {
  readonly tally: Tally;
  readonly candidateUnits: readonly number[];
  readonly grounds: readonly PromotionGround[];
};

/** Folds buckets in. */
export function foldTally(tally: Tally, column: readonly Counted[]): TallyFold {
  const candidateUnits: number[] = [];
  const grounds: PromotionGround[] = [];
  let now = tally;
  for (const counted of column) {
    now = extendTally(now, counted);
    candidateUnits.push(now.candidate.units);
    grounds.push(now.promotion);
  }
  return { tally: now, candidateUnits, grounds };
}

function extendTally(tally: Tally, counted: Counted): Tally {
  const { safety } = counted;
  const { candidate, baseline, weighed, stratified } = figuresStep(tally, counted);
  // Field by field: a spread is slow to copy.
  return {
    candidate,
    baseline,
    weighed,
    stratified,
    before: tally.before,
    baselineLately: lately(tally.baselineLately, counted),
    spike: spikeWindowStep(tally.spike, counted.harm),
    shown: {
      loss: tally.shown.loss + safety.candidateLoss,
      units: tally.shown.units + safety.candidateUnits,
    },
    promotion: groundStep(tally.promotion, safety),
    band: extendBand(tally.band, counted.harm),
  };
}

function lately(arm: ArmCount, { seen }: Counted): ArmCount {
  const { baselineUnits, baselineLoss } = seen;
  if (baselineUnits <= 0) return arm;
  const { units, losses } = arm;
  return { units: units * FADE + baselineUnits, losses: losses * FADE + baselineLoss };
}
