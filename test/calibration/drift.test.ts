/** Drift at any sample size: calibrated PSI and KS keep their level, fixed thresholds do not. */
import { describe, expect, test } from 'vitest';
import type { Prng } from '../../src/core/lib/prng.ts';
import { binDriftLogE, binDriftStart, binDriftStep } from '../../src/core/stats/bin-drift.ts';
import {
  jensenShannonDistance,
  populationStability,
  stabilityTest,
} from '../../src/core/stats/divergence.ts';
import { normalCdf, normalUpperQuantile } from '../../src/core/stats/normal.ts';
import { sampleBinomial, sampleNormal } from '../../src/core/stats/samplers.ts';
import { kolmogorovSmirnov, stepsOf } from '../../src/core/stats/two-sample.ts';
import { atMost, shareOf } from './monte-carlo.ts';

const BINS = 10;
const edges = Array.from({ length: BINS - 1 }, (_, i) => -normalUpperQuantile((i + 1) / BINS));

/** Chances of the ten reference deciles for a normal moved by `shift` standard deviations. */
function chances(shift: number): readonly number[] {
  const below = [0, ...edges.map((edge) => normalCdf(edge - shift)), 1];
  return below.slice(1).map((p, i) => p - (below[i] ?? 0));
}

/** A multinomial draw by successive binomials: cheap for 100 000 units. */
function draw(rng: Prng, n: number, weights: readonly number[]): readonly number[] {
  let left = n;
  let mass = 1;
  return weights.map((weight, i) => {
    const last = i === weights.length - 1;
    const count = last ? left : sampleBinomial(rng, left, Math.min(1, weight / mass));
    left -= count;
    mass -= weight;
    return count;
  });
}

const runs = 2000;

describe('no drift, reference of 5000', () => {
  test.each([{ n: 50 }, { n: 100 }, { n: 500 }, { n: 2000 }, { n: 20_000 }, { n: 100_000 }])(
    'calibrated PSI at $n units stays at 1 %',
    ({ n }) => {
      const alarms = shareOf(`null:${n}`, runs, (rng) => {
        const reference = draw(rng, 5000, chances(0));
        return stabilityTest(draw(rng, n, chances(0)), reference).level !== 'none';
      });
      expect(alarms).toBeLessThanOrEqual(atMost(0.01, runs) + 0.004);
    },
  );

  test('negative control: PSI and JS above 0.1 fire at 100 units', () => {
    const fires = (measure: typeof populationStability): number =>
      shareOf('fixed', 500, (rng) => {
        const reference = draw(rng, 5000, chances(0));
        return measure(draw(rng, 100, chances(0)), reference) >= 0.1;
      });
    expect(fires(populationStability)).toBeGreaterThan(0.25);
    expect(fires((a, b) => jensenShannonDistance(a, b))).toBeGreaterThan(0.6);
  });

  test('Kolmogorov-Smirnov keeps its level', () => {
    const alarms = shareOf('ks', 400, (rng) => {
      const sample = (n: number): readonly number[] =>
        Array.from({ length: n }, () => sampleNormal(rng));
      return kolmogorovSmirnov(stepsOf(sample(200), sample(1000))).pValue < 0.05;
    });
    expect(alarms).toBeLessThanOrEqual(atMost(0.05, 400));
  });

  test('the anytime test stays below α over 60 looks', () => {
    const alarms = shareOf('anytime', 300, (rng) => {
      let state = binDriftStart({ bins: BINS, horizonBuckets: 60 });
      for (let t = 0; t < 60; t += 1) {
        const bucket = {
          candidate: draw(rng, 50, chances(0)),
          baseline: draw(rng, 450, chances(0)),
        };
        state = binDriftStep(state, bucket);
        if (binDriftLogE(state) >= Math.log(20)) return true;
      }
      return false;
    });
    expect(alarms).toBeLessThanOrEqual(atMost(0.05, 300));
  });
});

describe('a shift of a quarter standard deviation', () => {
  test.each([
    { n: 500, power: 0.89 },
    { n: 2000, power: 0.995 },
  ])('calibrated PSI finds it at $n units', ({ n, power }) => {
    const found = shareOf(`shift:${n}`, 1000, (rng) => {
      const reference = draw(rng, 5000, chances(0));
      return stabilityTest(draw(rng, n, chances(0.25)), reference).level !== 'none';
    });
    expect(found).toBeGreaterThan(power - 0.05);
  });

  test('negative control: a threshold of 0.1 misses it at 2000 units', () => {
    const found = shareOf('missed', 500, (rng) => {
      const reference = draw(rng, 5000, chances(0));
      return populationStability(draw(rng, 2000, chances(0.25)), reference) >= 0.1;
    });
    expect(found).toBeLessThan(0.1);
  });
});
