import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_GRID, rateRatio } from './rate-ratio.ts';
import type { Bucket } from './rate-ratio.ts';
import { mantelHaenszelRatio, ratioInterval } from './ratio-interval.ts';

const table: readonly Bucket[] = [
  { candidateLoss: 5, candidateUnits: 150, baselineLoss: 14, baselineUnits: 2850 },
  { candidateLoss: 9, candidateUnits: 300, baselineLoss: 120, baselineUnits: 2700 },
  { candidateLoss: 2, candidateUnits: 900, baselineLoss: 3, baselineUnits: 2100 },
];

describe('the interval of the ratio', () => {
  test('its ends are where the two processes reach 2/α', () => {
    const { lower, upper } = ratioInterval(table, { alpha: 0.05 });
    expect(rateRatio(table, { ratio0: lower }).logECumulative).toBeCloseTo(Math.log(40), 6);
    const inverse = DEFAULT_GRID.map((multiple) => 1 / multiple);
    const weights = [0.1, 0.15, 0.25, 0.2, 0.15, 0.1, 0.05];
    const below = rateRatio(table, { ratio0: upper, grid: inverse, weights });
    expect(below.logECumulative).toBeCloseTo(Math.log(40), 6);
  });

  test.each([
    { name: 'no buckets', buckets: [], lower: 0, upper: Infinity },
    {
      name: 'no losses',
      buckets: [{ candidateLoss: 0, candidateUnits: 9, baselineLoss: 0, baselineUnits: 9 }],
      lower: 0,
      upper: Infinity,
    },
  ])('$name: everything is possible', ({ buckets, lower, upper }) => {
    expect(ratioInterval(buckets)).toEqual({ lower, upper });
  });

  test('losses in one arm only bound one side', () => {
    const candidateOnly = ratioInterval([
      { candidateLoss: 40, candidateUnits: 100, baselineLoss: 0, baselineUnits: 100 },
    ]);
    expect(candidateOnly.lower).toBeGreaterThan(1);
    expect(candidateOnly.upper).toBe(Infinity);
    const baselineOnly = ratioInterval([
      { candidateLoss: 0, candidateUnits: 100, baselineLoss: 40, baselineUnits: 100 },
    ]);
    expect(baselineOnly.lower).toBe(0);
    expect(baselineOnly.upper).toBeLessThan(1);
  });

  test('contains the stratified estimate and narrows with alpha', () => {
    const losses = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 200 }));
    fc.assert(
      fc.property(fc.array(losses, { minLength: 1, maxLength: 5 }), (rows) => {
        const buckets = rows.map(([candidateLoss, baselineLoss], i) => ({
          candidateLoss,
          candidateUnits: 100 * (i + 1),
          baselineLoss,
          baselineUnits: 2000,
        }));
        const wide = ratioInterval(buckets, { alpha: 0.01 });
        const narrow = ratioInterval(buckets, { alpha: 0.2 });
        const estimate = mantelHaenszelRatio(buckets);
        // Buckets may contradict each other so much that no one ratio survives; then the ends
        // cross.
        fc.pre(narrow.lower <= narrow.upper);
        expect(wide.lower).toBeLessThanOrEqual(narrow.lower);
        expect(wide.upper).toBeGreaterThanOrEqual(narrow.upper);
        expect(estimate).toBeGreaterThan(0);
      }),
    );
  });
});

describe('the Mantel-Haenszel ratio', () => {
  test('an incident in both arms during a ramp leaves it at 1', () => {
    const quiet = { candidateLoss: 1, candidateUnits: 100, baselineLoss: 99, baselineUnits: 9900 };
    const incident = {
      candidateLoss: 300,
      candidateUnits: 5000,
      baselineLoss: 300,
      baselineUnits: 5000,
    };
    expect(mantelHaenszelRatio([quiet, incident])).toBeCloseTo(1, 12);
  });

  test('buckets with an empty arm do not count', () => {
    const lone = { candidateLoss: 9, candidateUnits: 10, baselineLoss: 0, baselineUnits: 0 };
    expect(mantelHaenszelRatio([...table, lone])).toBe(mantelHaenszelRatio(table));
    expect(mantelHaenszelRatio([lone])).toBeNaN();
  });
});
