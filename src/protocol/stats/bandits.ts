import { z } from 'zod';
import { bestProbabilities, discounted, epsilonGreedyShares } from '../../core/stats/bandit.ts';
import { bestArm } from '../../core/stats/best-arm.ts';
import { equalShares, expectedLosses, greedy, isBurnedIn } from '../../core/stats/bandit.ts';
import { DEFAULT_FLOOR, DEFAULT_THOMPSON_DRAWS, klUcbIndex } from '../../core/stats/bandit.ts';
import { rateBelief, slidingWindow, topTwoShares, ucb1Index } from '../../core/stats/bandit.ts';
import { withFloor } from '../../core/stats/bandit.ts';
import type { ArmReward } from '../../core/stats/bandit.ts';
import { linThompsonDraw, linUcbIndex, ridgeCoefficients } from '../../core/stats/linear-bandit.ts';
import { ridgeStart, ridgeStep } from '../../core/stats/linear-bandit.ts';
import { doublyRobust, inversePropensity, selfNormalised } from '../../core/stats/off-policy.ts';
import { stratifiedEffect } from '../../core/stats/off-policy.ts';
import { testEffect } from '../../core/stats/mean-test.ts';
import { strict } from '../admin/shapes.ts';
import { procedure } from './procedure.ts';
import { alpha, least1, nonNegative, positive, real, reals, sample } from './shapes.ts';
import { seed, unit, units } from './shapes.ts';

const DRAWS_MAX = 1_000_000;

const arm = strict({ reward: nonNegative, units: nonNegative }).refine(
  ({ reward, units: n }) => reward <= n,
  { error: 'the reward exceeds the units', path: ['reward'] },
);
const arms = z.array(arm).min(1).max(1_000);
const normal = strict({ mean: real, sd: positive });
const draws = z.number().int().min(1).max(DRAWS_MAX).default(DEFAULT_THOMPSON_DRAWS);
const tried = arms.refine((list) => list.some(({ units: n }) => n > 0), 'no arm was tried');

const unitsIn = (list: readonly ArmReward[]): number =>
  list.reduce((sum, { units: n }) => sum + n, 0);

const contexts = z.array(strict({ x: reals, reward: real }));
const choice = strict({
  reward: real,
  propensity: z.number().gt(0).max(1),
  target: unit,
  predictedChosen: real.exactOptional(),
  predictedPolicy: real.exactOptional(),
});

/** Allocation by bandits, what other allocations would have earned, and inference on them. */
export const banditProcedures = {
  thompson: procedure({
    summary: 'Thompson shares of arms with rates, with top-two shares and expected losses.',
    source: 'bandit',
    input: strict({ arms, draws, seed }),
    run: ({ arms: list, draws: n, seed: rng }) => {
      const beliefs = list.map((one) => rateBelief(one));
      const shares = bestProbabilities(rng, beliefs, n);
      return { shares, topTwo: topTwoShares(shares), losses: expectedLosses(rng, beliefs, n) };
    },
  }),
  'best-arm': procedure({
    summary: 'Chance of every arm to be the best, and what choosing it is expected to lose.',
    source: 'best-arm',
    input: strict({ arms }),
    run: ({ arms: list }) => bestArm(list.map((one) => rateBelief(one))),
  }),
  'thompson-normal': procedure({
    summary: 'The same for normal beliefs about means.',
    source: 'bandit',
    input: strict({ arms: z.array(normal).min(1), draws, seed }),
    run: ({ arms: list, draws: n, seed: rng }) => {
      const beliefs = list.map((one) => ({ kind: 'normal' as const, ...one }));
      const shares = bestProbabilities(rng, beliefs, n);
      return { shares, topTwo: topTwoShares(shares), losses: expectedLosses(rng, beliefs, n) };
    },
  }),
  ucb1: procedure({
    summary: 'UCB1 index of each arm, and the shares it gives.',
    source: 'bandit',
    input: strict({ arms: tried, scale: positive.default(1) }),
    run: ({ arms: list, scale }) => {
      const indices = list.map((one) => ucb1Index(one, unitsIn(list), scale));
      return { indices, shares: greedy(indices) };
    },
  }),
  'kl-ucb': procedure({
    summary: 'KL-UCB index of each arm, and the shares it gives.',
    source: 'bandit',
    input: strict({ arms: tried }),
    run: ({ arms: list }) => {
      const indices = list.map((one) => klUcbIndex(one, unitsIn(list)));
      return { indices, shares: greedy(indices) };
    },
  }),
  'epsilon-greedy': procedure({
    summary: 'ε-greedy shares.',
    source: 'bandit',
    input: strict({ arms, epsilon: unit }),
    run: ({ arms: list, epsilon }) => ({ shares: epsilonGreedyShares(list, epsilon) }),
  }),
  'bandit-floor': procedure({
    summary: 'Shares with an additive floor for each arm.',
    source: 'bandit',
    input: strict({ shares: units, floor: unit.default(DEFAULT_FLOOR) }),
    run: ({ shares, floor }) => ({ shares: withFloor(shares, floor) }),
  }),
  'bandit-burn-in': procedure({
    summary: 'Whether shares may move yet, and the shares until then.',
    source: 'bandit',
    input: strict({ arms }),
    run: ({ arms: list }) => ({ done: isBurnedIn(list), shares: equalShares(list.length) }),
  }),
  'bandit-discounted': procedure({
    summary: 'Counts of earlier batches discounted by gamma.',
    source: 'bandit',
    input: strict({ arms, gamma: z.number().gt(0).max(1) }),
    run: ({ arms: list, gamma }) => ({ arms: discounted(list, gamma) }),
  }),
  'bandit-window': procedure({
    summary: 'Counts of the last batches only.',
    source: 'bandit',
    input: strict({ batches: z.array(arms).min(1), width: least1 }),
    run: ({ batches, width }) => ({ arms: slidingWindow(batches, width) }),
  }),
  'linear-bandit': procedure({
    summary: 'Ridge regression of an arm, its LinUCB index and a Thompson draw in a context.',
    source: 'linear-bandit',
    input: strict({
      history: contexts,
      x: reals,
      penalty: positive.default(1),
      scale: nonNegative.default(1),
      seed,
    }),
    run: ({ history, x, penalty, scale, seed: rng }) => {
      const ridge = history.reduce(
        (state, seen) => ridgeStep(state, seen.x, seen.reward),
        ridgeStart(x.length, penalty),
      );
      return {
        coefficients: ridgeCoefficients(ridge),
        linUcb: linUcbIndex(ridge, x, scale),
        thompsonDraw: linThompsonDraw(rng, ridge, { x, scale }),
      };
    },
  }),
  'off-policy': procedure({
    summary: 'What another policy would have earned: IPS, SNIPS, and DR with predictions.',
    source: 'off-policy',
    input: strict({ log: z.array(choice).min(1) }),
    run: ({ log }) => ({
      ips: inversePropensity(log),
      snips: selfNormalised(log),
      doublyRobust: log.every(
        ({ predictedChosen, predictedPolicy }) =>
          predictedChosen !== undefined && predictedPolicy !== undefined,
      )
        ? doublyRobust(log)
        : null,
    }),
  }),
  'stratified-effect': procedure({
    summary: 'Effect over epochs of constant allocation, and its test.',
    source: 'off-policy',
    input: strict({
      epochs: z.array(strict({ candidate: sample, baseline: sample })).min(1),
      alpha,
    }),
    run: ({ epochs, alpha: level }) => testEffect(stratifiedEffect(epochs), { alpha: level }),
  }),
};
