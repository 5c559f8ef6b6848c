import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import type { Prng } from '../lib/prng.ts';
import {
  sampleBeta,
  sampleBinomial,
  sampleExponential,
  sampleGamma,
  sampleIndex,
  sampleLogNormal,
  sampleNormal,
  samplePoisson,
} from './samplers.ts';

type Row = {
  readonly name: string;
  readonly draw: (rng: Prng) => number;
  readonly mean: number;
  readonly variance: number;
};

const DRAWS = 40_000;
const binomial = (n: number, p: number): Row => ({
  name: `binomial(${n}, ${p})`,
  draw: (rng) => sampleBinomial(rng, n, p),
  mean: n * p,
  variance: n * p * (1 - p),
});
const poisson = (mean: number): Row => ({
  name: `poisson(${mean})`,
  draw: (rng) => samplePoisson(rng, mean),
  mean,
  variance: mean,
});
const gamma = (shape: number): Row => ({
  name: `gamma(${shape})`,
  draw: (rng) => sampleGamma(rng, shape),
  mean: shape,
  variance: shape,
});
const rows: readonly Row[] = [
  { name: 'normal', draw: (rng) => sampleNormal(rng, 3, 2), mean: 3, variance: 4 },
  { name: 'exponential', draw: (rng) => sampleExponential(rng, 2), mean: 2, variance: 4 },
  {
    name: 'log-normal',
    draw: (rng) => sampleLogNormal(rng, 0, 0.5),
    mean: Math.exp(0.125),
    variance: Math.expm1(0.25) * Math.exp(0.25),
  },
  { name: 'beta(2, 5)', draw: (rng) => sampleBeta(rng, 2, 5), mean: 2 / 7, variance: 10 / 392 },
  gamma(0.3),
  gamma(1),
  gamma(40),
  poisson(0.02),
  poisson(5),
  poisson(14.25),
  poisson(3000),
  binomial(10, 0.3),
  binomial(2850, 0.005),
  binomial(2850, 0.3),
  binomial(1000, 0.97),
  binomial(100_000, 0.5),
];

describe('samplers', () => {
  test.each(rows)('$name has its mean and variance', ({ draw, mean, variance }) => {
    const rng = prng('samplers');
    let sum = 0;
    let squares = 0;
    let fourth = 0;
    for (let i = 0; i < DRAWS; i += 1) {
      const deviation = draw(rng) - mean;
      sum += deviation;
      squares += deviation ** 2;
      fourth += deviation ** 4;
    }
    const errorOfVariance = Math.sqrt(fourth / DRAWS - (squares / DRAWS) ** 2) / Math.sqrt(DRAWS);
    expect(Math.abs(sum / DRAWS)).toBeLessThan(5 * Math.sqrt(variance / DRAWS));
    expect(Math.abs(squares / DRAWS - variance)).toBeLessThan(5 * errorOfVariance);
  });

  test.each([
    { n: 0, p: 0.5, value: 0 },
    { n: 9, p: 0, value: 0 },
    { n: 9, p: 1, value: 9 },
  ])('binomial($n, $p) is always $value', ({ n, p, value }) => {
    expect(sampleBinomial(prng(1), n, p)).toBe(value);
  });

  test('an index follows its weights and never has weight 0', () => {
    const rng = prng(5);
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i += 1) {
      const index = sampleIndex(rng, [1, 0, 3]);
      counts[index] = (counts[index] ?? 0) + 1;
    }
    expect(counts[1]).toBe(0);
    expect(Math.abs((counts[0] ?? 0) - 7500)).toBeLessThan(5 * 75);
  });
});
