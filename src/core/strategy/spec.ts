import type { Bps } from '../lib/units.ts';

/** How a rollout moves traffic. A closed union: one member a strategy. */
export type StrategySpec = CanarySpec;

/** Stages of rising share; each lasts until the evidence suffices (S2). */
export type CanarySpec = {
  readonly kind: 'canary';
  readonly stages: readonly CanaryStage[];
};

/** One stage of a canary. */
export type CanaryStage = {
  readonly share: Bps;
  /**
   * The stage is passed when every check is shown to be below this many times the rate that is no
   * harm: the baseline's times the check's own ratio.
   */
  readonly margin: number;
  /** The stage lasts at least this long, whatever the evidence. */
  readonly leastMs: number;
};
