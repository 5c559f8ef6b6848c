import type { Instant } from '../lib/units.ts';
import type { Bucket } from '../stats/rate-ratio.ts';
import type { LossName } from '../telemetry/window.ts';
import type { Stratum } from './stratum.ts';

/** One kind of loss of both arms in one bucket, by what it is asked for. */
export type Counted = {
  readonly start: Instant;
  readonly bucketMs: number;
  /** As people are told: units and their losses. */
  readonly seen: Bucket;
  /** As evidence of harm: no more units than are independent of each other. */
  readonly harm: Bucket;
  /** As evidence of safety. */
  readonly safety: Bucket;
};

/**
 * Slowness comes in bursts: a pause of a process or a busy core hits every request of those
 * milliseconds, and of one arm only. Requests are then no independent pieces of evidence, and a
 * test that takes them for such sees harm in every pause. So an arm counts at most one unit per
 * slice of time, which is like the mean of its requests in the bucket.
 *
 * Chosen by measurement (`test/calibration/whole-decision-bursts.test.ts`): with pauses of one
 * second of either arm's process and 600 requests a second, the part of healthy candidates that a
 * latency check takes for harmful within an hour is 100 % counted by requests, 24 % by slices of
 * 200 ms, 1 % of 333 ms, and none of 600 rollouts at 400 ms. Longer slices only let real harm last
 * longer: half as much time again is found in 3 minutes at 400 ms, in 7 at a second.
 */
export const LATENCY_SLICE_MS = 400;

/**
 * As evidence of safety a bucket counts for this many units at least, though its slices be fewer:
 * a bucket of a second would show nothing in a minute. At the default width of 10 s both are the
 * same. Who asks for narrower buckets asks for quick passes, and pays with their certainty when
 * there are bursts; harm is weighed by slices all the same.
 */
export const SAFETY_UNITS_MIN = 25;

const inBursts: Readonly<Record<LossName, boolean>> = {
  error: false,
  null: false,
  slow: true,
  tail: true,
  late: true,
  disagree: false,
};

/** Most units an arm counts in a bucket. */
export function unitsMax(loss: LossName, bucketMs: number): Record<'harm' | 'safety', number> {
  if (!inBursts[loss]) return { harm: Infinity, safety: Infinity };
  const slices = bucketMs / LATENCY_SLICE_MS;
  return { harm: slices, safety: Math.max(slices, SAFETY_UNITS_MIN) };
}

/** One kind of loss of both arms. */
export function countedOf(stratum: Stratum, loss: LossName): Counted {
  const { start, bucketMs, candidate, baseline } = stratum;
  const seen: Bucket = {
    candidateLoss: candidate[loss].sum,
    candidateUnits: candidate[loss].units,
    baselineLoss: baseline[loss].sum,
    baselineUnits: baseline[loss].units,
  };
  const most = unitsMax(loss, bucketMs);
  const harm = atMost(seen, most.harm);
  const safety = most.safety === most.harm ? harm : atMost(seen, most.safety);
  return { start, bucketMs, seen, harm, safety };
}

/** The bucket with the rates it has and no more units than `most` in either arm. */
function atMost(bucket: Bucket, most: number): Bucket {
  const { candidateLoss, candidateUnits, baselineLoss, baselineUnits } = bucket;
  if (candidateUnits <= most && baselineUnits <= most) return bucket;
  const ofCandidate = candidateUnits > most ? most / candidateUnits : 1;
  const ofBaseline = baselineUnits > most ? most / baselineUnits : 1;
  return {
    candidateLoss: candidateLoss * ofCandidate,
    candidateUnits: candidateUnits * ofCandidate,
    baselineLoss: baselineLoss * ofBaseline,
    baselineUnits: baselineUnits * ofBaseline,
  };
}
