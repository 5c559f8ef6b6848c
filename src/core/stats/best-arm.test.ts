import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import { bestProbabilities, expectedLosses, rateBelief } from './bandit.ts';
import type { Belief } from './bandit.ts';
import { expectedLoss, normalPosterior, normalRisk, probabilityGreater } from './bayes.ts';
import { bestArm } from './best-arm.ts';
import { normalCdf } from './normal.ts';

const beta = (reward: number, units: number): Belief => rateBelief({ reward, units });

describe('two arms: the closed forms', () => {
  test.each([
    { first: [49, 100], second: [51, 100] },
    { first: [3, 40], second: [9, 45] },
    { first: [1_000, 10_000], second: [1_100, 10_000] },
    { first: [0, 5], second: [5, 5] },
  ] as const)('rates $first and $second', ({ first, second }) => {
    const [a, b] = [beta(first[0], first[1]), beta(second[0], second[1])];
    if (a.kind !== 'beta' || b.kind !== 'beta') throw new Error('rates have beta beliefs');
    const { chance, loss } = bestArm([a, b]);
    expect(chance[1]).toBeCloseTo(probabilityGreater(b.beta, a.beta), 3);
    expect(loss[0]).toBeCloseTo(expectedLoss(b.beta, a.beta), 3);
    expect(loss[1]).toBeCloseTo(expectedLoss(a.beta, b.beta), 3);
  });

  test('normal beliefs', () => {
    const one: Belief = { kind: 'normal', mean: 1, sd: 0.3 };
    const other: Belief = { kind: 'normal', mean: 1.2, sd: 0.4 };
    const { chance, loss } = bestArm([one, other]);
    expect(chance[1]).toBeCloseTo(normalCdf(0.4), 3);
    const risk = normalRisk(normalPosterior({ value: 0.2, se: 0.5 }));
    expect(loss[0]).toBeCloseTo(risk.ofBaseline, 4);
    expect(loss[1]).toBeCloseTo(risk.ofCandidate, 4);
  });
});

test('three arms: what seeded draws count', () => {
  const beliefs = [beta(50, 500), beta(57, 500), beta(62, 510)];
  const { chance, loss } = bestArm(beliefs);
  const drawn = bestProbabilities(prng(1), beliefs, 40_000);
  const lost = expectedLosses(prng(2), beliefs, 40_000);
  for (const [i, p] of drawn.entries()) {
    expect(Math.abs((chance[i] ?? 0) - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 40_000));
    expect(loss[i]).toBeCloseTo(lost[i] ?? 0, 3);
  }
});

test('chances are a distribution, and the same every time', () => {
  const arm = fc.tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 5_000 }));
  fc.assert(
    fc.property(fc.array(arm, { minLength: 1, maxLength: 5 }), (arms) => {
      const beliefs = arms.map(([hits, misses]) => beta(hits, hits + misses));
      const { chance, loss } = bestArm(beliefs);
      expect(chance.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
      expect(Math.min(...loss, ...chance)).toBeGreaterThanOrEqual(0);
      expect(bestArm(beliefs)).toEqual({ chance, loss });
    }),
    { numRuns: 40 },
  );
});

test('beliefs without any doubt', () => {
  const sure = [1, 3, 2].map((mean): Belief => ({ kind: 'normal', mean, sd: 0 }));
  expect(bestArm(sure).chance).toEqual([0, 1, 0]);
  expect(bestArm([beta(1, 2)])).toMatchObject({ chance: [1] });
});
