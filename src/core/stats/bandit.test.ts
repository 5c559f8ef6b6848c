import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prng, uniform } from '../lib/prng.ts';
import {
  bernoulliDivergence,
  bestProbabilities,
  discounted,
  epsilonGreedyShares,
  equalShares,
  expectedLosses,
  greedy,
  isBurnedIn,
  klUcbIndex,
  rateBelief,
  slidingWindow,
  topTwoShares,
  ucb1Index,
  withFloor,
} from './bandit.ts';
import { expectedLoss, probabilityGreater } from './bayes.ts';
import {
  linThompsonDraw,
  linUcbIndex,
  ridgeCoefficients,
  ridgeStart,
  ridgeStep,
} from './linear-bandit.ts';
import { momentsOf, proportionSample, sampleOf, testEffect } from './mean-test.ts';
import { doublyRobust, inversePropensity, selfNormalised, stratifiedEffect } from './off-policy.ts';
import type { LoggedChoice } from './off-policy.ts';
import { sampleBinomial, sampleIndex } from './samplers.ts';

describe('gold: fidelity/mabwiser tests/test_ucb.py', () => {
  test.each([
    { scale: 1, value: 20.287856633260894 },
    { scale: 0.25, value: 20.07196415831522 },
    { scale: 3.33, value: 20.95856258875877 },
  ])('mean 20 of 150 units in 500, scale $scale', ({ scale, value }) => {
    expect(ucb1Index({ reward: 3000, units: 150 }, 500, scale)).toBeCloseTo(value, 12);
  });

  test.each([
    { units: 3, reward: 1, value: 1.5723073962832794 },
    { units: 2, reward: 0, value: 1.5174271293851465 },
    { units: 5, reward: 3, value: 1.5597051824376162 },
  ])('$reward of $units in 10', ({ units, reward, value }) => {
    expect(ucb1Index({ reward, units }, 10)).toBeCloseTo(value, 12);
  });
});

describe('gold: fidelity/mabwiser tests/test_ridge.py', () => {
  const contexts = [
    { x: [1, 0, 2, 1, 1], reward: 3 },
    { x: [3, 1, 2, 3, 4], reward: 3 },
    { x: [2, -1, 1, 0, 2], reward: 1 },
  ];
  const ridge = contexts.reduce((r, { x, reward }) => ridgeStep(r, x, reward), ridgeStart(5));

  test('coefficients and prediction', () => {
    const printed = [0.09161491, 0.00310559, 0.97515528, 0.32142857, -0.02018634];
    const beta = ridgeCoefficients(ridge);
    for (const [i, value] of printed.entries()) expect(beta[i]).toBeCloseTo(value, 8);
    expect(linUcbIndex(ridge, [0, 1, 2, 3, 5], 0)).toBeCloseTo(2.8167701863354, 12);
  });

  test('draws centre on the prediction and spread as the bonus says', () => {
    const rng = prng('linear');
    const x = [0, 1, 2, 3, 5];
    const draws = Array.from({ length: 20_000 }, () =>
      linThompsonDraw(rng, ridge, { x, scale: 0.5 }),
    );
    const { mean, variance } = sampleOf(momentsOf(draws));
    const bonus = linUcbIndex(ridge, x, 0.5) - linUcbIndex(ridge, x, 0);
    expect(Math.abs(mean - 2.8167701863354)).toBeLessThan((5 * bonus) / Math.sqrt(20_000));
    expect(Math.sqrt(variance) / bonus).toBeCloseTo(1, 1);
    expect(() => ridgeStep(ridge, [1], 1)).toThrow(/length/);
  });
});

