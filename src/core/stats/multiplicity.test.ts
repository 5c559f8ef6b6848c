import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logEOfPValue, logMeanE, logProductE, pValueOfE } from './e-values.ts';
import { benjaminiHochberg, eBenjaminiHochberg, holm } from './multiplicity.ts';

const published = [
  0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719,
  0.6528, 0.759, 1,
];

describe('gold: the 15 p-values of Benjamini & Hochberg 1995', () => {
  test('BH adjusts and rejects 4 at 0.05', () => {
    const adjusted = [
      0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.063857, 0.063857, 0.0645, 0.0765, 0.486, 0.581182,
      0.714875, 0.753231, 0.813214, 1,
    ];
    for (const [i, p] of benjaminiHochberg(published).entries()) {
      expect(p).toBeCloseTo(adjusted[i] ?? Number.NaN, 6);
    }
    expect(benjaminiHochberg(published).filter((p) => p <= 0.05)).toHaveLength(4);
  });

  test('Holm adjusts and rejects 3 at 0.05', () => {
    const adjusted = [0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, 1];
    for (const [i, p] of adjusted.entries()) expect(holm(published)[i]).toBeCloseTo(p, 6);
    expect(holm(published).filter((p) => p <= 0.05)).toHaveLength(3);
  });
});

describe('many tests', () => {
  test('order of the input does not matter', () => {
    const shuffled = [0.04, 0.001, 0.5, 0.01];
    const back = [1, 3, 0, 2].map((i) => benjaminiHochberg(shuffled)[i]);
    expect(back).toEqual(benjaminiHochberg([0.001, 0.01, 0.04, 0.5]));
  });

  test('BH is never above Holm', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (ps) => {
        const bh = benjaminiHochberg(ps);
        for (const [i, p] of holm(ps).entries()) expect(bh[i]).toBeLessThanOrEqual(p + 1e-15);
      }),
    );
  });

  test.each([
    { name: 'none', es: [1, 5, 10], rejected: [] },
    { name: 'one strong', es: [1, 61, 2], rejected: [1] },
    { name: 'together', es: [31, 1, 31], rejected: [0, 2] },
    { name: 'nothing to test', es: [], rejected: [] },
  ])('e-BH: $name', ({ es, rejected }) => {
    expect(eBenjaminiHochberg(es.map(Math.log), 0.05)).toEqual(rejected);
  });
});

describe('combining e-values', () => {
  test('means and products, huge or not', () => {
    expect(logMeanE([Math.log(3), Math.log(1)])).toBeCloseTo(Math.log(2), 14);
    expect(logMeanE([1e5, 0], [0.25, 0.75])).toBeCloseTo(1e5 + Math.log(0.25), 9);
    expect(logMeanE([5, 1], [0, 1])).toBe(1);
    expect(logMeanE([0, 0, 0])).toBe(0);
    expect(logProductE([2, 3])).toBe(5);
    expect(() => logMeanE([])).toThrow(/no e-values/);
  });

  test('p-values and back', () => {
    expect(pValueOfE(Math.log(20))).toBeCloseTo(0.05, 14);
    expect(pValueOfE(-3)).toBe(1);
    expect(Math.exp(logEOfPValue(0.0001))).toBeCloseTo(50, 10);
  });
});
