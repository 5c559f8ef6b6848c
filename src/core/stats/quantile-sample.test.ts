import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import { normalPosterior, normalReport } from './bayes.ts';
import { effectOf } from './mean-test.ts';
import { normalUpperQuantile } from './normal.ts';
import { boundedQuantile, quantileSample } from './quantile-sample.ts';
import { sampleNormal } from './samplers.ts';

describe('gold: growthbook packages/stats/tests/bayesian/test_tests.py, 90 % quantiles', () => {
  const baseline = quantileSample({
    n: 11_054,
    value: 7.157987489967789,
    lower: 7.098780136176828,
    upper: 7.217194843758751,
  });
  const candidate = quantileSample({
    n: 10_861,
    value: 7.694499927525767,
    lower: 7.64180598628119,
    upper: 7.747193868770344,
  });

  test('the difference and its interval', () => {
    const effect = effectOf(candidate, baseline, 'absolute');
    const { interval } = normalReport(normalPosterior(effect), 0.05);
    expect(effect.value).toBeCloseTo(0.5365124375579775, 14);
    expect(interval.lower).toBeCloseTo(0.4572559589115422, 12);
    expect(interval.upper).toBeCloseTo(0.6157689162044128, 12);
  });
});

describe('a quantile of values', () => {
  test('lies between order statistics', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1).toReversed();
    // 50 ± 1.96 · 5.
    expect(boundedQuantile(values, 0.5)).toEqual({ n: 100, value: 50, lower: 40, upper: 60 });
    expect(() => boundedQuantile([1, 2, 3], 0.99)).toThrow(/too few/);
  });

  test('has the standard error √(p(1 - p)/n)/f at large n', () => {
    const rng = prng('quantile');
    const values = Array.from({ length: 40_000 }, () => sampleNormal(rng));
    const { mean, variance, n } = quantileSample(boundedQuantile(values, 0.9));
    const truth = normalUpperQuantile(0.1);
    const density = Math.exp((-truth * truth) / 2) / Math.sqrt(2 * Math.PI);
    const se = Math.sqrt((0.9 * 0.1) / n) / density;
    expect(Math.abs(mean - truth)).toBeLessThan(4 * se);
    expect(Math.abs(Math.sqrt(variance / n) / se - 1)).toBeLessThan(0.15);
  });
});
