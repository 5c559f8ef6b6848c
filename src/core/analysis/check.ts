/** What a check looks at. */
export const CHECK_METRICS = [
  'error_rate',
  'null_rate',
  'latency',
  'latency_objective',
  /** Copies that were answered otherwise than the user's request; see `Mirror.comparison`. */
  'disagreement',
  /**
   * Answers that fall into other classes, or other tenths of the numbers, than the baseline's over
   * the same time: the part of all that would have to be moved (total variation distance).
   */
  'prediction_distribution',
  /**
   * How much of what drives the answers comes of other features than the baseline's, found by
   * taking features away one by one (permutation importance), on the same rows.
   */
  'feature_importance',
] as const;

/** What a check looks at. */
export type CheckMetric = (typeof CHECK_METRICS)[number];

/** A declared test of the candidate against the baseline, and against absolute limits. */
export type Check = {
  /** Unique within the rollout, for people. */
  readonly name: string;
  readonly metric: CheckMetric;
  /** `hard` reverts at once; `soft` holds and asks a person; `inform` only reports. */
  readonly onFail: 'hard' | 'soft' | 'inform';
  /**
   * The candidate's rate may exceed the baseline's by this factor before it counts as harm
   * (r₀ ≥ 1). Used by `error_rate`, `null_rate` and `latency` only.
   */
  readonly ratio: number;
  /**
   * A candidate whose rate is shown to be below this passes, whatever the ratio: a baseline that
   * never fails must not make promotion impossible.
   */
  readonly tolerance: number;
  /**
   * A candidate whose rate is shown to be above this fails, unless the baseline is as bad over the
   * same seconds (R6: nulls above 1 %, p99 above the objective = more than 1 % of requests slower).
   * Null: no absolute limit.
   */
  readonly limit: number | null;
  /** `latency_objective`: the objective for p99 in milliseconds. Null for all other metrics. */
  readonly objectiveMs: number | null;
  /**
   * `latency`: a request is slow when slower than the baseline's frozen quantile times this.
   * 1 for all other metrics.
   */
  readonly stretch: number;
  /** No verdict but a hard trigger before the candidate served this many units. */
  readonly minUnits: number;
};
