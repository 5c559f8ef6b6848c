import type { OutcomeMetric } from '../strategy/outcome-spec.ts';
import type { Check } from './check.ts';

/** A declared test of what comes back about the candidate's answers, against the baseline's. */
export type OutcomeCheck = {
  /** Unique among all checks of the rollout, for people. */
  readonly name: string;
  readonly of: OutcomeMetric;
  readonly onFail: Check['onFail'];
  /**
   * How much worse the candidate may be, above 0, in the metric's unit: shown to be worse by more
   * it fails, shown to be worse by less it passes.
   */
  readonly margin: number;
  /** A candidate shown to be beyond this fails, whatever the baseline does; null: no limit. */
  readonly limit: number | null;
  /** Chance of failing a candidate that is neither worse by the margin nor beyond the limit. */
  readonly alpha: number;
  /** No verdict before each arm has this many complete units; of a ratio, answered ones. */
  readonly minUnits: number;
  /** Whether a stage waits while nothing has come back. What has come back counts either way. */
  readonly onMissing: 'hold' | 'continue';
};

/** What must be there before variances are known well enough for the evidence to hold. */
export const OUTCOME_UNITS_MIN = 100;
