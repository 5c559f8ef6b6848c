import type { Bps, Instant } from '../lib/units.ts';
import type { Predicted } from './predicted.ts';

/** One thing that came back about one prediction, attributed: what a store folds exactly once. */
export type FeedbackRow = {
  readonly key: FeedbackKey;
  readonly endpoint: string;
  /** Null outside any rollout. */
  readonly rollout: string | null;
  /** Of the route; 0 where the id does not say. */
  readonly revision: number;
  /** Arm the unit was assigned to, whoever answered; `UNKNOWN_ARM` when nothing tells. */
  readonly arm: string;
  /** Version that answered; 0 when nothing tells. */
  readonly version: number;
  /** Share of the arm at that time: the propensity of the assignment. */
  readonly shareBps: Bps | null;
  /** The segment the request was in; absent where none is known. */
  readonly segment?: string;
  readonly unit: number | null;
  /** When the prediction was made. */
  readonly at: Instant;
  readonly receivedAt: Instant;
  /** `label`, `reward`, or the name of a business metric. */
  readonly metric: string;
  /** The class, where a label is one; else a number. */
  readonly value: FeedbackValue;
  readonly predicted: Predicted;
  /** The cohort it belongs to: a stretch of prediction times. */
  readonly cohort: Stretch;
  /** The stretch its unit belongs to, if nobody has told of the unit before. */
  readonly unitStretch: Stretch;
  /** A label that copies of the request are held against, too; absent: nobody made any. */
  readonly isForCopies?: true;
};

/** See `FeedbackRow.value`. */
export type FeedbackValue = string | number;

/**
 * What makes a repeat a repeat, within its metric: the prediction (who made it, its number), or
 * what the sender calls it.
 */
export type FeedbackKey =
  | { readonly type: 'prediction'; readonly maker: string; readonly number: number }
  | { readonly type: 'own'; readonly id: string };

/** A stretch of time, from `start` for `widthMs`. */
export type Stretch = { readonly start: Instant; readonly widthMs: number };

/** A unit that an arm of a rollout was assigned to. Stored once, however often it is told. */
export type Exposure = {
  readonly rollout: string;
  readonly arm: string;
  /** The segment it was seen in: it counts there, and in the whole. Absent: in the whole only. */
  readonly segment?: string;
  readonly unit: number;
  /** When it was first seen, as a stretch. */
  readonly stretch: Stretch;
};

/** The name of the metric that a label feeds. */
export const LABEL_METRIC = 'label';

/** The name of the metric that a reward feeds. */
export const REWARD_METRIC = 'reward';

/** The arm of feedback that nothing could be told of but its endpoint. */
export const UNKNOWN_ARM = 'unknown';

/**
 * What a row adds to its unit: a number as it is; for a label, 1 when the class was right and 0
 * when not, or how far off a predicted number was. Null when nothing was predicted to compare with.
 */
export function unitValue({ metric, value, predicted }: FeedbackRow): number | null {
  if (metric !== LABEL_METRIC) return typeof value === 'number' ? value : null;
  const { label, score } = predicted;
  if (label !== null) return label === String(value) ? 1 : 0;
  const number = Number(value);
  if (score === null || !Number.isFinite(number)) return null;
  return Math.abs(score.value - number);
}
