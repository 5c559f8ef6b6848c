import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logAddExp, logSumExp } from './log-space.ts';
import { mixtureEvidence, mixtureReaches, mixtureStart, mixtureStep } from './mixture-process.ts';
import type { Evidence, MixtureState } from './mixture-process.ts';

const design = { alternatives: [2, 5, 30], weights: [3, 2, 1] };
type Factors = readonly number[];

const folded = (factors: readonly Factors[], horizonBuckets: number): MixtureState =>
  factors.reduce(mixtureStep, mixtureStart({ ...design, horizonBuckets }));

/** The same by the formulas of the file, with every starting bucket by itself. */
function byDefinition(factors: readonly Factors[], horizonBuckets: number): Evidence {
  const since = (bucket: number, lane: number): number =>
    factors.slice(bucket).reduce((sum, one) => sum + (one[lane] ?? 0), 0);
  const lanes = design.weights.map((weight) => Math.log(weight / 6));
  const logECumulative = logSumExp(lanes.map((weight, lane) => weight + since(0, lane)));
  const opened = Math.min(factors.length, horizonBuckets);
  const starts = Array.from({ length: opened }, (_, bucket) =>
    lanes.map((weight, lane) => weight + since(bucket, lane) - Math.log(horizonBuckets)),
  ).flat();
  const logEChangePoint = logAddExp(logSumExp(starts), Math.log(1 - opened / horizonBuckets));
  const logE = logAddExp(logECumulative, logEChangePoint) - Math.LN2;
  return { logE, logECumulative, logEChangePoint };
}

const tableOf = (size: number): fc.Arbitrary<readonly Factors[]> =>
  fc.array(
    fc.array(fc.double({ min: -size, max: size, noNaN: true }), { minLength: 3, maxLength: 3 }),
    { minLength: 1, maxLength: 30 },
  );

describe('a mixture process', () => {
  test.for([
    { what: 'a few losses a bucket', size: 3 },
    { what: 'some hundred', size: 300 },
    { what: 'more than a double can hold', size: 3_000 },
  ])('is the sum of its definition with $what', ({ size }) => {
    fc.assert(
      fc.property(tableOf(size), fc.integer({ min: 1, max: 40 }), (factors, horizonBuckets) => {
        const found = mixtureEvidence(folded(factors, horizonBuckets));
        const wanted = byDefinition(factors, horizonBuckets);
        for (const half of ['logE', 'logECumulative', 'logEChangePoint'] as const) {
          const error = Math.abs(found[half] - wanted[half]);
          expect(error).toBeLessThanOrEqual(1e-11 * Math.max(1, Math.abs(wanted[half])));
        }
      }),
    );
  });

  test('reaches what its evidence reaches', () => {
    const threshold = fc.double({ min: 0.01, max: 20, noNaN: true });
    fc.assert(
      fc.property(tableOf(3), threshold, (factors, logThreshold) => {
        const state = folded(factors, 20);
        const { logE } = mixtureEvidence(state);
        expect(mixtureReaches(state, logThreshold)).toBe(logE >= logThreshold);
      }),
    );
  });

  test('without a horizon is its cumulative half', () => {
    const factors = [
      [1, 2, 3],
      [-1, 0, 4],
    ];
    const { logECumulative, logEChangePoint } = mixtureEvidence(folded(factors, 0));
    expect(logECumulative).toBeCloseTo(byDefinition(factors, 10).logECumulative, 12);
    expect(logEChangePoint).toBe(0);
  });

  test('a bucket without events says nothing', () => {
    const state = mixtureStep(mixtureStart({ ...design, horizonBuckets: 7 }), null);
    expect(mixtureEvidence(state).logECumulative).toBe(0);
    expect(mixtureEvidence(state).logE).toBeCloseTo(0, 14);
  });
});
