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

// NIST/SEMATECH e-Handbook of Statistical Methods, 7.1.6, on which Kayenta tests its detector: 1441
// is beyond the inner fences (-39 and 1211), and nothing is beyond the outer ones.
const nist = [
  30, 171, 184, 201, 212, 250, 265, 270, 272, 289, 305, 306, 322, 322, 336, 346, 351, 370, 390, 404,
  409, 411, 436, 437, 439, 441, 444, 448, 451, 453, 470, 480, 482, 487, 494, 495, 499, 503, 514,
  521, 522, 527, 548, 550, 559, 560, 570, 572, 574, 578, 585, 592, 592, 607, 616, 618, 621, 629,
  637, 638, 640, 656, 668, 707, 709, 719, 737, 739, 752, 758, 766, 792, 792, 794, 802, 818, 830,
  832, 843, 858, 860, 869, 918, 925, 953, 991, 1_000, 1_005, 1_068, 1_441,
];

describe('gold: outliers of NIST 7.1.6', () => {
  test.each([
    { factor: 1.5, removed: [1_441] },
    { factor: 3, removed: [] },
  ])('beyond $factor interquartile ranges', ({ factor, removed }) => {
    const kept = new Set(removeOutliers(nist, factor));
    expect(nist.filter((value) => !kept.has(value))).toEqual(removed);
  });

  test('the median, and that samples alike have an effect of one half', () => {
    expect(percentile(nist, 50)).toBe(559.5);
    expect(mannWhitney(nist, nist).effect).toBe(0.5);
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
