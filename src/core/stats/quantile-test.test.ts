import { describe, expect, test } from 'vitest';
import { cellsOf, proportionSequence, quantileLogE, quantilePValue } from './quantile-test.ts';

const upTo = (n: number, shift = 0): readonly number[] =>
  Array.from({ length: n }, (_, i) => i + 1 + shift);

describe('gold: confseq test/uniform_boundaries_unittest.cpp', () => {
  test.each([
    { quantile: 0.5, shift: 70, p: 0.814704 },
    { quantile: 0.5, shift: 85, p: 0.0838055 },
    { quantile: 0.5, shift: 100, p: 0.0054947 },
    { quantile: 0.9, shift: 55, p: 0.0340463 },
  ])('quantile $quantile of 1..1000 shifted by $shift', ({ quantile, shift, p }) => {
    const cells = cellsOf(upTo(1000), upTo(1000, shift));
    expect(quantilePValue(cells, { quantile, tunedFor: 100 })).toBeCloseTo(p, 6);
  });

  test.each([
    { hits: 700, trials: 1000, tunedFor: 100, interval: [0.651629, 0.745949] },
    { hits: 15, trials: 50, tunedFor: 50, interval: [0.129556, 0.511896] },
    { hits: 5, trials: 50, tunedFor: 50, interval: [0.013021, 0.269264] },
    { hits: 1, trials: 50, tunedFor: 50, interval: [0, 0.13489] },
    { hits: 100, trials: 200, tunedFor: 1, interval: [0.328923, 0.671076] },
    { hits: 1, trials: 2, tunedFor: 50, interval: [0, 1] },
  ])('Bernoulli sequence $hits of $trials', ({ hits, trials, tunedFor, interval }) => {
    const found = proportionSequence({ hits, trials }, { alpha: 0.05, tunedFor });
    expect(found.lower).toBeCloseTo(interval[0] ?? Number.NaN, 5);
    expect(found.upper).toBeCloseTo(interval[1] ?? Number.NaN, 5);
  });
});

describe('the two-sample quantile test', () => {
  test('equal samples are no evidence, and coarser cells are more cautious', () => {
    expect(quantileLogE(cellsOf(upTo(500), upTo(500)), { quantile: 0.9 })).toBeLessThan(0);
    const shifted = cellsOf(upTo(1000), upTo(1000, 120));
    const pool = (cells: readonly number[]): readonly number[] =>
      cells.reduce<number[]>((out, count, i) => {
        const at = Math.floor(i / 20);
        out[at] = (out[at] ?? 0) + count;
        return out;
      }, []);
    const fine = quantileLogE(shifted, { quantile: 0.5 });
    const coarse = quantileLogE(
      { candidate: pool(shifted.candidate), baseline: pool(shifted.baseline) },
      { quantile: 0.5 },
    );
    expect(coarse).toBeLessThan(fine);
    expect(coarse).toBeGreaterThan(0);
  });

  test('an empty arm says nothing', () => {
    const cells = { candidate: [0, 0], baseline: [10, 10] };
    expect(quantilePValue(cells, { quantile: 0.5 })).toBe(1);
  });
});
