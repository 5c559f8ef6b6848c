import { describe, expect, test } from 'vitest';
import { prng, uniform } from '../lib/prng.ts';
import {
  bettingInterval,
  logFixedBet,
  pairedLogE,
  pairedStart,
  pairedStep,
  plugInBets,
} from './betting.ts';
import { sampleBeta } from './samplers.ts';

const coin = [1, 0, 1, 1, 0, 1, 1, 1];

describe('gold: confseq betting_strategies.py, lambda_predmix_eb', () => {
  test('plug-in bets', () => {
    const published = [
      5.88008714, 4.17752695, 2.77189966, 2.30098143, 2.05331615, 1.64821161, 1.51162321,
      1.41671294,
    ];
    for (const [i, bet] of plugInBets(coin, 0.05).entries()) {
      expect(bet).toBeCloseTo(published[i] ?? Number.NaN, 8);
    }
  });

  test('fixed bet ½ against mean ½ (derived)', () => {
    expect(Math.exp(logFixedBet(coin, 0.5, 0.5))).toBeCloseTo(2.1457672119140625, 12);
  });
});

describe('the betting interval', () => {
  test('covers the mean at all looks and narrows', () => {
    const rng = prng('betting');
    const runs = 200;
    let misses = 0;
    let width = 0;
    for (let run = 0; run < runs; run += 1) {
      const values = Array.from({ length: 400 }, () => sampleBeta(rng, 1, 9));
      const { lower, upper } = bettingInterval(values, 0.1);
      if (lower > 0.1 || upper < 0.1) misses += 1;
      width += (upper - lower) / runs;
    }
    expect(misses / runs).toBeLessThanOrEqual(0.1 + 3 * Math.sqrt(0.09 / runs));
    expect(width).toBeLessThan(0.08);
  });

  test('no values leave everything possible', () => {
    expect(bettingInterval([], 0.05)).toEqual({ lower: 0, upper: 1 });
    expect(() => bettingInterval([2], 0.05)).toThrow(/value/);
  });
});

describe('champion against challenger', () => {
  const run = (better: number, seed: string): boolean => {
    const rng = prng(seed);
    let state = pairedStart();
    for (let pair = 0; pair < 6000; pair += 1) {
      const u = uniform(rng);
      const difference = u < 0.03 + better ? 1 : u < 0.06 + better ? -1 : 0;
      state = pairedStep(state, difference);
      if (pairedLogE(state) >= Math.log(20)) return true;
    }
    return false;
  };
  const promoted = (better: number): number =>
    Array.from({ length: 100 }, (_, i) => run(better, `${better}:${i}`)).filter(Boolean).length;

  test('an equal challenger is hardly ever promoted, a better one nearly always', () => {
    expect(promoted(0)).toBeLessThanOrEqual(11);
    expect(promoted(0.02)).toBeGreaterThanOrEqual(95);
  });

  test('a required advantage is required', () => {
    let state = pairedStart({ advantageMin: 0.5 });
    for (let i = 0; i < 100; i += 1) state = pairedStep(state, 0.5);
    expect(pairedLogE(state)).toBeCloseTo(0, 12);
    expect(state.pairs).toBe(100);
    expect(() => pairedStep(state, 1.5)).toThrow(/difference/);
  });
});
