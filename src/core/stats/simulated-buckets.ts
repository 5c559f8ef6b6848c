/**
 * Buckets drawn from a declared course of traffic and loss rates: the input of plans and of
 * calibration.
 */
import { requireCount, requireNonNegative, requireUnit } from './domain.ts';
import type { Prng } from '../lib/prng.ts';
import type { Bucket } from './rate-ratio.ts';
import { sampleBinomial } from './samplers.ts';

/** A stretch of time in which traffic and rates stay what they are. */
export type TrafficStretch = {
  /** Number of buckets. */
  readonly buckets: number;
  /** Units per bucket and arm. */
  readonly candidateUnits: number;
  readonly baselineUnits: number;
  /** Baseline's chance that a unit is lost. */
  readonly baselineRate: number;
  /** Candidate's rate as a multiple of it (capped at a rate of 1). */
  readonly ratio: number;
};

/** One bucket of a stretch: independent yes/no losses of every unit. */
export function sampleBucket(rng: Prng, stretch: TrafficStretch): Bucket {
  const { candidateUnits, baselineUnits, baselineRate, ratio } = stretch;
  const candidateRate = Math.min(1, baselineRate * ratio);
  return {
    candidateLoss: sampleBinomial(rng, candidateUnits, candidateRate),
    candidateUnits,
    baselineLoss: sampleBinomial(rng, baselineUnits, baselineRate),
    baselineUnits,
  };
}

/** All buckets of a course, in time order. Throws RangeError on a stretch that has no meaning. */
export function sampleBuckets(rng: Prng, course: readonly TrafficStretch[]): readonly Bucket[] {
  return course.flatMap((stretch) => {
    requireCount(stretch.buckets, 'buckets');
    requireCount(stretch.candidateUnits, 'candidateUnits');
    requireCount(stretch.baselineUnits, 'baselineUnits');
    requireUnit(stretch.baselineRate, 'baselineRate');
    requireNonNegative(stretch.ratio, 'ratio');
    return Array.from({ length: stretch.buckets }, () => sampleBucket(rng, stretch));
  });
}