describe('shares', () => {
  test('Thompson shares and losses are those of the exact formulas', () => {
    const a = rateBelief({ reward: 49, units: 100 });
    const b = rateBelief({ reward: 51, units: 100 });
    const shares = bestProbabilities(prng(1), [a, b], 40_000);
    const exact = { a: { a: 50, b: 52 }, b: { a: 52, b: 50 } };
    expect(Math.abs((shares[1] ?? 0) - probabilityGreater(exact.b, exact.a))).toBeLessThan(0.012);
    const losses = expectedLosses(prng(2), [a, b], 40_000);
    expect(losses[1]).toBeCloseTo(expectedLoss(exact.a, exact.b), 3);
  });

  test('normal beliefs', () => {
    const beliefs = [
      { kind: 'normal', mean: 0, sd: 1 },
      { kind: 'normal', mean: 0, sd: 1 },
      { kind: 'normal', mean: 9, sd: 0.1 },
    ] as const;
    expect(bestProbabilities(prng(3), beliefs, 2000)).toEqual([0, 0, 1]);
  });

  test('top-two gives the runner-up its part', () => {
    const shares = topTwoShares([0.8, 0.15, 0.05]);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(shares[0]).toBeLessThan(0.6);
    expect(topTwoShares([1, 0, 0])).toEqual([0.5, 0.25, 0.25]);
  });

  test('a floor keeps sums and order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 2, maxLength: 6 }),
        (ws) => {
          const total = ws.reduce((sum, w) => sum + w, 0);
          fc.pre(total > 0);
          const shares = withFloor(
            ws.map((w) => w / total),
            0.05,
          );
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
          expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.05 - 1e-12);
        },
      ),
    );
    expect(() => withFloor([0.5, 0.5], 0.6)).toThrow(/exceed/);
  });

  test('greedy rules', () => {
    expect(greedy([1, 3, 3])).toEqual([0, 0.5, 0.5]);
    expect(
      epsilonGreedyShares(
        [
          { reward: 1, units: 10 },
          { reward: 5, units: 10 },
        ],
        0.1,
      ),
    ).toEqual([0.05, 0.9500000000000001]);
    expect(
      epsilonGreedyShares(
        [
          { reward: 9, units: 9 },
          { reward: 0, units: 0 },
        ],
        0,
      ),
    ).toEqual([0, 1]);
    expect(equalShares(4)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  test('KL-UCB is where the divergence is spent, and tighter than UCB1', () => {
    const arm = { reward: 20, units: 100 };
    const index = klUcbIndex(arm, 1000);
    expect(100 * bernoulliDivergence(0.2, index)).toBeCloseTo(Math.log(1000), 8);
    expect(index).toBeLessThan(ucb1Index(arm, 1000));
    expect(klUcbIndex({ reward: 0, units: 0 }, 10)).toBe(Infinity);
    expect(klUcbIndex({ reward: 5, units: 5 }, 10)).toBe(1);
  });

  test('forgetting: discount and window', () => {
    expect(discounted([{ reward: 10, units: 100 }], 0.8)).toEqual([{ reward: 8, units: 80 }]);
    const batch = [
      { reward: 1, units: 10 },
      { reward: 2, units: 10 },
    ];
    expect(slidingWindow([batch, batch, batch], 2)).toEqual([
      { reward: 2, units: 20 },
      { reward: 4, units: 20 },
    ]);
    expect(
      isBurnedIn([
        { reward: 40, units: 100 },
        { reward: 39, units: 1000 },
      ]),
    ).toBe(false);
    expect(isBurnedIn([{ reward: 40, units: 100 }])).toBe(true);
  });
});

describe('off-policy estimates', () => {
  const rewards = [0.1, 0.5];
  const logging = [0.8, 0.2];
  const target = [0.1, 0.9];
  const rng = prng('logs');
  const log: readonly LoggedChoice[] = Array.from({ length: 20_000 }, () => {
    const arm = sampleIndex(rng, logging);
    return {
      reward: uniform(rng) < (rewards[arm] ?? 0) ? 1 : 0,
      propensity: logging[arm] ?? 1,
      target: target[arm] ?? 0,
      predictedChosen: arm === 0 ? 0.15 : 0.4,
      predictedPolicy: 0.1 * 0.15 + 0.9 * 0.4,
    };
  });

  test.each([
    { name: 'IPS', estimate: inversePropensity },
    { name: 'SNIPS', estimate: selfNormalised },
    { name: 'DR', estimate: doublyRobust },
  ])('$name finds the value of the other policy', ({ estimate }) => {
    const { value, se, effectiveUnits } = estimate(log);
    expect(Math.abs(value - 0.46)).toBeLessThan(4 * se);
    expect(se).toBeLessThan(0.02);
    expect(effectiveUnits).toBeLessThan(20_000);
  });

  test('a model that helps makes the doubly robust estimate the sharpest', () => {
    expect(doublyRobust(log).se).toBeLessThan(inversePropensity(log).se);
  });

  test('impossible logs are refused', () => {
    const choice = { reward: 1, propensity: 0, target: 1 };
    expect(() => inversePropensity([choice])).toThrow(/propensity 0/);
    expect(() => doublyRobust([{ ...choice, propensity: 1 }])).toThrow(/predictions/);
    expect(() => selfNormalised([{ reward: 1, propensity: 1, target: 0 }])).toThrow(
      /never chooses/,
    );
  });
});

describe('inference after a bandit', () => {
  /** Two equal arms while the world improves from 5 % to 15 %, shares by Thompson with a floor. */
  const rejections = (pooled: boolean): number => {
    let rejected = 0;
    for (let run = 0; run < 150; run += 1) {
      const rng = prng(`epochs:${run}`);
      let arms = [
        { reward: 0, units: 0 },
        { reward: 0, units: 0 },
      ];
      const epochs = [];
      for (let t = 0; t < 20; t += 1) {
        const rate = 0.05 + (0.1 * t) / 19;
        const shares = withFloor(
          bestProbabilities(
            rng,
            arms.map((arm) => rateBelief(arm)),
            200,
          ),
          0.1,
        );
        const batch = shares.map((share) => {
          const units = Math.round(1000 * share);
          return { reward: sampleBinomial(rng, units, rate), units };
        });
        const [c = { reward: 0, units: 0 }, b = { reward: 0, units: 0 }] = batch;
        epochs.push({
          candidate: proportionSample(c.reward, c.units),
          baseline: proportionSample(b.reward, b.units),
        });
        arms = arms.map((arm, i) => ({
          reward: arm.reward + (batch[i]?.reward ?? 0),
          units: arm.units + (batch[i]?.units ?? 0),
        }));
      }
      const [x = { reward: 0, units: 1 }, y = { reward: 0, units: 1 }] = arms;
      const whole = [
        {
          candidate: proportionSample(x.reward, x.units),
          baseline: proportionSample(y.reward, y.units),
        },
      ];
      const effect = stratifiedEffect(pooled ? whole : epochs);
      if (testEffect(effect, { alpha: 0.05 }).pValue < 0.05) rejected += 1;
    }
    return rejected / 150;
  };

  test('stratified by epoch it is at its level', () => {
    expect(rejections(false)).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 150));
  });

  test('negative control: pooled it is not', () => {
    expect(rejections(true)).toBeGreaterThan(0.3);
  });
});
