import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  emptyGround,
  groundStep,
  marginLanes,
  marginLogE,
  marginStart,
  marginStep,
  promotion,
} from './promotion.ts';
import type { Bucket } from './rate-ratio.ts';

const bucket = fc
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

test('several margins on one ground say what each process says by itself', () => {
  const table = fc.array(bucket, { minLength: 1, maxLength: 40 });
  const margins = fc.array(fc.double({ min: 1.05, max: 10, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(table, margins, (buckets, all) => {
      const ground = buckets.reduce(groundStep, emptyGround);
      for (const margin of all) {
        const state = buckets.reduce(marginStep, marginStart(margin));
        const alone = promotion(buckets, { margin });
        expect(Math.abs(marginLogE(state, ground) - alone)).toBeLessThan(1e-9);
        expect(marginLanes(state, ground).logProducts).toHaveLength(3);
      }
    }),
  );
});

test('a margin that excludes nothing is refused', () => {
  expect(() => marginStart(1)).toThrow(/margin must be above 1/);
});
