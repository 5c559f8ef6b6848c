/**
 * Allocation of traffic by bandits: shares for the next batch from counts so far. Every rule gives
 * probabilities, so that they can be logged with the choice (propensities) and analysed afterwards.
 */
import type { Prng } from '../lib/prng.ts';
import { FLAT_PRIOR } from './bayes.ts';
import type { Beta } from './bayes.ts';
import { requireCount, requireNonNegative, requirePositive, requireThat } from './domain.ts';
import { monotoneRoot } from './quadrature.ts';
import { sampleBeta, sampleNormal } from './samplers.ts';

/**
 * Rewards and units of an arm: yes/no rewards, or a sum of rewards in [0, 1]; discounting makes
 * them real.
 */
export type ArmReward = { readonly reward: number; readonly units: number };

/** A belief about an arm's mean: a beta for rates, a normal for anything else. */
export type Belief =
  | { readonly kind: 'beta'; readonly beta: Beta }
  | { readonly kind: 'normal'; readonly mean: number; readonly sd: number };

/** Draws from which Thompson shares are counted. */
export const DEFAULT_THOMPSON_DRAWS = 10_000;
/** Least share of an arm, added to all. */
export const DEFAULT_FLOOR = 0.02;
/** Units and conversions an arm must have before shares move. */
export const BURN_IN_UNITS = 100;
export const BURN_IN_REWARD = 40;

/** Beta belief of a rate under a prior. */
export function rateBelief(arm: ArmReward, prior: Beta = FLAT_PRIOR): Belief {
  requireThat(arm.reward <= arm.units + 1e-9, 'reward must not exceed units');
  return {
    kind: 'beta',
    beta: { a: prior.a + arm.reward, b: prior.b + Math.max(0, arm.units - arm.reward) },
  };
}

function draw(rng: Prng, belief: Belief): number {
  return belief.kind === 'beta'
    ? sampleBeta(rng, belief.beta.a, belief.beta.b)
    : sampleNormal(rng, belief.mean, belief.sd);
}

/** Probability that each arm is the best (Thompson shares), counted over seeded draws. */
export function bestProbabilities(
  rng: Prng,
  beliefs: readonly Belief[],
  draws: number = DEFAULT_THOMPSON_DRAWS,
): readonly number[] {
  requireCount(draws, 'draws', 1);
  requireThat(beliefs.length > 0, 'no arms');
  const wins = beliefs.map(() => 0);
  for (let i = 0; i < draws; i += 1) {
    let best = 0;
    let highest = -Infinity;
    for (const [arm, belief] of beliefs.entries()) {
      const value = draw(rng, belief);
      if (value > highest) [best, highest] = [arm, value];
    }
    wins[best] = (wins[best] ?? 0) + 1;
  }
  return wins.map((count) => count / draws);
}

/** Expected loss of choosing each arm: E[best - arm], over seeded draws. */
export function expectedLosses(
  rng: Prng,
  beliefs: readonly Belief[],
  draws: number = DEFAULT_THOMPSON_DRAWS,
): readonly number[] {
  const losses = beliefs.map(() => 0);
  for (let i = 0; i < draws; i += 1) {
    const values = beliefs.map((belief) => draw(rng, belief));
    const highest = Math.max(...values);
    for (const [arm, value] of values.entries()) losses[arm] = (losses[arm] ?? 0) + highest - value;
  }
  return losses.map((loss) => loss / draws);
}

/**
 * Top-two shares (Russo 2016): with probability ½ the sampled best, else the best of a redraw that
 * differs. For finding the best arm rather than earning: p_i (½ + ½ Σ_{j≠i} p_j/(1 - p_j)).
 */
export function topTwoShares(best: readonly number[]): readonly number[] {
  const most = Math.max(...best);
  if (most >= 1) {
    // The challenger was never sampled: split its half evenly.
    return best.map((p) => (p >= 1 ? 0.5 : 0.5 / (best.length - 1)));
  }
  const odds = best.map((p) => p / (1 - p));
  const total = odds.reduce((sum, odd) => sum + odd, 0);
  return best.map((p, i) => p * (0.5 + 0.5 * (total - (odds[i] ?? 0))));
}

