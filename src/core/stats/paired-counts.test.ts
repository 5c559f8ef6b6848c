import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prng, uniform } from '../lib/prng.ts';
import {
  pairedCountsLogE,
  pairedLogE,
  pairedLower,
  pairedStart,
  pairedStep,
  type PairedCounts,
} from './betting.ts';

const countsOf = (differences: readonly number[]): PairedCounts => ({
  wins: differences.filter((one) => one === 1).length,
  losses: differences.filter((one) => one === -1).length,
  ties: differences.filter((one) => one === 0).length,
});

test('counts say what the process says that folds pair by pair, in any order', () => {
  const differences = fc.array(fc.constantFrom(-1, 0, 1), { maxLength: 300 });
  fc.assert(
    fc.property(differences, fc.double({ min: 0, max: 0.5, noNaN: true }), (all, advantageMin) => {
      const folded = all.reduce(pairedStep, pairedStart({ advantageMin }));
      expect(pairedCountsLogE(countsOf(all), advantageMin)).toBeCloseTo(pairedLogE(folded), 9);
    }),
  );
});

test('gold (derived): one win at one bet of ½ is 3/2, one loss ½, a tie 1', () => {
  const at = (counts: Partial<PairedCounts>): number =>
    Math.exp(pairedCountsLogE({ wins: 0, losses: 0, ties: 0, ...counts }, 0, [0.5]));
  expect(at({ wins: 1 })).toBeCloseTo(1.5, 12);
  expect(at({ losses: 1 })).toBeCloseTo(0.5, 12);
  expect(at({ ties: 1 })).toBeCloseTo(1, 12);
});

test('the lower end is where the evidence is just enough', () => {
  const counts = { wins: 90, losses: 40, ties: 870 };
  const lower = pairedLower(counts, 0.01);
  expect(lower).toBeGreaterThan(0);
  expect(lower).toBeLessThan(0.05);
  expect(pairedCountsLogE(counts, lower)).toBeCloseTo(Math.log(100), 6);
});

test('nothing known is no bound, and more of the same raises it', () => {
  expect(pairedLower({ wins: 0, losses: 0, ties: 0 }, 0.01)).toBe(-1);
  const lowers = [10, 100, 1_000, 10_000].map((n) =>
    pairedLower({ wins: 2 * n, losses: n, ties: 7 * n }, 0.01),
  );
  expect(lowers).toEqual(lowers.toSorted((a, b) => a - b));
  expect(lowers.at(-1)).toBeLessThan(0.1);
  expect(pairedLower({ wins: 50_000, losses: 0, ties: 0 }, 0.01)).toBeGreaterThan(0.9);
});

test('an equal challenger is above 0 at any of its looks with a chance of alpha at most', () => {
  const rng = prng('paired counts');
  const runs = 400;
  let crossed = 0;
  for (let run = 0; run < runs; run += 1) {
    const counts = { wins: 0, losses: 0, ties: 0 };
    for (let look = 0; look < 40; look += 1) {
      for (let pair = 0; pair < 50; pair += 1) {
        const drawn = uniform(rng);
        counts[drawn < 0.05 ? 'wins' : drawn < 0.1 ? 'losses' : 'ties'] += 1;
      }
      if (pairedCountsLogE(counts, 0) < Math.log(20)) continue;
      crossed += 1;
      break;
    }
  }
  expect(crossed / runs).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
});
