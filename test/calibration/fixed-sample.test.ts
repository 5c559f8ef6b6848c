/** Fixed-sample procedures: their level, their promised power, and what corrections control. */
import { describe, expect, test } from 'vitest';
import { uniform } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { betaPosterior, probabilityGreater } from '../../src/core/stats/bayes.ts';
import { covariateMomentsOf, cuped } from '../../src/core/stats/cuped.ts';
import { shapedBoundaries } from '../../src/core/stats/group-sequential.ts';
import {
  effectOf,
  momentsOf,
  nonInferiority,
  sampleOf,
  testEffect,
  welch,
} from '../../src/core/stats/mean-test.ts';
import type { Sample } from '../../src/core/stats/mean-test.ts';
import { benjaminiHochberg, eBenjaminiHochberg, holm } from '../../src/core/stats/multiplicity.ts';
import { normalSf } from '../../src/core/stats/normal.ts';
import { ratioMomentsOf, ratioSample } from '../../src/core/stats/ratio-metric.ts';
import { sizeForMeans, sizeForRates } from '../../src/core/stats/sample-size.ts';
import {
  sampleBinomial,
  sampleLogNormal,
  sampleNormal,
  samplePoisson,
} from '../../src/core/stats/samplers.ts';
import { atMost, meanOf, shareOf } from './monte-carlo.ts';

const near = (rate: number, level: number, runs: number): boolean =>
  Math.abs(rate - level) < 4 * Math.sqrt((level * (1 - level)) / runs);

const normals = (rng: Prng, n: number, mean: number): Sample =>
  sampleOf(momentsOf(Array.from({ length: n }, () => sampleNormal(rng, mean, 1))));

describe('level', () => {
  const runs = 4000;
  test("Welch's test, unequal arms and variances", () => {
    const rejected = shareOf('welch', runs, (rng) => {
      const draw = (n: number, sd: number): Sample =>
        sampleOf(momentsOf(Array.from({ length: n }, () => sampleNormal(rng, 0, sd))));
      return welch(draw(15, 3), draw(60, 1), { alpha: 0.05 }).pValue < 0.05;
    });
    expect(near(rejected, 0.05, runs)).toBe(true);
  });

  test('ratio metric of correlated requests', () => {
    const draw = (rng: Prng): Sample =>
      ratioSample(
        ratioMomentsOf(
          Array.from({ length: 150 }, () => {
            const requests = 1 + samplePoisson(rng, 5);
            const rate = sampleLogNormal(rng, -2, 0.8);
            return [samplePoisson(rng, rate * requests), requests] as const;
          }),
        ),
      );
    const rejected = shareOf('ratio', 2000, (rng) => {
      const effect = effectOf(draw(rng), draw(rng), 'absolute');
      return testEffect(effect, { alpha: 0.05 }).pValue < 0.05;
    });
    expect(rejected).toBeLessThan(0.07);
    expect(rejected).toBeGreaterThan(0.03);
  });

  test('CUPED keeps the level and shortens the interval', () => {
    const units = (rng: Prng): readonly (readonly [number, number])[] =>
      Array.from({ length: 100 }, () => {
        const before = sampleNormal(rng);
        return [before + 0.5 * sampleNormal(rng), before] as const;
      });
    let ratio = 0;
    const rejected = shareOf('cuped', 2000, (rng) => {
      const [a, b] = [covariateMomentsOf(units(rng)), covariateMomentsOf(units(rng))];
      const adjusted = cuped(a, b);
      ratio += adjusted.candidate.variance / (1.25 * 2000);
      const effect = effectOf(adjusted.candidate, adjusted.baseline, 'absolute');
      return testEffect(effect, { alpha: 0.05 }).pValue < 0.05;
    });
    expect(near(rejected, 0.05, 2000)).toBe(true);
    expect(ratio).toBeLessThan(0.25);
  });

  test('non-inferiority at its margin', () => {
    const passed = shareOf('margin', runs, (rng) => {
      const effect = effectOf(normals(rng, 80, -0.3), normals(rng, 80, 0), 'absolute');
      return nonInferiority(effect, { margin: 0.3, alpha: 0.05, better: 'higher' }).pValue < 0.05;
    });
    expect(near(passed, 0.05, runs)).toBe(true);
  });

  test('five planned looks by O’Brien and Fleming; five naive ones as negative control', () => {
    const information = [0.2, 0.4, 0.6, 0.8, 1];
    const { bounds } = shapedBoundaries({ information, alpha: 0.05, sides: 'both', shape: 0 });
    const crossed = (limits: readonly number[]): number =>
      shareOf('looks', runs, (rng) => {
        let sum = 0;
        return limits.some((limit, k) => {
          sum += sampleNormal(rng);
          return Math.abs(sum) / Math.sqrt(k + 1) > limit;
        });
      });
    expect(near(crossed(bounds), 0.05, runs)).toBe(true);
    expect(crossed(bounds.map(() => 1.96))).toBeGreaterThan(0.12);
  });
});

