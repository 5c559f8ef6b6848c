/**
 * Monte Carlo: the chance that evidence of harm is ever seen in a healthy rollout. Ville's
 * inequality promises at most α; these runs look after every bucket. Larger versions and negative
 * controls are in test/calibration.
 */
import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import type { Prng } from '../lib/prng.ts';
import { rateRatioRejects, rateRatioStart, rateRatioStep } from './rate-ratio.ts';
import type { Bucket, RateRatioOptions } from './rate-ratio.ts';
import { sampleBucket } from './simulated-buckets.ts';

type Setting = {
  readonly name: string;
  readonly rollouts: number;
  readonly buckets: number;
  readonly options: RateRatioOptions;
  /** The next bucket, given its index and the candidate losses so far. */
  readonly next: (rng: Prng, index: number, lossSoFar: number) => Bucket;
};

const ALPHA = 0.05;

const steady =
  (rate: number, ratio = 1) =>
  (rng: Prng): Bucket =>
    sampleBucket(rng, {
      buckets: 1,
      candidateUnits: 150,
      baselineUnits: 2850,
      baselineRate: rate,
      ratio,
    });

const RAMP = [30, 150, 750, 1500];

const settings: readonly Setting[] = [
  { name: 'rate 0.001', rollouts: 6000, buckets: 30, options: {}, next: steady(0.001) },
  { name: 'rate 0.01', rollouts: 6000, buckets: 30, options: {}, next: steady(0.01) },
  {
    name: 'rate 0.3, Bernoulli form',
    rollouts: 2000,
    buckets: 30,
    options: { form: 'bernoulli' },
    next: steady(0.3),
  },
  {
    name: 'twice the rate, twice tolerated',
    rollouts: 3000,
    buckets: 30,
    options: { ratio0: 2 },
    next: steady(0.01, 2),
  },
  {
    name: 'ramp 1 → 5 → 25 → 50 % with a shared incident (errors x6) at the end',
    rollouts: 2000,
    buckets: 40,
    options: {},
    next: (rng, index) => {
      const candidateUnits = RAMP[Math.floor(index / 10)] ?? 0;
      const baselineRate = index >= 30 ? 0.03 : 0.005;
      const baselineUnits = 3000 - candidateUnits;
      return sampleBucket(rng, {
        buckets: 1,
        candidateUnits,
        baselineUnits,
        baselineRate,
        ratio: 1,
      });
    },
  },
  {
    name: 'a share that grows while the candidate looks bad',
    rollouts: 3000,
    buckets: 30,
    options: {},
    next: (rng, index, lossSoFar) => {
      const candidateUnits = lossSoFar > 1.5 * index ? 600 : 100;
      return sampleBucket(rng, {
        buckets: 1,
        candidateUnits,
        baselineUnits: 2000,
        baselineRate: 0.01,
        ratio: 1,
      });
    },
  },
];

function everRejects(setting: Setting, rng: Prng): boolean {
  let state = rateRatioStart({ ...setting.options, horizonBuckets: setting.buckets });
  let lossSoFar = 0;
  for (let index = 0; index < setting.buckets; index += 1) {
    const bucket = setting.next(rng, index, lossSoFar);
    lossSoFar += bucket.candidateLoss;
    state = rateRatioStep(state, bucket);
    if (rateRatioRejects(state, ALPHA)) return true;
  }
  return false;
}

describe('false alarms stay within α + 3 standard errors', () => {
  test.each(settings)('$name', (setting) => {
    const rng = prng(setting.name);
    let alarms = 0;
    for (let i = 0; i < setting.rollouts; i += 1) if (everRejects(setting, rng)) alarms += 1;
    const rate = alarms / setting.rollouts;
    const standardError = Math.sqrt((ALPHA * (1 - ALPHA)) / setting.rollouts);
    expect(rate).toBeLessThanOrEqual(ALPHA + 3 * standardError);
    // Evidence that never moved would pass the line above; it must be alive.
    expect(rate).toBeGreaterThan(0);
  });
});
