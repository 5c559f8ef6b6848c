import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Check } from '../analysis/check.ts';
import type { CanaryStage, StrategySpec } from './spec.ts';

/** Shares of the named ladders in per cent (S2). */
export const PRESETS = {
  default: [5, 25, 50, 100],
  cautious: [1, 5, 25, 50, 100],
  stepped: [5, 20, 50, 100],
} as const satisfies Record<string, readonly number[]>;

/** The name of a ladder. */
export type PresetName = keyof typeof PRESETS;

/** A stage for which no least duration was said lasts this many buckets. */
export const LEAST_BUCKETS_DEFAULT = 6;

/**
 * The margin of a stage for which none was said. Little traffic shows little: at 1 % only a gross
 * regression can be excluded in sensible time, at half the traffic a subtle one. Losses needed grow
 * from 2 at margin 4 to 32 at 1.5.
 */
export function defaultMargin(shareBps: number): number {
  return MARGIN_LADDER.find(({ upToBps }) => shareBps <= upToBps)?.margin ?? 1.5;
}

const MARGIN_LADDER = [
  { upToBps: 100, margin: 4 },
  { upToBps: 500, margin: 3 },
  { upToBps: 2_500, margin: 2 },
  { upToBps: WHOLE_BPS, margin: 1.5 },
] as const;

/** A stage as it is asked for; null: the default margin. */
export type StageWish = Omit<CanaryStage, 'margin'> & { readonly margin: number | null };

/**
 * Stages with every margin said. At 100 % there is nothing left to compare with, so what the stage
 * before has shown must do.
 */
export function stagesOf(wishes: readonly StageWish[]): readonly CanaryStage[] {
  const stages: CanaryStage[] = [];
  for (const { share, margin, leastMs } of wishes) {
    const before = stages.at(-1);
    const alone = share === WHOLE_BPS && before !== undefined;
    const usual = alone ? before.margin : defaultMargin(share);
    stages.push({ share, margin: margin ?? usual, leastMs });
  }
  return stages;
}

/** The stages of a preset. */
export const presetStages = (name: PresetName, leastMs: number): readonly CanaryStage[] =>
  stagesOf(PRESETS[name].map((percent) => ({ share: bps(percent * 100), margin: null, leastMs })));

/**
 * What a check says when only its metric is named.
 *
 *  - Errors: not more than the baseline (the hard trigger of R6 at five times is part of every
 *    comparison). Its tolerance was chosen by measurement, see
 *    `test/calibration/whole-decision-tolerance.test.ts`: at 1 % a candidate with twice the errors
 *    of a baseline that fails once in a thousand is always promoted, at 0.5 % nine times of ten, at
 *    0.2 % never of thirty; without any error that takes 6, 9 and 16 minutes at 50 requests a
 *    second.
 *  - Nulls: above 1 % is too many (R6), unless the baseline has as many.
 *  - Latency: a quarter slower is borne.
 *  - Disagreement, where requests are mirrored: agreement of at least 98 % must be shown; below
 *    95 % a person is asked, for only he knows whether another answer is a better one.
 *  - Prediction distribution: a tenth of the answers may fall elsewhere; beyond that a person is
 *    asked (R7), for a better model answers otherwise, too.
 *  - Feature importance: a quarter of what drives the answers may come of other features.
 */
export const CHECK_DEFAULTS = {
  error_rate: {
    name: 'error_rate',
    metric: 'error_rate',
    onFail: 'hard',
    ratio: 1,
    tolerance: 0.002,
    limit: null,
    objectiveMs: null,
    stretch: 1,
    minUnits: 50,
  },
  null_rate: {
    name: 'null_rate',
    metric: 'null_rate',
    onFail: 'hard',
    ratio: 1,
    tolerance: 0.005,
    limit: 0.01,
    objectiveMs: null,
    stretch: 1,
    minUnits: 50,
  },
  latency: {
    name: 'latency',
    metric: 'latency',
    onFail: 'hard',
    // A quarter more time pushes about half as many more answers over either threshold.
    ratio: 1.5,
    tolerance: 0.01,
    limit: null,
    objectiveMs: null,
    stretch: 1.25,
    minUnits: 200,
  },
  latency_objective: {
    name: 'latency_objective',
    metric: 'latency_objective',
    onFail: 'hard',
    ratio: 1,
    tolerance: 0.01,
    limit: 0.01,
    objectiveMs: null,
    stretch: 1,
    minUnits: 50,
  },
  disagreement: {
    name: 'disagreement',
    metric: 'disagreement',
    onFail: 'soft',
    ratio: 1,
    tolerance: 0.02,
    limit: 0.05,
    objectiveMs: null,
    stretch: 1,
    minUnits: 500,
  },
  prediction_distribution: {
    name: 'prediction_distribution',
    metric: 'prediction_distribution',
    onFail: 'soft',
    ratio: 1,
    tolerance: 0.1,
    limit: 0.1,
    objectiveMs: null,
    stretch: 1,
    minUnits: 200,
  },
  feature_importance: {
    name: 'feature_importance',
    metric: 'feature_importance',
    onFail: 'soft',
    ratio: 1,
    tolerance: 0.25,
    limit: 0.25,
    objectiveMs: null,
    stretch: 1,
    minUnits: 200,
  },
} as const satisfies Record<Check['metric'], Check>;

/** R6's set: errors, null predictions, latency; and the objective when there is one. */
export function defaultChecks(objectiveMs: number | null): readonly Check[] {
  const { error_rate, null_rate, latency, latency_objective } = CHECK_DEFAULTS;
  const always = [error_rate, null_rate, latency];
  return objectiveMs === null ? always : [...always, { ...latency_objective, objectiveMs }];
}

/** A canary for everybody that goes on by evidence. */
export const canaryOf = (stages: readonly CanaryStage[]): StrategySpec<'canary'> => ({
  kind: 'canary',
  stages,
  advance: 'evidence',
  audience: null,
});
