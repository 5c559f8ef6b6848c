import { addUnits, noUnits } from '../feedback/outcome.ts';
import type { UnitSums } from '../feedback/outcome.ts';
import { rateBelief } from '../stats/bandit.ts';
import type { ArmReward, Belief } from '../stats/bandit.ts';
import { advantageOf, sampleOfUnits } from './compare.ts';
import { strataOf } from './bandit-data.ts';
import type { BanditData, Stratum } from './bandit-data.ts';
import type { BanditSpec } from './outcome-spec.ts';

/** What is thought of an arm that is still in. */
export type ArmBelief = {
  /** Index among the rollout's arms. */
  readonly at: number;
  /** Mean of the metric over the strata, each weighted by all its units. */
  readonly mean: number;
  /** Of the mean; 0 while too little is known. */
  readonly sd: number;
  /** As many units in one stratum would know it as well. */
  readonly units: number;
  /** Of its advantage: higher is better, whatever the metric. */
  readonly belief: Belief;
  /** The same as rewards of a rate in [0, 1], or as an advantage of any size. */
  readonly reward: ArmReward;
};

/**
 * Beliefs about the arms that are in, by post-stratification: mean = Σ w m with w the stratum's
 * part of all units, variance = s² Σ w²/n. With constant shares this is the arm's plain mean. Null
 * while some arm is in no stratum.
 */
export function beliefsOf(data: BanditData, spec: BanditSpec): readonly ArmBelief[] | null {
  const strata = strataOf(data, spec);
  const beliefs = data.live.map((at) => cellBelief(at, strata, spec));
  const known = beliefs.filter((one) => one !== null);
  return known.length === beliefs.length && known.length > 0 ? known : null;
}

/** The same of one arm; null while too little is known of it in some stratum. */
export function cellBelief(
  at: number,
  strata: readonly Stratum[],
  spec: BanditSpec,
): ArmBelief | null {
  const { reward: metric } = spec;
  const whole = strata.reduce((sum, { units, weight }) => sum + units * weight, 0);
  let total: UnitSums = noUnits;
  let mean = 0;
  let perUnit = 0;
  for (const { arms, units, weight } of strata) {
    const sums = arms[at] ?? noUnits;
    const sample = sampleOfUnits(sums, metric);
    if (sample === null) return null;
    const part = (units * weight) / whole;
    mean += part * sample.mean;
    perUnit += part ** 2 / (sums.units * weight);
    total = addUnits(total, sums);
  }
  const variance = sampleOfUnits(total, metric)?.variance;
  if (variance === undefined || perUnit === 0) return null;
  const units = 1 / perUnit;
  const sd = Math.sqrt(variance / units);
  const advantage = advantageOf(mean, metric);
  if (metric.kind !== 'proportion') {
    const reward = { reward: advantage * units, units };
    return { at, mean, sd, units, belief: { kind: 'normal', mean: advantage, sd }, reward };
  }
  const rate = Math.min(1, Math.max(0, metric.better === 'higher' ? mean : 1 - mean));
  const reward = { reward: rate * units, units };
  return { at, mean, sd, units, belief: rateBelief(reward), reward };
}

/** Whether every arm that is in has enough for the shares to move. */
export function isWarm(data: BanditData, totals: readonly UnitSums[], spec: BanditSpec): boolean {
  const { reward, burnIn } = spec;
  return data.live.every((at) => {
    const { units, sum, answered } = totals[at] ?? noUnits;
    const responses = reward.kind === 'proportion' ? Math.min(sum, answered) : answered;
    return units >= burnIn.units && responses >= burnIn.responses;
  });
}
