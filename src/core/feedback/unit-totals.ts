import type { Stretch } from './feedback.ts';
import type { UnitSums } from './outcome.ts';

/** Whose units are summed: those first seen in one stretch of time, under one arm of a rollout. */
export type UnitTotalsKey = {
  readonly rollout: string;
  readonly arm: string;
  /** `EXPOSURE` for the units themselves, fed back or not. */
  readonly metric: string;
  /**
   * The segment they were in; absent: all of them, whatever their segment. Who was seen in two
   * counts in both, each time with what came back about him there, and once in all.
   */
  readonly segment?: string;
  readonly stretch: Stretch;
};

/**
 * Sums over units first seen in one stretch. `units` is counted under `EXPOSURE` only, the rest
 * under the metrics, so that a unit nobody has fed anything back about costs nothing there.
 */
export type UnitTotals = UnitTotalsKey & UnitSums;

/** Stands in the place of a metric where the units themselves are counted. */
export const EXPOSURE = '';

/** All that has come back about one unit for one metric. */
export type UnitValue = { readonly events: number; readonly sum: number };

/** What one more value of a unit changes in the sums over units. */
export function unitStep(before: UnitValue | null, value: number): UnitSums {
  const sum = before?.sum ?? 0;
  const events = before?.events ?? 0;
  return {
    units: 0,
    answered: before === null ? 1 : 0,
    events: 1,
    sum: value,
    sumSquares: (sum + value) ** 2 - sum ** 2,
    eventsSquares: 2 * events + 1,
    products: (events + 1) * (sum + value) - events * sum,
  };
}
