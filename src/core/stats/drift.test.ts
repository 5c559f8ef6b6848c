import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import vectors from '../../../test/vectors/stats/drift.json' with { type: 'json' };
import { prng } from '../lib/prng.ts';
import {
  chiSquareTwoSample,
  gTest,
  goodnessOfFit,
  hellingerDistance,
  jensenShannonDistance,
  kullbackLeibler,
  populationStability,
  stabilityCritical,
  stabilityTest,
  totalVariation,
} from './divergence.ts';
import { momentsOf, sampleOf } from './mean-test.ts';
import { normalUpperQuantile } from './normal.ts';
import { sampleIndex, sampleNormal } from './samplers.ts';
import {
  cramerVonMises,
  energyDistance,
  kolmogorovSf,
  kolmogorovSmirnov,
  stepsOf,
  stepsOfCells,
  wasserstein,
} from './two-sample.ts';

const { reference, current, x, y } = vectors;

describe(`gold: ${vectors.source}`, () => {
  test('divergences of counts', () => {
    expect(hellingerDistance(current, reference)).toBeCloseTo(vectors.hellinger, 4);
    expect(populationStability(current, reference, 0)).toBeCloseTo(vectors.psi, 10);
    const js = jensenShannonDistance(current, reference);
    expect(js).toBeCloseTo(vectors.jensenShannonNats, 10);
    expect(js / Math.sqrt(Math.LN2)).toBeCloseTo(vectors.jensenShannonBits, 9);
    expect(totalVariation(current, reference)).toBeCloseTo(vectors.totalVariation, 10);
  });

  test('tests of counts', () => {
    const fit = goodnessOfFit(current, reference);
    expect(fit.statistic).toBeCloseTo(vectors.goodnessOfFit.statistic, 7);
    expect(fit.pValue).toBeCloseTo(vectors.goodnessOfFit.pValue, 5);
    const two = chiSquareTwoSample(current, reference);
    expect(two.statistic).toBeCloseTo(vectors.chiSquareTwoSample.statistic, 5);
    expect(two.pValue).toBeCloseTo(vectors.chiSquareTwoSample.pValue, 6);
    const g = gTest(vectors.gTest.second, vectors.gTest.first);
    expect(g.pValue).toBeCloseTo(vectors.gTest.pValue, 4);
  });

  test('samples of numbers', () => {
    const steps = stepsOf(x, y);
    const ks = kolmogorovSmirnov(steps);
    expect(ks.distance).toBeCloseTo(vectors.kolmogorovSmirnov.distance, 12);
    expect(ks.pValue).toBeCloseTo(vectors.kolmogorovSmirnov.pValue, 8);
    expect(wasserstein(steps)).toBeCloseTo(vectors.wasserstein, 10);
    const sd = Math.sqrt((sampleOf(momentsOf(x)).variance * (x.length - 1)) / x.length);
    expect(wasserstein(steps) / sd).toBeCloseTo(vectors.wassersteinPerSd, 8);
    expect(cramerVonMises(steps)).toBeCloseTo(vectors.cramerVonMises, 12);
    const shifted = stepsOf(
      x,
      x.map((value) => value + 5),
    );
    expect(energyDistance(shifted)).toBeCloseTo(vectors.energyShiftedBy5, 5);
  });
});

describe(`gold: ${vectors.stabilityCritical.source}`, () => {
  test.each(vectors.stabilityCritical.rows)('$reference and $current', (row) => {
    const sizes = { reference: row.reference, current: row.current, cells: 10 };
    expect(stabilityCritical(sizes, 0.05)).toBeCloseTo(row.at95, 4);
    expect(stabilityCritical(sizes, 0.01)).toBeCloseTo(row.at99, 4);
  });
});

describe('calibrated drift', () => {
  const uniformCells = Array.from({ length: 10 }, () => 1);
  const counts = (seed: string, n: number, weights: readonly number[]): readonly number[] => {
    const rng = prng(seed);
    const cells = weights.map(() => 0);
    for (let i = 0; i < n; i += 1) {
      const at = sampleIndex(rng, weights);
      cells[at] = (cells[at] ?? 0) + 1;
    }
    return cells;
  };

  test.each([{ n: 50 }, { n: 200 }, { n: 2000 }])(
    'no drift, $n units: alarms stay near 1 %',
    ({ n }) => {
      let alarms = 0;
      for (let run = 0; run < 400; run += 1) {
        const test5000 = counts(`ref:${n}:${run}`, 5000, uniformCells);
        if (stabilityTest(counts(`cur:${n}:${run}`, n, uniformCells), test5000).level !== 'none') {
          alarms += 1;
        }
      }
      expect(alarms / 400).toBeLessThan(0.01 + 3 * Math.sqrt(0.0099 / 400));
    },
  );

  test('a shift of a quarter standard deviation is seen at 2000 units', () => {
    const edges = uniformCells.map((_, i) => -normalUpperQuantile((i + 1) / 10));
    const rng = prng('shift');
    let seen = 0;
    for (let run = 0; run < 50; run += 1) {
      const cells = uniformCells.map(() => 0);
      for (let i = 0; i < 2000; i += 1) {
        const value = sampleNormal(rng, 0.25, 1);
        const at = edges.findIndex((edge) => value <= edge);
        cells[at] = (cells[at] ?? 0) + 1;
      }
      if (stabilityTest(cells, counts(`sr:${run}`, 5000, uniformCells)).level !== 'none') seen += 1;
    }
    expect(seen).toBe(50);
  });

  test('significance without size is only slight; no units are no drift', () => {
    expect(stabilityTest([50_500, 49_500], [500_000, 500_000]).level).toBe('slight');
    expect(stabilityTest([700, 300], [5000, 5000]).level).toBe('warn');
    expect(stabilityTest([900, 100], [5000, 5000]).level).toBe('act');
    expect(stabilityTest([0, 0], [5, 5]).level).toBe('none');
  });
});

const counts = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 4, maxLength: 4 });

describe('laws', () => {
  test('distances are 0 to oneself, symmetric, and at most their largest value', () => {
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        fc.pre(a.some((c) => c > 0) && b.some((c) => c > 0));
        for (const distance of [hellingerDistance, totalVariation, jensenShannonDistance]) {
          expect(distance(a, a)).toBeCloseTo(0, 7);
          expect(distance(a, b)).toBeCloseTo(distance(b, a), 12);
          expect(distance(a, b)).toBeLessThanOrEqual(1 + 1e-12);
        }
        expect(populationStability(a, b)).toBeGreaterThanOrEqual(0);
        expect(kullbackLeibler(a, b)).toBeGreaterThanOrEqual(-1e-12);
      }),
    );
  });

  test('histograms and lists give the same distances', () => {
    const cells = stepsOfCells([1, 2, 4], [2, 1, 0], [0, 1, 2]);
    const lists = stepsOf([1, 1, 2], [2, 4, 4]);
    expect(wasserstein(cells)).toBeCloseTo(wasserstein(lists), 12);
    expect(kolmogorovSmirnov(cells)).toEqual(kolmogorovSmirnov(lists));
    expect(wasserstein(lists)).toBeCloseTo(2, 12);
  });

  test("Kolmogorov's law joins its two series", () => {
    expect(kolmogorovSf(0.9999999)).toBeCloseTo(kolmogorovSf(1), 6);
    expect(kolmogorovSf(1.3580986)).toBeCloseTo(0.05, 6);
    expect(kolmogorovSf(0)).toBe(1);
  });
});
