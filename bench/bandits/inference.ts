import { fork, prng } from '../../src/core/lib/prng.ts';
import type { ArmReward } from '../../src/core/stats/bandit.ts';
import { proportionSample, testEffect, welch } from '../../src/core/stats/mean-test.ts';
import type { Sample } from '../../src/core/stats/mean-test.ts';
import { stratifiedEffect } from '../../src/core/stats/off-policy.ts';
import { rateRatioPath } from '../../src/core/stats/rate-ratio.ts';
import { shareOf } from '../estimate.ts';
import type { Estimate } from '../estimate.ts';
import { play } from './regret.ts';
import type { Run } from './regret.ts';
import { thompsonWithFloor } from './rules.ts';
import { trendAt } from './worlds.ts';
import type { World } from './worlds.ts';

/** The level every test claims. */
export const LEVEL = 0.05;

/** Two arms that are the same in a world whose rate triples. */
const equalArms: World = {
  name: 'two equal arms, trending',
  ratesAt: (batch) => [trendAt(batch), trendAt(batch)],
  delayBatches: 0,
};

const sampleOfArm = ({ reward, units }: ArmReward): Sample => proportionSample(reward, units);
const NOTHING: ArmReward = { reward: 0, units: 0 };
const arm = (batch: readonly ArmReward[], index: number): ArmReward => batch[index] ?? NOTHING;

function pooled({ batches }: Run): boolean {
  const total = (index: number): ArmReward =>
    batches.reduce<ArmReward>(
      (sum, batch) => ({
        reward: sum.reward + arm(batch, index).reward,
        units: sum.units + arm(batch, index).units,
      }),
      NOTHING,
    );
  return welch(sampleOfArm(total(0)), sampleOfArm(total(1)), { alpha: LEVEL }).pValue < LEVEL;
}

function stratified({ batches }: Run): boolean {
  const epochs = batches.map((batch) => ({
    candidate: sampleOfArm(arm(batch, 0)),
    baseline: sampleOfArm(arm(batch, 1)),
  }));
  return testEffect(stratifiedEffect(epochs), { alpha: LEVEL }).pValue < LEVEL;
}

/** Either arm against the other, each at half the level, looked at after every batch. */
function anytime({ batches }: Run): boolean {
  return [0, 1].some((one) => {
    const buckets = batches.map((batch) => ({
      candidateLoss: arm(batch, one).reward,
      candidateUnits: arm(batch, one).units,
      baselineLoss: arm(batch, 1 - one).reward,
      baselineUnits: arm(batch, 1 - one).units,
    }));
    const path = rateRatioPath(buckets, { horizonBuckets: batches.length });
    return path.some(({ logE }) => logE >= Math.log(2 / LEVEL));
  });
}

/** How often each test tells two equal arms apart after Thompson sampling with a floor. */
export type FalseFinds = {
  readonly pooled: Estimate;
  readonly stratified: Estimate;
  readonly anytime: Estimate;
};

/** Counts them over seeded runs. */
export function falseFinds(floor: number, runs: number): FalseFinds {
  const rng = prng(`equal arms/${floor}`);
  const shares = thompsonWithFloor(floor);
  const seen = Array.from({ length: runs }, () => play(fork(rng, 'run'), equalArms, shares));
  const count = (test: (run: Run) => boolean): Estimate => shareOf(seen.filter(test).length, runs);
  return { pooled: count(pooled), stratified: count(stratified), anytime: count(anytime) };
}
