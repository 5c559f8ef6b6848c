import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import { covariateMomentsOf, cuped } from './cuped.ts';
import {
  addMoments,
  cohenD,
  effectOf,
  momentsOf,
  nonInferiority,
  pooledAtLeast,
  proportionSample,
  sampleOf,
  testEffect,
  welch,
} from './mean-test.ts';
import { ratioMomentsOf, ratioSample } from './ratio-metric.ts';
import { sampleNormal, samplePoisson } from './samplers.ts';

describe('gold: growthbook packages/stats/tests/frequentist/test_tests.py', () => {
  const baseline = sampleOf({ n: 3407, sum: 1396.87, squares: 52_377.9767 });
  const candidate = sampleOf({ n: 3461, sum: 2422.7, squares: 134_698.29 });
  test.each([
    { scale: 'relative', value: 0.70732, se: 0.37879, lower: -0.03526, upper: 1.44989, p: 0.06191 },
    { scale: 'absolute', value: 0.29, se: 0.12478, lower: 0.04538, upper: 0.53462, p: 0.02016 },
  ] as const)('Welch, $scale', ({ scale, value, se, lower, upper, p }) => {
    const result = welch(candidate, baseline, { alpha: 0.05, scale });
    expect(result.effect.value).toBeCloseTo(value, 5);
    expect(result.effect.se).toBeCloseTo(se, 5);
    expect(result.interval.lower).toBeCloseTo(lower, 5);
    expect(result.interval.upper).toBeCloseTo(upper, 5);
    expect(result.pValue).toBeCloseTo(p, 5);
  });
});

const x = [38.7, 41.5, 43.8, 44.5, 45.5, 46, 47.7, 58];
const y = [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8];

describe('gold: evidently tests/stattests/test_stattests.py', () => {
  test('t of the two lists (equal sizes: pooled and Welch statistics agree)', () => {
    const result = welch(sampleOf(momentsOf(x)), sampleOf(momentsOf(y)), { alpha: 0.05 });
    expect(result.statistic).toBeCloseTo(1.8594523, 6);
    const pooled = testEffect({ ...result.effect, df: 14 }, { alpha: 0.05 });
    expect(pooled.pValue).toBeCloseTo(0.084, 3);
  });
});

describe('gold: Kayenta a69573b StatisticSuite.scala', () => {
  test("Cohen's d", () => {
    const sample = (values: readonly number[]) => sampleOf(momentsOf(values));
    const d = cohenD(sample([5, 5, 5, 10, 10, 10]), sample([1, 1, 1, 2, 2, 2]));
    expect(d).toBeCloseTo(3.03821, 4);
  });
});

describe('tests of effects', () => {
  test('one-sided p-values add to 1 and intervals open on their side', () => {
    const effect = { value: 1, se: 0.5, df: Infinity };
    const greater = testEffect(effect, { alpha: 0.05, alternative: 'greater' });
    const less = testEffect(effect, { alpha: 0.05, alternative: 'less' });
    expect(greater.pValue + less.pValue).toBeCloseTo(1, 14);
    expect(greater.interval.upper).toBe(Infinity);
    expect(less.interval.lower).toBe(-Infinity);
  });

  test('without variation a difference is certain and equality is not', () => {
    const flat = { n: 10, mean: 2, variance: 0 };
    expect(welch({ ...flat, mean: 3 }, flat, { alpha: 0.05 }).pValue).toBe(0);
    expect(welch(flat, flat, { alpha: 0.05 }).pValue).toBe(1);
  });

  test('moments add', () => {
    expect(addMoments(momentsOf(x), momentsOf(y))).toEqual(
      expect.objectContaining({ n: 16, sum: expect.closeTo(699.1, 9) as number }),
    );
    expect(sampleOf(momentsOf([]))).toEqual({ n: 0, mean: 0, variance: 0 });
  });

  test('non-inferiority looks at the margin, in the direction that is good', () => {
    const effect = effectOf(
      proportionSample(505, 10_000),
      proportionSample(500, 10_000),
      'absolute',
    );
    const tolerant = nonInferiority(effect, { margin: 0.01, alpha: 0.05, better: 'lower' });
    const strict = nonInferiority(effect, { margin: 0.001, alpha: 0.05, better: 'lower' });
    expect(tolerant.pValue).toBeLessThan(0.01);
    expect(strict.pValue).toBeGreaterThan(0.3);
    expect(
      nonInferiority(effect, { margin: 0.01, alpha: 0.05, better: 'higher' }).pValue,
    ).toBeLessThan(0.001);
  });
});

