/** Coverage of intervals and confidence sequences, at one look or at all of them. */
import { describe, expect, test } from 'vitest';
import { uniform } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { bettingInterval } from '../../src/core/stats/betting.ts';
import { confidenceSequence } from '../../src/core/stats/confidence-sequence.ts';
import { clopperPearson, miettinenNurminen, wilson } from '../../src/core/stats/proportion.ts';
import { cellsOf, proportionSequence, quantileLogE } from '../../src/core/stats/quantile-test.ts';
import { sampleBeta, sampleBinomial, sampleLogNormal } from '../../src/core/stats/samplers.ts';
import { mixtureBoundary, tunedMixture } from '../../src/core/stats/uniform-boundary.ts';
import { atLeast, atMost, shareOf } from './monte-carlo.ts';

const inside = (x: number, { lower, upper }: { lower: number; upper: number }): boolean =>
  x >= lower && x <= upper;

describe('one look', () => {
  test.each([
    { rate: 0.02, trials: 200 },
    { rate: 0.3, trials: 50 },
    { rate: 0.98, trials: 400 },
  ])(
    'Clopper-Pearson at $rate of $trials is never below 95 %, Wilson near it',
    ({ rate, trials }) => {
      const covers = (interval: typeof wilson): number =>
        shareOf(`cp:${rate}`, 10_000, (rng) =>
          inside(rate, interval({ hits: sampleBinomial(rng, trials, rate), trials }, 0.05)),
        );
      expect(covers(clopperPearson)).toBeGreaterThanOrEqual(atLeast(0.95, 10_000));
      expect(covers(wilson)).toBeGreaterThan(0.9);
    },
  );

  test('Miettinen-Nurminen covers a difference and a ratio', () => {
    for (const comparison of ['difference', 'ratio'] as const) {
      const truth = comparison === 'difference' ? 0.05 : 2;
      const covered = shareOf(comparison, 2000, (rng) => {
        const first = { hits: sampleBinomial(rng, 300, 0.1), trials: 300 };
        const second = { hits: sampleBinomial(rng, 500, 0.05), trials: 500 };
        return inside(truth, miettinenNurminen(first, second, { comparison, alpha: 0.05 }));
      });
      expect(covered).toBeGreaterThan(0.935);
    }
  });
});

/** Whether an interval over a growing sample ever misses, looking at each of `looks`. */
function everMisses(
  values: readonly number[],
  looks: readonly number[],
  covers: (soFar: readonly number[]) => boolean,
): boolean {
  return looks.some((n) => !covers(values.slice(0, n)));
}

const looks = [30, 60, 120, 250, 500, 1000];
const runs = 2000;

describe('all looks', () => {
  test('asymptotic sequence of a skewed mean', () => {
    const misses = shareOf('acs', runs, (rng) => {
      const values = Array.from({ length: 1000 }, () => sampleLogNormal(rng, 0, 0.5));
      return everMisses(values, looks.slice(1), (soFar) => {
        const n = soFar.length;
        const value = soFar.reduce((sum, x) => sum + x, 0) / n;
        const variance = soFar.reduce((sum, x) => sum + (x - value) ** 2, 0) / n;
        const estimate = { value, sd: Math.sqrt(variance), n };
        const options = { alpha: 0.05, tunedFor: 500 };
        return inside(Math.exp(0.125), confidenceSequence(estimate, options));
      });
    });
    expect(misses).toBeLessThanOrEqual(atMost(0.05, runs));
  });

  test('betting interval of a bounded mean', () => {
    const misses = shareOf('betting', 150, (rng) => {
      const values = Array.from({ length: 1000 }, () => sampleBeta(rng, 0.5, 4.5));
      return everMisses(values, looks, (soFar) => inside(0.1, bettingInterval(soFar, 0.05)));
    });
    expect(misses).toBeLessThanOrEqual(atMost(0.05, 150));
  });

  test('sequence of a proportion', () => {
    const misses = shareOf('bernoulli', runs, (rng) => {
      const values = Array.from({ length: 1000 }, () => (uniform(rng) < 0.1 ? 1 : 0));
      return everMisses(values, looks, (soFar) => {
        const hits = soFar.filter((x) => x === 1).length;
        const data = { hits, trials: soFar.length };
        return inside(0.1, proportionSequence(data, { alpha: 0.05, tunedFor: 200 }));
      });
    });
    expect(misses).toBeLessThanOrEqual(atMost(0.05, runs));
  });

  test('normal-mixture boundary of a random walk of signs', () => {
    const mixture = tunedMixture({ kind: 'normal' }, 300, 0.05);
    const crossed = shareOf('walk', runs, (rng) => {
      let sum = 0;
      for (let n = 1; n <= 1000; n += 1) {
        sum += uniform(rng) < 0.5 ? 1 : -1;
        if (Math.abs(sum) > mixtureBoundary(n, 0.05, mixture)) return true;
      }
      return false;
    });
    expect(crossed).toBeLessThanOrEqual(atMost(0.05, runs));
    expect(crossed).toBeGreaterThan(0.005);
  });

  test('quantile test of equal latency', () => {
    const draw = (rng: Prng, n: number): readonly number[] =>
      Array.from({ length: n }, () => Math.round(100 * sampleLogNormal(rng, 0, 0.8)));
    const alarms = shareOf('quantile', 300, (rng) => {
      const [a, b] = [draw(rng, 300), draw(rng, 1500)];
      return [60, 150, 300].some((n) => {
        const cells = cellsOf(a.slice(0, n), b.slice(0, 5 * n));
        return quantileLogE(cells, { quantile: 0.9, tunedFor: 300 }) >= Math.log(20);
      });
    });
    expect(alarms).toBeLessThanOrEqual(atMost(0.05, 300));
  });
});
