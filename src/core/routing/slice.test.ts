import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignmentLaws } from '../../../test/population-laws.ts';
import { InvariantViolation } from '../lib/invariant.ts';
import { bps } from '../lib/units.ts';
import { compileSlice, inSlice, overlaps } from './slice.ts';
import type { Slice } from './slice.ts';

const SALT = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';

const slice = (fromBps: number, toBps: number, salt = SALT): Slice => ({
  salt,
  fromBps: bps(fromBps),
  toBps: bps(toBps),
});

assignmentLaws(200_000);

test('a slice that is widened keeps whom it had', () => {
  const borders = fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), {
    minLength: 4,
    maxLength: 4,
  });
  fc.assert(
    fc.property(borders, fc.string({ unit: 'binary' }), (unsorted, unit) => {
      const [a = 0, b = 0, c = 0, d = 0] = unsorted.sort((x, y) => x - y);
      const narrow = inSlice(unit, compileSlice(slice(b, c)));
      const wide = inSlice(unit, compileSlice(slice(a, d)));
      expect(narrow && !wide).toBe(false);
    }),
  );
});

test('nobody is in an empty slice, everybody in the whole', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 10_000 }), (unit, at) => {
      expect(inSlice(unit, compileSlice(slice(at, at)))).toBe(false);
      expect(inSlice(unit, compileSlice(slice(0, 10_000)))).toBe(true);
    }),
  );
});

describe('slices', () => {
  test.each([
    { name: 'neighbours', one: slice(0, 5_000), other: slice(5_000, 10_000), common: false },
    { name: 'the same', one: slice(0, 5_000), other: slice(0, 5_000), common: true },
    { name: 'by one point', one: slice(0, 5_001), other: slice(5_000, 10_000), common: true },
    { name: 'one within the other', one: slice(0, 100), other: slice(10, 20), common: true },
    {
      name: 'of two layers',
      one: slice(0, 5_000),
      other: slice(5_000, 10_000, 'f'.repeat(32)),
      common: true,
    },
  ])('overlap, $name: $common', ({ one, other, common }) => {
    expect(overlaps(one, other)).toBe(common);
    expect(overlaps(other, one)).toBe(common);
  });

  test.each([
    { name: 'ends before it begins', bad: slice(5_000, 4_999) },
    { name: 'has no salt', bad: slice(0, 1, 'secret') },
  ])('one that $name breaks the invariant', ({ bad }) => {
    expect(() => compileSlice(bad)).toThrow(InvariantViolation);
  });
});
