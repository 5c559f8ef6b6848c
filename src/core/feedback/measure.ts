import { normalUpperQuantile } from '../stats/normal.ts';
import type { Interval } from '../stats/proportion.ts';

/** The measures there are, in the order they are shown. */
export const MEASURES = [
  'accuracy',
  'precision',
  'recall',
  'f1',
  'auc',
  'log_loss',
  'brier',
  'calibration_error',
  'mae',
  'rmse',
  'bias',
  'mean',
  'sum',
] as const;

/** See `MEASURES`. */
export type MeasureName = (typeof MEASURES)[number];

/** One figure of how good predictions were. */
export type Measure = {
  readonly name: MeasureName;
  readonly value: number;
  /** At 95 %, at one look; null where none is known. */
  readonly interval: Interval | null;
  /** Pieces of feedback it stands on. */
  readonly n: number;
};

/** The level of the intervals. */
export const INTERVAL_ALPHA = 0.05;

const z = normalUpperQuantile(INTERVAL_ALPHA / 2);

/** Of a mean, by the central limit theorem; null for fewer than 2 values. */
export function meanInterval(of: {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
}): Interval | null {
  const { n, sum, squares } = of;
  if (n < 2) return null;
  const mean = sum / n;
  const variance = Math.max(0, squares - sum * mean) / (n - 1);
  const half = z * Math.sqrt(variance / n);
  return { lower: mean - half, upper: mean + half };
}
