import { describe, expect, test } from 'vitest';
import {
  agreementReport,
  cohenKappa,
  kendallTau,
  numbersDisagree,
  rankingDisagreement,
} from './agreement.ts';

describe("gold: Cohen's κ, worked example 20/5/10/15 (derived)", () => {
  test('κ = 0.4', () => {
    expect(
      cohenKappa([
        [20, 5],
        [10, 15],
      ]),
    ).toBeCloseTo(0.4, 14);
  });

  test('98 % agreement can be worth nothing', () => {
    const skewed = [
      [980, 10],
      [10, 0],
    ];
    expect(cohenKappa(skewed)).toBeLessThan(0);
    expect(cohenKappa([[5]])).toBeNaN();
    expect(() => cohenKappa([[1, 2]])).toThrow(/square/);
  });
});

describe('gold: agreement of 98 %, α = 0.05 (derived)', () => {
  test.each([
    { units: 148, disagreements: 0, fixed: false, anytime: false },
    { units: 149, disagreements: 0, fixed: true, anytime: false },
    { units: 189, disagreements: 0, fixed: true, anytime: false },
    { units: 190, disagreements: 0, fixed: true, anytime: true },
    { units: 1000, disagreements: 8, fixed: true, anytime: true },
    { units: 1000, disagreements: 9, fixed: true, anytime: false },
    { units: 1000, disagreements: 13, fixed: false, anytime: false },
  ])('$disagreements of $units', ({ units, disagreements, fixed, anytime }) => {
    const report = agreementReport({ units, disagreements }, { alpha: 0.05 });
    expect(report.reached).toEqual({ fixed, anytime });
    expect(report.display.lower).toBeLessThan(report.rate);
  });
});

describe('disagreement of one answer', () => {
  const tolerance = { absolute: 0.01, relative: 0.1 };
  test.each([
    { value: 1.05, reference: 1, disagrees: false },
    { value: 1.2, reference: 1, disagrees: true },
    { value: 0.005, reference: 0, disagrees: false },
    { value: 0.02, reference: 0, disagrees: true },
    { value: Number.NaN, reference: 1, disagrees: true },
    { value: Number.NaN, reference: Number.NaN, disagrees: false },
    { value: Infinity, reference: Infinity, disagrees: false },
    { value: Infinity, reference: 1, disagrees: true },
  ])('$value for $reference: $disagrees', ({ value, reference, disagrees }) => {
    expect(numbersDisagree(value, reference, tolerance)).toBe(disagrees);
  });

  test.each([
    { first: ['a', 'b', 'c'], second: ['a', 'b', 'c'], k: 3, loss: 0 },
    { first: ['a', 'b', 'c'], second: ['c', 'a', 'b'], k: 3, loss: 0 },
    { first: ['a', 'b', 'c', 'd'], second: ['a', 'x', 'c', 'y'], k: 2, loss: 0.5 },
    { first: ['a'], second: ['b'], k: 5, loss: 1 },
    { first: [], second: [], k: 5, loss: 0 },
  ])('top $k of $first and $second', ({ first, second, k, loss }) => {
    expect(rankingDisagreement(first, second, k)).toBe(loss);
  });

  test('τ_b: same, reversed, tied', () => {
    expect(kendallTau([1, 2, 3], [10, 20, 30])).toBe(1);
    expect(kendallTau([1, 2, 3], [3, 2, 1])).toBe(-1);
    expect(kendallTau([1, 2, 2, 3], [1, 2, 3, 3])).toBeCloseTo(0.8, 12);
    expect(kendallTau([1, 1], [1, 2])).toBeNaN();
  });
});
