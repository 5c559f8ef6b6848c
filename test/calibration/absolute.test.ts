/**
 * Absolute limits: null rates, agreement, the hard trigger; and whether promised times come true.
 */
import { describe, expect, test } from 'vitest';
import type { Prng } from '../../src/core/lib/prng.ts';
import { agreementReport } from '../../src/core/stats/agreement.ts';
import {
  EMPTY_SPIKE_WINDOW,
  hardTrigger,
  spikeWindowStep,
} from '../../src/core/stats/hard-trigger.ts';
import {
  oneSampleEvidence,
  oneSampleStart,
  oneSampleStep,
} from '../../src/core/stats/one-sample.ts';
import { promotionStart, promotionStep } from '../../src/core/stats/promotion.ts';
import {
  rateRatioEvidence,
  rateRatioRejects,
  rateRatioStart,
  rateRatioStep,
} from '../../src/core/stats/rate-ratio.ts';
import { sampleBeta, sampleBinomial } from '../../src/core/stats/samplers.ts';
import { sampleBucket } from '../../src/core/stats/simulated-buckets.ts';
import { bucketsToVerdict } from '../../src/core/stats/time-to-verdict.ts';
import { atMost, medianOf, shareOf } from './monte-carlo.ts';

describe('null rate against 1 %', () => {
  const exceeds = (rng: Prng, rate: number, draw: (rng: Prng) => number): boolean => {
    let state = oneSampleStart({ rate0: 0.01, direction: 'harm', horizonBuckets: 60 });
    for (let t = 0; t < 60; t += 1) {
      state = oneSampleStep(state, { loss: draw(rng), units: 100 });
      if (oneSampleEvidence(state).logE >= Math.log(100)) return true;
    }
    return rate > 1;
  };

  test('at the limit: alarms within α = 0.01', () => {
    const alarms = shareOf('limit', 20_000, (rng) =>
      exceeds(rng, 0.01, (r) => sampleBinomial(r, 100, 0.01)),
    );
    expect(alarms).toBeLessThanOrEqual(atMost(0.01, 20_000));
    expect(alarms).toBeGreaterThan(0);
  });

  test('partial losses with the same mean stay within α', () => {
    const alarms = shareOf('partial', 300, (rng) =>
      exceeds(rng, 0.01, (r) => {
        let sum = 0;
        for (let i = 0; i < 100; i += 1) sum += sampleBeta(r, 0.02, 1.98);
        return sum;
      }),
    );
    expect(alarms).toBeLessThanOrEqual(atMost(0.01, 300));
  });

  test('three times the limit is found', () => {
    const found = shareOf('three', 1000, (rng) =>
      exceeds(rng, 0.03, (r) => sampleBinomial(r, 100, 0.03)),
    );
    expect(found).toBeGreaterThan(0.99);
  });
});

describe('agreement of 98 %', () => {
  test('a model that disagrees in 2 % is let through with probability at most α', () => {
    const passed = shareOf('agreement', 4000, (rng) => {
      let disagreements = 0;
      for (let units = 100; units <= 3000; units += 100) {
        disagreements += sampleBinomial(rng, 100, 0.02);
        if (agreementReport({ disagreements, units }, { alpha: 0.05 }).reached.anytime) return true;
      }
      return false;
    });
    expect(passed).toBeLessThanOrEqual(atMost(0.05, 4000));
    expect(passed).toBeGreaterThan(0.005);
  });
});

describe('the hard trigger, 60 minutes of 10-second buckets', () => {
  const stretch = { buckets: 360, candidateUnits: 25, baselineUnits: 475, baselineRate: 0.005 };
  const firesAt = (rng: Prng, ratio: number, rule: 'ours' | 'naive'): number => {
    let state = rateRatioStart({ horizonBuckets: 360 });
    let window = EMPTY_SPIKE_WINDOW;
    let minute = { s: 0, b: 0 };
    for (let t = 1; t <= 360; t += 1) {
      const bucket = sampleBucket(rng, { ...stretch, ratio });
      state = rateRatioStep(state, bucket);
      window = spikeWindowStep(window, bucket);
      minute = { s: minute.s + bucket.candidateLoss, b: minute.b + bucket.baselineLoss };
      if (rule === 'ours' && hardTrigger(window, rateRatioEvidence(state).logE).fires) return t;
      if (rule === 'naive' && t % 6 === 0) {
        if (minute.s / 150 > (5 * minute.b) / 2850) return t;
        minute = { s: 0, b: 0 };
      }
    }
    return Infinity;
  };

  test('a healthy candidate is stopped in at most 1 of 1000 rollouts', () => {
    const fired = shareOf('calm', 3000, (rng) => Number.isFinite(firesAt(rng, 1, 'ours')));
    expect(fired).toBeLessThanOrEqual(atMost(0.001, 3000));
  });

  test('negative control: "above 5 x baseline this minute" fires in most', () => {
    const fired = shareOf('naive', 500, (rng) => Number.isFinite(firesAt(rng, 1, 'naive')));
    expect(fired).toBeGreaterThan(0.5);
  });

  test('a twentyfold spike is stopped within a minute', () => {
    expect(medianOf('spike', 500, (rng) => firesAt(rng, 20, 'ours'))).toBeLessThanOrEqual(6);
  });
});

describe('promised times', () => {
  const typical = { candidateUnits: 150, baselineUnits: 2850, baselineLoss: 14.25 };
  const stretch = { buckets: 1, candidateUnits: 150, baselineUnits: 2850, baselineRate: 0.005 };

  test('the projected bucket of a rollback is near the median', () => {
    const start = rateRatioStart({ horizonBuckets: 120 });
    const promised = bucketsToVerdict(
      start,
      { ...typical, candidateLoss: 1.5 },
      { alpha: 0.01, half: 'combined' },
    );
    const median = medianOf('rollback', 2000, (rng) => {
      let state = start;
      for (let t = 1; t <= 400; t += 1) {
        state = rateRatioStep(state, sampleBucket(rng, { ...stretch, ratio: 2 }));
        if (rateRatioRejects(state, 0.01)) return t;
      }
      return Infinity;
    });
    expect(Math.abs(promised / median - 1)).toBeLessThan(0.25);
  });

  test('the projected bucket of a promotion is near the median', () => {
    const start = promotionStart({ margin: 2 });
    const promised = bucketsToVerdict(
      start,
      { ...typical, candidateLoss: 0.75 },
      { alpha: 0.05, half: 'cumulative' },
    );
    const median = medianOf('promotion', 2000, (rng) => {
      let state = start;
      for (let t = 1; t <= 400; t += 1) {
        state = promotionStep(state, sampleBucket(rng, { ...stretch, ratio: 1 }));
        if (rateRatioEvidence(state).logECumulative >= Math.log(20)) return t;
      }
      return Infinity;
    });
    // The mean path is the cautious side: chance carries most rollouts over earlier.
    expect(promised / median).toBeGreaterThanOrEqual(1);
    expect(promised / median).toBeLessThan(1.4);
  });
});
