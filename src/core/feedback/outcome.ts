import type { Instant } from '../lib/units.ts';
import type { Stretch } from './feedback.ts';

/**
 * What came back for one metric of a rollout, arm by arm. Figures are mature: of units whose
 * feedback is expected to be complete; what is not is beside them as provisional.
 */
export type MetricOutcome = {
  readonly metric: string;
  /** The moment that says which cohorts are mature. */
  readonly asOf: Instant;
  /** How long after a prediction its feedback is expected to be complete. */
  readonly maturityMs: number;
  /** In the order of the rollout's arms: the baseline first. */
  readonly arms: readonly ArmOutcome[];
  /** The same by segment, those with units; absent where a rollout tells none apart. */
  readonly segments?: readonly SegmentOutcome[];
};

/** What came back for one metric in one segment: of each unit what came back about it there. */
export type SegmentOutcome = {
  readonly segment: string;
  /** As `MetricOutcome.arms`, without epochs. */
  readonly arms: readonly ArmOutcome[];
};

/** One arm: its mature units, and beside them those still waited for. */
export type ArmOutcome = UnitSums & {
  readonly arm: string;
  readonly version: number;
  readonly provisionalUnits: number;
  readonly provisional: UnitSums;
  /** The same feedback by stretches of constant shares, oldest first: see `EpochSums`. */
  readonly epochs: readonly EpochSums[];
  /** The mature units by when they were first seen, oldest first; they add up to the arm. */
  readonly cohorts: readonly UnitCohort[];
};

/** Units first seen in one stretch of time: for rolling windows, and for a world that drifts. */
export type UnitCohort = UnitSums & { readonly stretch: Stretch };

/**
 * Sums over distinct units. A unit's value is the sum of all its feedback, 0 when there was none:
 * mean = `sum / units`, variance from `sumSquares`. Exact, not sampled.
 */
export type UnitSums = {
  /** Units the arm was assigned to, fed back or not. */
  readonly units: number;
  /** Of these, with at least one feedback. */
  readonly answered: number;
  /** Pieces of feedback. */
  readonly events: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Over units, pieces of feedback squared, and times the value: for means per piece. */
  readonly eventsSquares: number;
  readonly products: number;
};

/**
 * Feedback to predictions made under one revision of the route, piece by piece: where shares move
 * (bandits), figures may be compared within an epoch only, or weighted by `1 / shareBps`.
 */
export type EpochSums = {
  readonly revision: number;
  /** The arm's share then: the propensity of every assignment to it. Null when unknown. */
  readonly shareBps: number | null;
  /** When the first stretch with feedback began, and the last one ends. */
  readonly since: Instant;
  readonly until: Instant;
  /** Whether all of it is mature. */
  readonly isMature: boolean;
  readonly events: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Of these, what is mature. */
  readonly mature: { readonly events: number; readonly sum: number };
};

/** No units. */
export const noUnits: UnitSums = {
  units: 0,
  answered: 0,
  events: 0,
  sum: 0,
  sumSquares: 0,
  eventsSquares: 0,
  products: 0,
};

/** Sums of units of which none is in both. */
export const addUnits = (a: UnitSums, b: UnitSums): UnitSums => ({
  units: a.units + b.units,
  answered: a.answered + b.answered,
  events: a.events + b.events,
  sum: a.sum + b.sum,
  sumSquares: a.sumSquares + b.sumSquares,
  eventsSquares: a.eventsSquares + b.eventsSquares,
  products: a.products + b.products,
});

/** Mean per unit with the variance of a unit's value; null when there are fewer than 2 units. */
export function unitMoments(
  sums: UnitSums,
): { readonly mean: number; readonly variance: number } | null {
  const { units, sum, sumSquares } = sums;
  if (units < 2) return null;
  const mean = sum / units;
  return { mean, variance: Math.max(0, (sumSquares - sum * mean) / (units - 1)) };
}
