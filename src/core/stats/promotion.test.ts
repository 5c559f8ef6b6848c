import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyBucket as bucket } from '../../../test/any-bucket.ts';
import {
  emptyGround,
  groundStep,
  marginFold,
  marginLanes,
  marginLogE,
  marginStart,
  promotion,
} from './promotion.ts';

test('several margins on one ground say what each process says by itself', () => {
  const table = fc.array(bucket, { minLength: 1, maxLength: 40 });
  const margins = fc.array(fc.double({ min: 1.05, max: 10, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(table, margins, (buckets, all) => {
      const grounds = buckets.map((_, at) =>
        buckets.slice(0, at + 1).reduce(groundStep, emptyGround),
      );
      const ground = grounds.at(-1) ?? emptyGround;
      for (const margin of all) {
        const { state, peak } = marginFold(marginStart(margin), buckets, grounds);
        const path = buckets.map((_, at) => promotion(buckets.slice(0, at + 1), { margin }));
        expect(marginLogE(state, ground)).toBeCloseTo(path.at(-1) ?? 0, 9);
        // A bucket in which nothing was lost or compared is no news of the peak.
        expect(Math.max(0, peak)).toBeCloseTo(Math.max(0, ...path), 9);
        expect(marginLanes(state, ground).logProducts).toHaveLength(3);
      }
    }),
  );
});

test('a margin that excludes nothing is refused', () => {
  expect(() => marginStart(1)).toThrow(/margin must be above 1/);
});
