import { instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import type { Stretch } from './feedback.ts';

const SECOND_MS = 1_000;
/** No cohort is wider. */
export const COHORT_MS_MAX = 3_600_000;
/** A cohort is this part of the time its feedback takes: maturity is known that precisely. */
const COHORTS_IN_MATURITY = 24;
/** Units are told apart by when they came: ten minutes are fine enough for days and weeks. */
const UNIT_STRETCH_MS = 600_000;
/** A rollout with narrower buckets than these lasts minutes: its units are told apart as finely. */
const USUAL_BUCKET_MS = 10_000;
const BUCKETS_IN_UNIT_STRETCH = 10;

/** How wide the cohorts of a metric are: from a second to an hour. */
export const cohortWidthMs = (maturityMs: number): number =>
  maturityMs === 0
    ? COHORT_MS_MAX
    : Math.max(SECOND_MS, Math.min(COHORT_MS_MAX, Math.ceil(maturityMs / COHORTS_IN_MATURITY)));

/** How wide the stretches are in which units are first seen; null: of a rollout nobody knows. */
export const unitWidthMs = (bucketMs: number | null): number =>
  bucketMs === null || bucketMs >= USUAL_BUCKET_MS
    ? UNIT_STRETCH_MS
    : bucketMs * BUCKETS_IN_UNIT_STRETCH;

/** The stretch of this width a moment is in. */
export const stretchAt = (at: Instant, widthMs: number): Stretch => ({
  start: instant(Math.floor(at / widthMs) * widthMs),
  widthMs,
});

/**
 * Whether feedback about everything in a stretch is expected to have come. Where it takes no time,
 * there is nothing to wait for, not even for the stretch to end.
 */
export const isMature = (stretch: Stretch, maturityMs: number, now: Instant): boolean =>
  maturityMs === 0 || stretch.start + stretch.widthMs + maturityMs <= now;
