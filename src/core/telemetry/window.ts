import type { Instant } from '../lib/units.ts';
import type { SketchCounts } from '../lib/sketch.ts';
import type { Copies } from './copies.ts';
import type { FeatureCounts } from './feature-counts.ts';
import type { Importance } from './importance.ts';
import type { Outcome } from './observation.ts';
import type { Predictions } from './predictions.ts';

/**
 * The losses kept per window. `slow`, `tail` and `late` compare with the route's thresholds,
 * `disagree` a mirrored arm's answers with those the users got.
 */
export const LOSS_NAMES = ['error', 'null', 'slow', 'tail', 'late', 'disagree'] as const;

/** One kind of loss. */
export type LossName = (typeof LOSS_NAMES)[number];

/** Σ over units of the unit's mean loss in [0, 1], and the number of units. */
export type Loss = { readonly units: number; readonly sum: number };

/** Says which requests a window summarises. Two windows with one key may be merged by addition. */
export type WindowKey = {
  readonly endpoint: string;
  readonly rollout: string | null;
  /** `Route.revision` under which the requests were assigned. */
  readonly revision: number;
  readonly arm: string;
  readonly version: number;
  readonly start: Instant;
  readonly bucketMs: number;
};

/** The mergeable summary of the requests of one arm in one time bucket, as one gateway saw them. */
export type Window = WindowKey & {
  readonly requests: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly losses: Readonly<Record<LossName, Loss>>;
  /** Latency of attempts that ended `ok`, `null_prediction` or `model_error`, in milliseconds. */
  readonly latencyMs: SketchCounts;
  readonly latencySumMs: number;
  readonly fallbacks: number;
  /** Requests of units for which there was no room; they are in no loss. */
  readonly unitsDropped: number;
  /** Of a mirrored arm: what was sampled, and what was dropped. Absent where nothing is copied. */
  readonly copies?: Copies;
  /**
   * What was answered to units that had not been answered in this rollout before, as far as the
   * gateway remembers: answers that are independent of each other. Outside any rollout, to each
   * unit once. Absent where no answer was one class or one number.
   */
  readonly predictions?: Predictions;
  /** What was answered to the other units, each once. */
  readonly repeated?: Predictions;
  /** What was asked, of some of the units that were new; absent where there is no reference. */
  readonly features?: FeatureCounts;
  /** What drives the answers, of rows that all arms answered; absent where nobody asks. */
  readonly importance?: Importance;
  /** The same requests by segment, by rising name; absent where none is declared. */
  readonly segments?: readonly SegmentFigures[];
};

/** What is kept of the requests of one segment: what their answers said is not told apart. */
export type SegmentFigures = Omit<
  Window,
  keyof WindowKey | 'predictions' | 'repeated' | 'segments'
> & {
  readonly segment: string;
};

/** One figure for every kind of loss. */
export const perLoss = <Figure>(
  figure: (loss: LossName) => Figure,
): Readonly<Record<LossName, Figure>> => ({
  error: figure('error'),
  null: figure('null'),
  slow: figure('slow'),
  tail: figure('tail'),
  late: figure('late'),
  disagree: figure('disagree'),
});

/** Whether two windows summarise requests of the same kind, so that adding them makes sense. */
export const sameWindowKey = (a: WindowKey, b: WindowKey): boolean =>
  a.endpoint === b.endpoint &&
  a.rollout === b.rollout &&
  a.revision === b.revision &&
  a.arm === b.arm &&
  a.version === b.version &&
  a.start === b.start &&
  a.bucketMs === b.bucketMs;