describe('ratio metrics', () => {
  test('the delta variance is that of repeated samples', () => {
    const rng = prng('ratio metric');
    const draw = (): readonly (readonly [number, number])[] =>
      Array.from({ length: 200 }, () => {
        const requests = 1 + samplePoisson(rng, 4);
        return [samplePoisson(rng, 0.3 * requests), requests] as const;
      });
    const ratios = Array.from({ length: 2000 }, () => ratioSample(ratioMomentsOf(draw())));
    const spread = sampleOf(momentsOf(ratios.map(({ mean }) => mean))).variance;
    const promised = ratios.reduce((sum, r) => sum + r.variance / r.n, 0) / ratios.length;
    expect(promised / spread).toBeGreaterThan(0.9);
    expect(promised / spread).toBeLessThan(1.1);
  });

  test('denominators of 1 make it a mean', () => {
    const asRatio = ratioSample(ratioMomentsOf(x.map((value) => [value, 1] as const)));
    const asMean = sampleOf(momentsOf(x));
    expect(asRatio.mean).toBeCloseTo(asMean.mean, 12);
    expect(asRatio.variance).toBeCloseTo(asMean.variance, 8);
  });
});

describe('CUPED', () => {
  const rng = prng('cuped');
  const units = (shift: number): readonly (readonly [number, number])[] =>
    Array.from({ length: 4000 }, () => {
      const before = sampleNormal(rng, 10, 2);
      return [before + shift + sampleNormal(rng, 0, 1), before] as const;
    });
  const candidate = covariateMomentsOf(units(0.1));
  const baseline = covariateMomentsOf(units(0));

  test('removes the share ρ² of the variance and keeps the effect', () => {
    const adjusted = cuped(candidate, baseline);
    expect(adjusted.theta).toBeCloseTo(1, 1);
    expect(adjusted.explained).toBeCloseTo(0.8, 1);
    const raw = candidate.yy / candidate.n - (candidate.y / candidate.n) ** 2;
    expect(adjusted.candidate.variance / raw).toBeCloseTo(1 - adjusted.explained, 1);
    const { value, se } = effectOf(adjusted.candidate, adjusted.baseline, 'absolute');
    expect(Math.abs(value - 0.1)).toBeLessThan(4 * se);
  });

  test('a constant covariate changes nothing', () => {
    const flat = covariateMomentsOf(y.map((value) => [value, 1] as const));
    const adjusted = cuped(flat, flat);
    expect(adjusted.theta).toBe(0);
    expect(adjusted.candidate.mean).toBeCloseTo(sampleOf(momentsOf(y)).mean, 12);
  });
});

test.each([
  { what: 'a small one that saw little', a: [10, 1], b: [90, 11], is: [10, 11] },
  { what: 'two of a kind', a: [10, 4], b: [10, 4], is: [4, 4] },
  { what: 'a wide one', a: [50, 9], b: [50, 1], is: [9, 5] },
  { what: 'nothing at all', a: [0, 0], b: [0, 0], is: [0, 0] },
] as const)('variances are at least what both have together: $what', ({ a, b, is }) => {
  const [one, two] = [a, b].map(([n, variance]) => ({ n, variance }));
  expect(one && two && pooledAtLeast(one, two)).toEqual(is);
});
