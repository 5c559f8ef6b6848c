import { describe, expect, test } from 'vitest';
import drift from '../../../test/vectors/stats/drift.json' with { type: 'json' };
import vectors from '../../../test/vectors/stats/kayenta.json' with { type: 'json' };
import { kayentaClassify, kayentaScore, percentile, removeOutliers } from './kayenta.ts';
import type { EffectLimits, KayentaOptions } from './kayenta.ts';
import {
  brentZero,
  mannWhitney,
  rankSum,
  ranksOf,
  shiftInterval,
  shiftedZ,
} from './mann-whitney.ts';
import { normalSf } from './normal.ts';

const limits = ([decrease = 1, increase = 1]: readonly number[]): EffectLimits => ({
  decrease,
  increase,
});

describe(`gold: ${vectors.source}`, () => {
  test.each(vectors.rankSum.at)('rank-sum z at a shift of $shift', ({ shift, value }) => {
    expect(shiftedZ(vectors.rankSum.first, vectors.rankSum.second, shift)).toBeCloseTo(value, 5);
  });

  test.each(vectors.intervals)('$name', (row) => {
    const shift = shiftInterval(row.experiment, row.control, row.level);
    expect(Math.abs(shift.lower - row.low)).toBeLessThan(1e-6);
    expect(Math.abs(shift.upper - row.high)).toBeLessThan(1e-6);
    expect(Math.abs(shift.estimate - row.estimate)).toBeLessThan(row.estimateTolerance);
  });

  test.each(vectors.classify)('$name', (row) => {
    const options: KayentaOptions = {
      tolerance: row.tolerance,
      level: row.level,
      direction: row.direction as 'increase' | 'decrease' | 'either',
      measure: row.measure as 'meanRatio' | 'cles',
      allowed: limits(row.allowed),
      critical: limits(row.critical),
      isCritical: row.isCritical,
      missing: row.missing as 'remove' | 'zero',
    };
    const verdict = kayentaClassify(row.experiment, row.control, options);
    expect(verdict.label).toBe(row.label);
    expect(verdict.criticalFailure).toBe(row.isCriticalFailure ?? verdict.criticalFailure);
  });
});

describe('Mann-Whitney', () => {
  test(`gold: ${drift.source}`, () => {
    const result = mannWhitney(drift.x, drift.y);
    expect(result.u).toBe(drift.mannWhitney.u);
    expect(result.exact).toBe(true);
    expect(result.pValue).toBeCloseTo(drift.mannWhitney.pValue, 8);
  });

  test('exact and normal p-values agree for middling samples', () => {
    const a = Array.from({ length: 40 }, (_, i) => i * 1.0137);
    const b = Array.from({ length: 40 }, (_, i) => i + 7.3);
    const exact = mannWhitney(a, b);
    const { u, pairs, sd } = rankSum(a, b);
    const z = (Math.abs(u - pairs / 2) - 0.5) / sd;
    expect(exact.exact).toBe(true);
    expect(exact.pValue).toBeCloseTo(2 * normalSf(z), 2);
    expect(mannWhitney([...a, b[0] ?? 0], b).exact).toBe(false);
  });

  test('ties share their ranks; all tied is no evidence', () => {
    expect(ranksOf([3, 1, 3, 2])).toEqual({ ranks: [3.5, 1, 3.5, 2], ties: [1, 1, 2] });
    expect(mannWhitney([1, 1], [1, 1]).pValue).toBe(1);
    expect(() => shiftedZ([1, 1], [1, 1], 0)).toThrow(/tied/);
  });

  test("Brent's method finds a smooth zero", () => {
    expect(brentZero((x) => x ** 3 - 2, { low: 0, high: 2 }, 1e-12)).toBeCloseTo(2 ** (1 / 3), 11);
    expect(brentZero((x) => x, { low: 0, high: 1 }, 1e-9)).toBe(0);
  });
});

describe('around the judge', () => {
  test('percentiles and outliers', () => {
    expect(percentile([1, 2, 3, 4], 25)).toBe(1.75);
    const values = [...Array.from({ length: 200 }, (_, i) => 10 + (i % 7)), 500, -500];
    expect(removeOutliers(values)).toHaveLength(200);
  });

  test('scores', () => {
    const metric = (group: string, label: 'pass' | 'high' | 'nodata', criticalFailure = false) => ({
      group,
      label,
      criticalFailure,
      deviation: 1,
    });
    const mixed = [metric('errors', 'pass'), metric('errors', 'high'), metric('latency', 'pass')];
    expect(kayentaScore(mixed)).toBe(75);
    expect(kayentaScore(mixed, { errors: 90 })).toBe(55);
    expect(kayentaScore([...mixed, metric('errors', 'high', true)])).toBe(0);
    expect(kayentaScore([metric('a', 'pass'), metric('a', 'nodata')])).toBe(0);
  });
});