describe('power as promised', () => {
  test('means', () => {
    const size = sizeForMeans(0.4, { candidate: 1, baseline: 1 }, { alpha: 0.05, power: 0.8 });
    const n = Math.ceil(size.candidate);
    const found = shareOf(
      'means',
      4000,
      (rng) => welch(normals(rng, n, 0.4), normals(rng, n, 0), { alpha: 0.05 }).pValue < 0.05,
    );
    expect(Math.abs(found - 0.8)).toBeLessThan(0.03);
  });

  test('rates, one arm with a tenth of the traffic', () => {
    const size = sizeForRates(0.02, 0.04, { alpha: 0.05, power: 0.9, share: 0.1 });
    const [nc, nb] = [Math.ceil(size.candidate), Math.ceil(size.baseline)];
    const found = shareOf('rates', 10_000, (rng) => {
      const [x, y] = [sampleBinomial(rng, nc, 0.04), sampleBinomial(rng, nb, 0.02)];
      const pooled = (x + y) / (nc + nb);
      const se = Math.sqrt(pooled * (1 - pooled) * (1 / nc + 1 / nb));
      return 2 * normalSf(Math.abs(x / nc - y / nb) / se) < 0.05;
    });
    expect(Math.abs(found - 0.9)).toBeLessThan(0.03);
  });
});

describe('many tests', () => {
  const nulls = 15;
  const pValues = (rng: Prng): readonly number[] =>
    Array.from({ length: 20 }, (_, i) => normalSf(sampleNormal(rng, i < nulls ? 0 : 3, 1)));
  const falseShare = (rejected: readonly number[]): number =>
    rejected.filter((i) => i < nulls).length / Math.max(1, rejected.length);
  const below = (adjusted: readonly number[]): readonly number[] =>
    adjusted.flatMap((p, i) => (p <= 0.1 ? [i] : []));

  test('Benjamini-Hochberg keeps the share of false rejections', () => {
    const rate = meanOf('bh', 4000, (rng) => falseShare(below(benjaminiHochberg(pValues(rng)))));
    expect(rate).toBeLessThanOrEqual(0.1);
  });

  test('Holm keeps the chance of any', () => {
    const rate = shareOf('holm', 4000, (rng) => falseShare(below(holm(pValues(rng)))) > 0);
    expect(rate).toBeLessThanOrEqual(atMost(0.1, 4000));
  });

  test('e-BH keeps the share under dependence', () => {
    const rate = meanOf('ebh', 4000, (rng) => {
      const common = sampleNormal(rng);
      const logEs = Array.from({ length: 20 }, (_, i) => {
        const z = Math.SQRT1_2 * (common + sampleNormal(rng)) + (i < nulls ? 0 : 3);
        return 2 * z - 2;
      });
      return falseShare(eBenjaminiHochberg(logEs, 0.1));
    });
    expect(rate).toBeLessThanOrEqual(0.1);
  });
});

describe('Bayes', () => {
  test('P(B > A) is calibrated when rates come from the prior', () => {
    let promised = 0;
    const true_ = shareOf('bayes', 4000, (rng) => {
      const [a, b] = [uniform(rng), uniform(rng)];
      const post = (rate: number) =>
        betaPosterior({ hits: sampleBinomial(rng, 40, rate), trials: 40 });
      const p = probabilityGreater(post(b), post(a));
      promised += Math.max(p, 1 - p) / 4000;
      return b > a === p > 0.5;
    });
    expect(Math.abs(true_ - promised)).toBeLessThan(0.015);
  });
});
