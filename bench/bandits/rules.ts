import type { Prng } from '../../src/core/lib/prng.ts';
import {
  bestProbabilities,
  DEFAULT_FLOOR,
  discounted,
  epsilonGreedyShares,
  equalShares,
  greedy,
  klUcbIndex,
  rateBelief,
  slidingWindow,
  topTwoShares,
  ucb1Index,
  withFloor,
} from '../../src/core/stats/bandit.ts';
import type { ArmReward, Belief } from '../../src/core/stats/bandit.ts';

/** What is known when a batch begins: the batches whose rewards have arrived, oldest first. */
export type Known = readonly (readonly ArmReward[])[];

/** Shares of the next batch by what is known. */
export type Rule = {
  readonly name: string;
  readonly shares: (rng: Prng, known: Known) => readonly number[];
};

/** Enough for shares within 2 %, which is less than a floor. */
const DRAWS = 500;
const EPSILON = 0.1;
/** What a batch still counts one batch later. */
const GAMMA = 0.7;
const WINDOW_BATCHES = 3;

const sums = (known: Known): readonly ArmReward[] => slidingWindow(known, known.length);

const unitsOf = (arms: readonly ArmReward[]): number =>
  arms.reduce((sum, { units }) => sum + units, 0);

const forgetting = (known: Known): readonly ArmReward[] =>
  known.reduce<readonly ArmReward[]>(
    (arms, batch) =>
      discounted(arms, GAMMA).map((arm, i) => ({
        reward: arm.reward + (batch[i]?.reward ?? 0),
        units: arm.units + (batch[i]?.units ?? 0),
      })),
    (known[0] ?? []).map(() => ({ reward: 0, units: 0 })),
  );

/** The normal approximation that any metric with a mean and a variance has. */
const normalBelief = ({ reward, units }: ArmReward): Belief => {
  const mean = (reward + 1) / (units + 2);
  return { kind: 'normal', mean, sd: Math.sqrt((mean * (1 - mean)) / (units + 2)) };
};

/** Thompson shares over some counts, with the floor that everything in production has. */
export const thompson =
  (counts: (known: Known) => readonly ArmReward[], floor: number = DEFAULT_FLOOR) =>
  (rng: Prng, known: Known): readonly number[] => {
    const beliefs = counts(known).map((arm) => rateBelief(arm));
    return withFloor(bestProbabilities(rng, beliefs, DRAWS), floor);
  };

/** Thompson shares over all counts, with a floor. */
export const thompsonWithFloor = (floor: number): Rule['shares'] => thompson(sums, floor);

function gaussianThompson(rng: Prng, known: Known): readonly number[] {
  return withFloor(bestProbabilities(rng, sums(known).map(normalBelief), DRAWS));
}

function topTwo(rng: Prng, known: Known): readonly number[] {
  const beliefs = sums(known).map((arm) => rateBelief(arm));
  return withFloor(topTwoShares(bestProbabilities(rng, beliefs, DRAWS)));
}

const byIndex =
  (index: (arm: ArmReward, totalUnits: number) => number) =>
  (_rng: Prng, known: Known): readonly number[] => {
    const arms = sums(known);
    return greedy(arms.map((arm) => index(arm, unitsOf(arms))));
  };

/** Every rule that needs no context; the first is what the others are compared with. */
export const RULES: readonly Rule[] = [
  { name: 'equal split', shares: (_rng, known) => equalShares(known[0]?.length ?? 0) },
  {
    name: 'ε-greedy, 10 %',
    shares: (_rng, known) => epsilonGreedyShares(sums(known), EPSILON),
  },
  { name: 'Thompson, beta', shares: thompson(sums) },
  { name: 'Thompson, Gaussian', shares: gaussianThompson },
  { name: 'top-two Thompson', shares: topTwo },
  { name: 'discounted Thompson, 0.7', shares: thompson(forgetting) },
  {
    name: 'Thompson, last 3 batches',
    shares: thompson((known) => slidingWindow(known, WINDOW_BATCHES)),
  },
  { name: 'UCB1', shares: byIndex(ucb1Index) },
  { name: 'KL-UCB', shares: byIndex(klUcbIndex) },
];
