import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantViolation } from './invariant.ts';
import { Sketch, SKETCH_RELATIVE_ERROR, sketchIndex, sketchValue } from './sketch.ts';

const sketchOf = (values: readonly number[]): Sketch => {
  const sketch = new Sketch();
  for (const value of values) sketch.add(value);
  return sketch;
};

const latencies = fc.array(fc.double({ min: 1e-3, max: 1e7, noNaN: true }), { maxLength: 200 });

describe('buckets are those of DDSketch at 1 %', () => {
  test.each([
    { value: 0.001, index: -345, stands: 0.00099747811 },
    { value: 1, index: 0, stands: 0.99 },
    { value: 10, index: 116, stands: 10.0746967 },
    { value: 100, index: 231, stands: 100.494568 },
    { value: 1000, index: 346, stands: 1002.428009 },
  ])('$value', ({ value, index, stands }) => {
    expect(sketchIndex(value)).toBe(index);
    expect(sketchValue(index) / stands).toBeCloseTo(1, 8);
  });

  test.each([0, -1, Number.NaN, 1e-12])('%d falls into the first', (value) => {
    expect(sketchIndex(value)).toBe(-400);
  });

  test.each([Number.POSITIVE_INFINITY, 1e300])('%d falls into the last', (value) => {
    expect(sketchIndex(value)).toBe(900);
  });
});

test('every quantile is within the relative error of the value of that rank', () => {
  fc.assert(
    fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      fc.pre(values.length > 0);
      const exact = [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? 0;
      const told = sketchOf(values).quantile(q) ?? Number.NaN;
      expect(Math.abs(told - exact) / exact).toBeLessThanOrEqual(SKETCH_RELATIVE_ERROR + 1e-9);
    }),
  );
});

test('an empty sketch has no quantile', () => {
  expect(new Sketch().quantile(0.5)).toBeNull();
});

test('merging in any order is putting everything into one', () => {
  fc.assert(
    fc.property(latencies, latencies, latencies, (a, b, c) => {
      const whole = sketchOf([...a, ...b, ...c]);
      const left = sketchOf(a);
      left.merge(sketchOf(b));
      left.merge(sketchOf(c));
      const right = sketchOf(c);
      right.merge(sketchOf(b));
      right.addCounts(sketchOf(a).toCounts());
      expect(left.toCounts()).toEqual(whole.toCounts());
      expect(right.toCounts()).toEqual(whole.toCounts());
      expect(left.count).toBe(a.length + b.length + c.length);
    }),
  );
});

test('counts travel unchanged, by rising index and without zeros', () => {
  fc.assert(
    fc.property(latencies, (values) => {
      const counts = sketchOf(values).toCounts();
      expect(Sketch.fromCounts(counts).toCounts()).toEqual(counts);
      const indices = counts.map(([index]) => index);
      expect(indices).toEqual([...new Set(indices)].sort((a, b) => a - b));
      expect(counts.every(([, count]) => count > 0)).toBe(true);
    }),
  );
});

test('what is above a limit, but for the limit\u2019s own bucket', () => {
  fc.assert(
    fc.property(latencies, fc.double({ min: 1e-3, max: 1e7, noNaN: true }), (values, limit) => {
      const above = values.filter((value) => sketchIndex(value) > sketchIndex(limit)).length;
      expect(sketchOf(values).countAbove(limit)).toBe(above);
    }),
  );
});

test('a bucket that cannot be breaks the invariant', () => {
  expect(() => Sketch.fromCounts([[901, 1]])).toThrow(InvariantViolation);
});
