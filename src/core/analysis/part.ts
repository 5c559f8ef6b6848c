import type { LossName } from '../telemetry/window.ts';
import { assertNever } from '../lib/invariant.ts';
import type { Check } from './check.ts';

/** One kind of loss a check looks at, with the absolute rates that apply to it. */
export type Part = {
  readonly loss: LossName;
  /** Whether the candidate is compared with the concurrent baseline. */
  readonly compared: boolean;
  /** See `Check.tolerance`; null: none. */
  readonly tolerance: number | null;
  /** See `Check.limit`; null: none. */
  readonly limit: number | null;
};

/**
 * A latency check looks at answers slower than the baseline's p90 (most answers slower) and than
 * its p99 (a few much slower). Its tolerance and limit speak of the p99; ten times as many answers
 * lie above a p90.
 */
const SLOW_PER_TAIL = 10;
/** No absolute rate above this is meant seriously; the one-sample process needs one below 1. */
const RATE_MAX = 0.5;
/** An objective for the p99 is broken when more than this part of the answers is slower. */
const LATE_RATE = 0.01;

/** What a check looks at, in a fixed order. */
export function partsOf({ metric, tolerance, limit }: Check): readonly Part[] {
  const part = (loss: LossName, scale: number, compared: boolean): Part => ({
    loss,
    compared,
    tolerance: tolerance > 0 ? Math.min(tolerance * scale, RATE_MAX) : null,
    limit: limit === null ? null : Math.min(limit * scale, RATE_MAX),
  });
  switch (metric) {
    case 'error_rate':
      return [part('error', 1, true)];
    case 'null_rate':
      return [part('null', 1, true)];
    case 'latency':
      return [part('slow', SLOW_PER_TAIL, true), part('tail', 1, true)];
    case 'latency_objective':
      return [{ ...part('late', 1, false), limit: limit ?? LATE_RATE }];
    case 'disagreement':
      return [part('disagree', 1, false)];
    case 'prediction_distribution':
    case 'feature_importance':
      // No loss of a unit: see `prediction-evidence.ts` and `importance-evidence.ts`.
      return [];
    default:
      return assertNever(metric, 'partsOf');
  }
}
