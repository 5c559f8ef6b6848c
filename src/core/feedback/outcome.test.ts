import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addUnits, noUnits, unitMoments, type UnitSums } from './outcome.ts';

const sumsOf = (values: readonly number[]): UnitSums => ({
  units: values.length,
  answered: values.filter((value) => value !== 0).length,
  events: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  sumSquares: values.reduce((sum, value) => sum + value * value, 0),
  eventsSquares: values.length,
  products: values.reduce((sum, value) => sum + value, 0),
});

const values = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 50 });

test('units that are in one of two sums are in both together', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      expect(addUnits(sumsOf(a), sumsOf(b))).toEqual(sumsOf([...a, ...b]));
      expect(addUnits(sumsOf(a), noUnits)).toEqual(sumsOf(a));
    }),
  );
});

test('mean and variance of a unit’s value', () => {
  expect(unitMoments(sumsOf([2, 4, 4, 4, 5, 5, 7, 9]))).toEqual({ mean: 5, variance: 32 / 7 });
  expect(unitMoments(sumsOf([3]))).toBeNull();
  expect(unitMoments(noUnits)).toBeNull();
});
