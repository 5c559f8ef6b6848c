import { describe, expect, test } from 'vitest';
import {
  crossingProbabilities,
  designSize,
  shapedBoundaries,
  spendingBoundaries,
  sprtLimits,
} from './group-sequential.ts';
import type { Spending } from './group-sequential.ts';
import { normalSf } from './normal.ts';

const equally = (k: number): readonly number[] => Array.from({ length: k }, (_, i) => (i + 1) / k);
const sum = (values: readonly number[]): number => values.reduce((total, p) => total + p, 0);

const round = (values: readonly number[], digits: number): readonly number[] =>
  values.map((value) => Number(value.toFixed(digits)));

describe('gold: gsDesign tests/testthat/test-outputs.R', () => {
  test.each([
    { looks: 2, tail: 0.042, both: 0.0831 },
    { looks: 4, tail: 0.063, both: 0.1262 },
    { looks: 10, tail: 0.097, both: 0.1934 },
    { looks: 20, tail: 0.124, both: 0.2479 },
  ])('repeated 1.96 at $looks looks', ({ looks, tail, both }) => {
    const information = equally(looks);
    const bounds = information.map(() => 1.959964);
    const { upper, lower } = crossingProbabilities({ information, bounds, sides: 'both' }, 0);
    expect(sum(upper)).toBeCloseTo(tail, 3);
    expect(sum(upper) + sum(lower)).toBeCloseTo(both, 4);
  });

  test("O'Brien-Fleming, four looks, two-sided 0.05", () => {
    const design = shapedBoundaries({
      information: equally(4),
      alpha: 0.05,
      sides: 'both',
      shape: 0,
    });
    expect(round(design.bounds, 2)).toEqual([4.05, 2.86, 2.34, 2.02]);
  });
});

describe('gold: constants of Jennison & Turnbull 2000', () => {
  test.each([
    { name: 'Pocock', sides: 'both', shape: 0.5, looks: 2, constant: 2.1783 },
    { name: 'Pocock', sides: 'both', shape: 0.5, looks: 3, constant: 2.2895 },
    { name: 'Pocock', sides: 'both', shape: 0.5, looks: 4, constant: 2.3613 },
    { name: 'Pocock', sides: 'both', shape: 0.5, looks: 5, constant: 2.4132 },
    { name: 'Pocock', sides: 'both', shape: 0.5, looks: 10, constant: 2.555 },
    { name: 'OBF', sides: 'both', shape: 0, looks: 2, constant: 1.9774 },
    { name: 'OBF', sides: 'both', shape: 0, looks: 3, constant: 2.004 },
    { name: 'OBF', sides: 'both', shape: 0, looks: 4, constant: 2.0243 },
    { name: 'OBF', sides: 'both', shape: 0, looks: 5, constant: 2.0401 },
    { name: 'OBF', sides: 'both', shape: 0, looks: 10, constant: 2.0865 },
    { name: 'OBF', sides: 'upper', shape: 0, looks: 2, constant: 1.678 },
    { name: 'OBF', sides: 'upper', shape: 0, looks: 3, constant: 1.7096 },
    { name: 'OBF', sides: 'upper', shape: 0, looks: 4, constant: 1.7331 },
    { name: 'OBF', sides: 'upper', shape: 0, looks: 5, constant: 1.7509 },
    { name: 'OBF', sides: 'upper', shape: 0, looks: 10, constant: 1.8012 },
  ] as const)('$name, $sides, $looks looks', ({ sides, shape, looks, constant }) => {
    const design = shapedBoundaries({ information: equally(looks), alpha: 0.05, sides, shape });
    expect(design.constant).toBeCloseTo(constant, 4);
  });
});

type SpendingRow = {
  readonly name: string;
  readonly alpha: number;
  readonly spending: Spending;
  readonly bounds: readonly number[];
};

