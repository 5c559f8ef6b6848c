/**
 * Regret over 50 000 units in batches of 5000 with arms 0.10, 0.11 and 0.12: stationary, and with
 * the order reversed half-way. Figures are means; the rows to beat are equal shares and ε-greedy.
 */
import { describe, expect, test } from 'vitest';
import type { Prng } from '../../src/core/lib/prng.ts';
import {
  bestProbabilities,
  discounted,
  epsilonGreedyShares,
  equalShares,
  greedy,
  klUcbIndex,
  rateBelief,
  topTwoShares,
  ucb1Index,
  withFloor,
} from '../../src/core/stats/bandit.ts';
import type { ArmReward } from '../../src/core/stats/bandit.ts';
import { ridgeStart, ridgeStep, linUcbIndex } from '../../src/core/stats/linear-bandit.ts';
import { inversePropensity, selfNormalised } from '../../src/core/stats/off-policy.ts';
import { sampleBinomial, sampleIndex, sampleNormal } from '../../src/core/stats/samplers.ts';
import { meanOf } from './monte-carlo.ts';

const RATES = [0.1, 0.11, 0.12];
const BATCH = 5000;
const BATCHES = 10;

type Rule = (rng: Prng, arms: readonly ArmReward[]) => readonly number[];

const thompson: Rule = (rng, arms) =>
  withFloor(
    bestProbabilities(
      rng,
      arms.map((arm) => rateBelief(arm)),
      500,
    ),
    0.01,
  );

const rules = {
  equal: (_rng, arms) => equalShares(arms.length),
  greedy: (_rng, arms) => epsilonGreedyShares(arms, 0.1),
  thompson,
  discounted: thompson,
  topTwo: (rng, arms) =>
    topTwoShares(
      bestProbabilities(
        rng,
        arms.map((arm) => rateBelief(arm)),
        500,
      ),
    ),
  ucb1: (_rng, arms) => {
    const total = arms.reduce((sum, { units }) => sum + units, 0);
    return greedy(arms.map((arm) => ucb1Index(arm, total)));
  },
  klUcb: (_rng, arms) => {
    const total = arms.reduce((sum, { units }) => sum + units, 0);
    return greedy(arms.map((arm) => klUcbIndex(arm, total)));
  },
} satisfies Record<string, Rule>;

function regret(rng: Prng, name: keyof typeof rules, switching: boolean): number {
  let arms: readonly ArmReward[] = RATES.map(() => ({ reward: 0, units: 0 }));
  let lost = 0;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const rates = switching && batch >= BATCHES / 2 ? RATES.toReversed() : RATES;
    const shares = batch === 0 ? equalShares(arms.length) : rules[name](rng, arms);
    const kept = name === 'discounted' ? discounted(arms, 0.7) : arms;
    arms = kept.map((arm, i) => {
      const units = Math.round(BATCH * (shares[i] ?? 0));
      lost += units * (Math.max(...rates) - (rates[i] ?? 0));
      return {
        reward: arm.reward + sampleBinomial(rng, units, rates[i] ?? 0),
        units: arm.units + units,
      };
    });
  }
  return lost;
}

const mean = (name: keyof typeof rules, switching: boolean): number =>
  meanOf(`${name}:${switching}`, 150, (rng) => regret(rng, name, switching));

describe('regret', () => {
  test('stationary: Thompson and ε-greedy earn most, equal shares least', () => {
    const table = { thompson: mean('thompson', false), greedy: mean('greedy', false) };
    expect(mean('equal', false)).toBeCloseTo(500, 0);
    expect(table.thompson).toBeLessThan(160);
    expect(table.greedy).toBeLessThan(200);
    expect(mean('discounted', false)).toBeLessThan(250);
    expect(mean('topTwo', false)).toBeLessThan(400);
    expect(mean('klUcb', false)).toBeLessThan(500);
  });

  test('after a switch: forgetting pays', () => {
    const forgetful = mean('discounted', true);
    expect(forgetful).toBeLessThan(mean('thompson', true) - 50);
    expect(forgetful).toBeLessThan(mean('greedy', true) - 50);
    expect(forgetful).toBeLessThan(400);
  });

  test('UCB1 is wrong for batches: whoever leads gets all of the next', () => {
    expect(mean('ucb1', false)).toBeGreaterThan(2 * mean('thompson', false));
  });
});

describe('contextual', () => {
  test('LinUCB learns which arm is for whom', () => {
    const earned = meanOf('linear', 20, (rng) => {
      const truth = [
        [1, -1],
        [-1, 1],
      ];
      let ridges = truth.map(() => ridgeStart(2));
      let sum = 0;
      for (let t = 0; t < 400; t += 1) {
        const x = [sampleNormal(rng), sampleNormal(rng)];
        const indices = ridges.map((ridge) => linUcbIndex(ridge, x, 1));
        const arm = (indices[0] ?? 0) >= (indices[1] ?? 0) ? 0 : 1;
        const expected = x.reduce((s, value, i) => s + value * (truth[arm]?.[i] ?? 0), 0);
        sum += expected;
        const reward = expected + sampleNormal(rng, 0, 0.3);
        ridges = ridges.map((ridge, i) => (i === arm ? ridgeStep(ridge, x, reward) : ridge));
      }
      return sum / 400;
    });
    // The best possible is E|N(0, 2)| = 2/√π ≈ 1.128.
    expect(earned).toBeGreaterThan(1.05);
  });
});

describe('off-policy', () => {
  test('estimates centre on the truth; normalising makes them steadier', () => {
    const draw = (rng: Prng) =>
      Array.from({ length: 400 }, () => {
        const arm = sampleIndex(rng, [0.9, 0.1]);
        const propensity = arm === 0 ? 0.9 : 0.1;
        return {
          reward: 1 + sampleBinomial(rng, 1, arm === 0 ? 0.2 : 0.6),
          propensity,
          target: 1 - propensity,
        };
      });
    const truth = 0.1 * 1.2 + 0.9 * 1.6;
    const error = (estimate: typeof inversePropensity): number =>
      meanOf('ope', 500, (rng) => (estimate(draw(rng)).value - truth) ** 2);
    const bias = meanOf('bias', 500, (rng) => inversePropensity(draw(rng)).value - truth);
    expect(Math.abs(bias)).toBeLessThan(0.05);
    expect(error(selfNormalised)).toBeLessThan(error(inversePropensity));
  });
});
