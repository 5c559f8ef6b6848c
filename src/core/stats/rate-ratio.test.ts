import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import vectors from '../../../test/vectors/stats/rate-ratio.json' with { type: 'json' };
import { promotion, promotionLogE, promotionStart, promotionStep } from './promotion.ts';
import {
  bernoulliLogFactor,
  bucketProblem,
  poissonLogFactor,
  rateRatio,
  rateRatioEvidence,
  rateRatioPath,
  rateRatioStart,
  rateRatioStep,
} from './rate-ratio.ts';
import type { Bucket } from './rate-ratio.ts';

function bucket(row: readonly number[]): Bucket {
  const [candidateLoss = 0, candidateUnits = 0, baselineLoss = 0, baselineUnits = 0] = row;
  return { candidateLoss, candidateUnits, baselineLoss, baselineUnits };
}

describe(`gold: ${vectors.source}`, () => {
  test.each(vectors.cumulative)('cumulative $id', ({ ratio0, repeat, bucket: row, logE }) => {
    const buckets = Array.from({ length: repeat }, () => bucket(row));
    expect(rateRatio(buckets, { ratio0 }).logECumulative).toBeCloseTo(logE, 9);
  });

  test.each(vectors.changePoint)('change-point $id', (row) => {
    const evidence = rateRatio(row.buckets.map(bucket), { horizonBuckets: row.horizonBuckets });
    expect(evidence.logECumulative).toBeCloseTo(row.logECumulative, 9);
    expect(evidence.logEChangePoint).toBeCloseTo(row.logEChangePoint, 9);
    expect(evidence.logE).toBeCloseTo(row.logE, 9);
  });

  test.each(vectors.bernoulli)('bernoulli $id', ({ bucket: row, q, ratio, logE }) => {
    expect(bernoulliLogFactor(bucket(row), q, ratio)).toBeCloseTo(logE, 9);
  });

  test.each(vectors.promotion)('promotion $id', ({ buckets, margin, ratios, weights, logE }) => {
    expect(promotion(buckets.map(bucket), { margin, ratios, weights })).toBeCloseTo(logE, 9);
    const state = buckets.map(bucket).reduce(promotionStep, promotionStart({ margin }));
    expect(promotionLogE(state)).toBeCloseTo(logE, 9);
  });
});

const anyBucket = fc
  .record({
    candidateUnits: fc.integer({ min: 0, max: 5000 }),
    baselineUnits: fc.integer({ min: 0, max: 5000 }),
    s: fc.double({ min: 0, max: 1, noNaN: true }),
    b: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ candidateUnits, baselineUnits, s, b }) => ({
    candidateUnits,
    baselineUnits,
    candidateLoss: s * s * candidateUnits,
    baselineLoss: b * b * baselineUnits,
  }));