/**
 * Additive floor f + (1 - n f) w: every arm keeps earning evidence, and propensities stay known.
 */
export function withFloor(
  shares: readonly number[],
  floor: number = DEFAULT_FLOOR,
): readonly number[] {
  requireNonNegative(floor, 'floor');
  requireThat(floor * shares.length <= 1, 'the floors of all arms exceed the whole');
  return shares.map((share) => floor + (1 - shares.length * floor) * share);
}

/** ε-greedy: the best mean gets 1 - ε, and all share ε. Arms never tried count as best. */
export function epsilonGreedyShares(
  arms: readonly ArmReward[],
  epsilon: number,
): readonly number[] {
  requireThat(epsilon >= 0 && epsilon <= 1, 'epsilon must lie in [0, 1]');
  return greedy(arms.map(meanReward)).map((share) => epsilon / arms.length + (1 - epsilon) * share);
}

function meanReward({ reward, units }: ArmReward): number {
  return units > 0 ? reward / units : Infinity;
}

/** All weight on the highest index, shared among ties. */
export function greedy(indices: readonly number[]): readonly number[] {
  const highest = Math.max(...indices);
  const winners = indices.filter((index) => index === highest).length;
  return indices.map((index) => (index === highest ? 1 / winners : 0));
}

/**
 * UCB1 index: mean + scale √(2 ln N / n) (Auer, Cesa-Bianchi & Fischer 2002). Infinite before the
 * first unit.
 */
export function ucb1Index(arm: ArmReward, totalUnits: number, scale = 1): number {
  if (arm.units <= 0) return Infinity;
  return meanReward(arm) + scale * Math.sqrt((2 * Math.log(totalUnits)) / arm.units);
}

/** Bernoulli Kullback-Leibler divergence of p from q. */
export function bernoulliDivergence(p: number, q: number): number {
  const hit = p === 0 ? 0 : p * Math.log(p / q);
  const miss = p === 1 ? 0 : (1 - p) * (Math.log1p(-p) - Math.log1p(-q));
  return hit + miss;
}

/** KL-UCB index: the largest rate q with n kl(mean, q) <= ln N (Garivier & Cappé 2011). */
export function klUcbIndex(arm: ArmReward, totalUnits: number): number {
  if (arm.units <= 0) return Infinity;
  const mean = Math.min(1, Math.max(0, meanReward(arm)));
  if (mean >= 1) return 1;
  const goal = Math.log(Math.max(1, totalUnits)) / arm.units;
  const high = 1 - 1e-15;
  if (bernoulliDivergence(mean, high) <= goal) return 1;
  return monotoneRoot((q) => bernoulliDivergence(mean, q) - goal, {
    low: Math.max(mean, 1e-300),
    high,
  });
}

/** Older batches count less: all counts times gamma in (0, 1], once a batch. */
export function discounted(arms: readonly ArmReward[], gamma: number): readonly ArmReward[] {
  requirePositive(gamma, 'gamma');
  requireThat(gamma <= 1, 'gamma must be at most 1');
  return arms.map(({ reward, units }) => ({ reward: reward * gamma, units: units * gamma }));
}

/** Counts of the last `width` batches only. */
export function slidingWindow(
  batches: readonly (readonly ArmReward[])[],
  width: number,
): readonly ArmReward[] {
  requireCount(width, 'width', 1);
  const recent = batches.slice(-width);
  const first = recent[0] ?? [];
  return first.map((_, arm) =>
    recent.reduce<ArmReward>(
      (sum, batch) => ({
        reward: sum.reward + (batch[arm]?.reward ?? 0),
        units: sum.units + (batch[arm]?.units ?? 0),
      }),
      { reward: 0, units: 0 },
    ),
  );
}

/** Whether shares may move yet: enough units and conversions in every arm. */
export function isBurnedIn(
  arms: readonly ArmReward[],
  least: ArmReward = { units: BURN_IN_UNITS, reward: BURN_IN_REWARD },
): boolean {
  return arms.every((arm) => arm.units >= least.units && arm.reward >= least.reward);
}

/** Shares of the first batches. */
export function equalShares(arms: number): readonly number[] {
  return Array.from({ length: arms }, () => 1 / arms);
}
