import fc from 'fast-check';
import type { Bucket } from '../src/core/stats/rate-ratio.ts';

/** Any bucket of two arms, for laws: some of them without units, losses or both. */
export const anyBucket = fc
  .record({
    candidateUnits: fc.integer({ min: 0, max: 300 }),
    baselineUnits: fc.integer({ min: 0, max: 3_000 }),
    candidateRate: fc.double({ min: 0, max: 0.2, noNaN: true }),
    baselineRate: fc.double({ min: 0, max: 0.2, noNaN: true }),
  })
  .map(({ candidateUnits, baselineUnits, candidateRate, baselineRate }): Bucket => ({
    candidateUnits,
    candidateLoss: candidateUnits * candidateRate,
    baselineUnits,
    baselineLoss: baselineUnits * baselineRate,
  }));