describe('laws of the Poisson form', () => {
  test('splitting a bucket in proportion changes nothing', () => {
    fc.assert(
      fc.property(anyBucket, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (whole, part) => {
        const scale = (f: number): Bucket => ({
          candidateLoss: whole.candidateLoss * f,
          candidateUnits: whole.candidateUnits * f,
          baselineLoss: whole.baselineLoss * f,
          baselineUnits: whole.baselineUnits * f,
        });
        const one = rateRatio([whole]).logECumulative;
        const two = rateRatio([scale(part), scale(1 - part)]).logECumulative;
        expect(Math.abs(one - two)).toBeLessThan(1e-9 * Math.max(1, Math.abs(one)));
      }),
    );
  });

  test('merging the buckets of gateways commutes', () => {
    const add = (x: Bucket, y: Bucket): Bucket => ({
      candidateLoss: x.candidateLoss + y.candidateLoss,
      candidateUnits: x.candidateUnits + y.candidateUnits,
      baselineLoss: x.baselineLoss + y.baselineLoss,
      baselineUnits: x.baselineUnits + y.baselineUnits,
    });
    fc.assert(
      fc.property(anyBucket, anyBucket, (x, y) => {
        expect(rateRatio([add(x, y)])).toEqual(rateRatio([add(y, x)]));
      }),
    );
  });

  test('folding step by step equals folding the table, and the path ends there', () => {
    fc.assert(
      fc.property(fc.array(anyBucket, { minLength: 1, maxLength: 12 }), (buckets) => {
        let state = rateRatioStart();
        for (const next of buckets) state = rateRatioStep(state, next);
        expect(rateRatioEvidence(state)).toEqual(rateRatio(buckets));
        expect(rateRatioPath(buckets).at(-1)).toEqual(rateRatio(buckets));
      }),
    );
  });

  test('more candidate loss is never less evidence', () => {
    fc.assert(
      fc.property(
        fc.array(anyBucket, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (buckets, at, more) => {
          const worse = buckets.map((b, i) =>
            i === at % buckets.length
              ? {
                  ...b,
                  candidateLoss: b.candidateLoss + more * (b.candidateUnits - b.candidateLoss),
                }
              : b,
          );
          const before = rateRatio(buckets);
          const after = rateRatio(worse);
          const slack = 1e-9 * (1 + Math.abs(before.logE));
          expect(after.logECumulative).toBeGreaterThanOrEqual(before.logECumulative - slack);
          expect(after.logEChangePoint).toBeGreaterThanOrEqual(before.logEChangePoint - slack);
          expect(after.logE).toBeGreaterThanOrEqual(before.logE - slack);
        },
      ),
    );
  });

  test.each([
    { name: 'no loss', row: [0, 150, 0, 2850] },
    { name: 'no candidate', row: [0, 0, 20, 2850] },
    { name: 'no baseline', row: [20, 150, 0, 0] },
    { name: 'nothing', row: [0, 0, 0, 0] },
  ])('$name: evidence stays 1', ({ row }) => {
    const buckets = Array.from({ length: 50 }, () => bucket(row));
    for (const form of ['poisson', 'bernoulli'] as const) {
      if (form === 'bernoulli' && row[1] !== 0 && row[3] !== 0) continue;
      const evidence = rateRatio(buckets, { form, horizonBuckets: 10 });
      expect(evidence.logECumulative).toBe(0);
      expect(evidence.logEChangePoint).toBeCloseTo(0, 12);
      expect(evidence.logE).toBeCloseTo(0, 12);
    }
  });

  test('evidence far beyond e^700 stays finite and ordered', () => {
    const buckets = Array.from({ length: 400 }, () => bucket([1000, 1000, 10, 1000]));
    const evidence = rateRatio(buckets, { horizonBuckets: 100 });
    expect(evidence.logE).toBeGreaterThan(1e5);
    expect(Number.isFinite(evidence.logE)).toBe(true);
    const against = rateRatio(
      Array.from({ length: 400 }, () => bucket([10, 1000, 1000, 1000])),
      { horizonBuckets: 100 },
    );
    expect(against.logECumulative).toBeLessThan(-1e4);
    expect(Number.isFinite(against.logE)).toBe(true);
  });

  test('beyond its horizon the process opens no new starts and goes on', () => {
    const healthy = Array.from({ length: 30 }, () => bucket([1, 150, 14, 2850]));
    const late = Array.from({ length: 10 }, () => bucket([8, 150, 14, 2850]));
    const evidence = rateRatio([...healthy, ...late], { horizonBuckets: 5 });
    expect(evidence.logE).toBeGreaterThan(Math.log(100));
    expect(Number.isFinite(evidence.logEChangePoint)).toBe(true);
  });
});

describe('forms', () => {
  test('both agree for rare losses', () => {
    const rare = bucket([4, 15_000, 30, 285_000]);
    const poisson = poissonLogFactor(rare, 1, 2);
    expect(Math.abs(poisson - bernoulliLogFactor(rare, 34 / 300_000, 2))).toBeLessThan(1e-3);
  });

  test('the Bernoulli form is sharper at a base rate of one half', () => {
    const buckets = Array.from({ length: 20 }, () => bucket([75, 100, 500, 1000]));
    const poisson = rateRatio(buckets).logECumulative;
    const bernoulli = rateRatio(buckets, { form: 'bernoulli' }).logECumulative;
    expect(bernoulli / poisson).toBeGreaterThan(1.3);
  });
});

describe('refusals', () => {
  test.each([
    { name: 'ratio0 of 0', options: { ratio0: 0 }, says: /ratio0/ },
    { name: 'a grid on both sides', options: { grid: [0.5, 2] }, says: /one direction/ },
    { name: 'fewer weights', options: { grid: [2, 3], weights: [1] }, says: /weights/ },
    { name: 'a weight of 0', options: { grid: [2], weights: [0] }, says: /weight/ },
    { name: 'an empty grid', options: { grid: [], weights: [] }, says: /at least one/ },
    { name: 'half a horizon', options: { horizonBuckets: 0.5 }, says: /horizonBuckets/ },
    { name: 'bernoulli with ratio0', options: { form: 'bernoulli', ratio0: 2 }, says: /bernoulli/ },
  ] as const)('$name', ({ options, says }) => {
    expect(() => rateRatioStart(options)).toThrow(says);
  });

  test('a margin of 1 or a ratio at the margin', () => {
    expect(() => promotionStart({ margin: 1 })).toThrow(/margin/);
    expect(() => promotionStart({ margin: 1.5, ratios: [1.5] })).toThrow(/margin/);
  });

  test('buckets that cannot be', () => {
    expect(bucketProblem(bucket([1, 10, 2, 20]))).toBeUndefined();
    expect(bucketProblem(bucket([11, 10, 2, 20]))).toMatch(/candidate loss/);
    expect(bucketProblem(bucket([1, 10, -1, 20]))).toMatch(/baseline loss/);
    expect(bucketProblem(bucket([1, Number.NaN, 1, 20]))).toMatch(/candidate units/);
  });
});