describe('gold: Lan-DeMets spending, one-sided, five equal looks (gsDesign)', () => {
  const rows: readonly SpendingRow[] = [
    {
      name: 'OBF-type .025',
      alpha: 0.025,
      spending: { kind: 'obrien-fleming' },
      bounds: [4.8769, 3.357, 2.6803, 2.2898, 2.031],
    },
    {
      name: 'Pocock-type .025',
      alpha: 0.025,
      spending: { kind: 'pocock' },
      bounds: [2.438, 2.4268, 2.4102, 2.3966, 2.386],
    },
    {
      name: 'HSD(-4) .025',
      alpha: 0.025,
      spending: { kind: 'hwang-shih-decani', gamma: -4 },
      bounds: [3.2527, 2.986, 2.6917, 2.3737, 2.0253],
    },
    {
      name: 'power 2 .025',
      alpha: 0.025,
      spending: { kind: 'power', exponent: 2 },
      bounds: [3.0902, 2.7141, 2.4728, 2.2799, 2.114],
    },
    {
      name: 'OBF-type .05',
      alpha: 0.05,
      spending: { kind: 'obrien-fleming' },
      bounds: [4.2292, 2.8881, 2.2981, 1.9618, 1.7397],
    },
  ];
  test.each(rows)('$name', ({ alpha, spending, bounds }) => {
    const design = spendingBoundaries({ information: equally(5), alpha, sides: 'upper', spending });
    expect(round(design.bounds, 4)).toEqual(bounds);
  });

  test('gold: spotify confidence tests/frequentist/test_bounds.py, α t², two-sided 0.01', () => {
    const design = spendingBoundaries({
      information: [250, 450, 630, 810].map((n) => n / 810),
      alpha: 0.01,
      sides: 'both',
      spending: { kind: 'power', exponent: 2 },
    });
    expect(round(design.bounds, 4)).toEqual([3.3042, 3.0342, 2.8706, 2.7286]);
    expect(
      round(
        design.bounds.map((z) => 2 * normalSf(z)),
        5,
      ),
    ).toEqual([0.00095, 0.00241, 0.0041, 0.00636]);
  });
});

describe('gold: size of sequential designs (gsDesign)', () => {
  test.each([
    { name: 'OBF 5 looks, power .8', shape: 0, looks: 5, power: 0.8, percent: 102.8 },
    { name: 'OBF 20 looks, power .9', shape: 0, looks: 20, power: 0.9, percent: 104.5 },
    { name: 'Pocock 15 looks, power .9', shape: 0.5, looks: 15, power: 0.9, percent: 130.5 },
  ])('$name', ({ shape, looks, power, percent }) => {
    const design = shapedBoundaries({
      information: equally(looks),
      alpha: 0.05,
      sides: 'both',
      shape,
    });
    expect(100 * designSize(design, 0.05, power).maximum).toBeCloseTo(percent, 1);
  });

  test('Pocock 4 looks, power .8: largest and expected samples', () => {
    const design = shapedBoundaries({
      information: equally(4),
      alpha: 0.05,
      sides: 'both',
      shape: 0.5,
    });
    const size = designSize(design, 0.05, 0.8);
    expect(100 * size.maximum).toBeCloseTo(120.2, 1);
    const expected = [0, 0.5, 1, 1.5].map((effect) => 100 * size.expectedAt(effect));
    expect(round(expected, 1)).toEqual([117.5, 108.8, 80.5, 52.2]);
  });

  test('OBF 5 looks: expected sample under H0', () => {
    const design = shapedBoundaries({
      information: equally(5),
      alpha: 0.05,
      sides: 'both',
      shape: 0,
    });
    expect(100 * designSize(design, 0.05, 0.8).expectedAt(0)).toBeCloseTo(102.1, 1);
  });
});

describe('gold: gsDesign vignettes/binomialSPRTExample.Rmd', () => {
  test.each([
    { trials: 10, acceptAtMost: 1, rejectAtLeast: 4 },
    { trials: 25, acceptAtMost: 4, rejectAtLeast: 7 },
  ])('SPRT at $trials', ({ trials, acceptAtMost, rejectAtLeast }) => {
    const sprt = { rate0: 0.1, rate1: 0.35, alpha: 0.08, beta: 0.2 };
    expect(sprtLimits(sprt, trials)).toEqual({ acceptAtMost, rejectAtLeast });
  });
});

describe('refusals', () => {
  test('information must increase', () => {
    const options = { alpha: 0.05, sides: 'upper', shape: 0 } as const;
    expect(() => shapedBoundaries({ ...options, information: [0.5, 0.4] })).toThrow(/increase/);
    expect(() => shapedBoundaries({ ...options, information: [] })).toThrow(/one look/);
  });
});
