/**
 * Latency by exceedance of a frozen baseline quantile. Log-normal latency with σ = 0.8, 150
 * candidate and 2850 baseline requests a minute, 60 minutes, α = 0.05.
 */
import { describe, expect, test } from 'vitest';
import type { Prng } from '../../src/core/lib/prng.ts';
import { logMeanE } from '../../src/core/stats/e-values.ts';
import { normalSf } from '../../src/core/stats/normal.ts';
import {
  rateRatioEvidence,
  rateRatioStart,
  rateRatioStep,
} from '../../src/core/stats/rate-ratio.ts';
import { sampleBinomial, sampleLogNormal } from '../../src/core/stats/samplers.ts';
import { atMost, medianOf, shareOf } from './monte-carlo.ts';

const SIGMA = 0.8;
const MINUTES = 60;
const FROZEN_SAMPLES = 2000;

/**
 * Chance that a request exceeds the threshold when `slow` of all requests take `factor` times as
 * long.
 */
type Regression = { readonly slow: number; readonly factor: number };

function exceedance(threshold: number, { slow, factor }: Regression): number {
  const beyond = (scale: number): number => normalSf(Math.log(threshold / scale) / SIGMA);
  return slow * beyond(factor) + (1 - slow) * beyond(1);
}

function minutesToEvidence(rng: Prng, regression: Regression): number {
  const frozen = Array.from({ length: FROZEN_SAMPLES }, () => sampleLogNormal(rng, 0, SIGMA));
  frozen.sort((a, b) => a - b);
  const watched = [0.9, 0.99].map((q) => {
    const threshold = frozen[Math.floor(q * FROZEN_SAMPLES)] ?? Infinity;
    return {
      baseline: exceedance(threshold, { slow: 0, factor: 1 }),
      candidate: exceedance(threshold, regression),
      state: rateRatioStart({
        form: q < 0.95 ? 'bernoulli' : 'poisson',
        horizonBuckets: MINUTES,
      }),
    };
  });
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    for (const watch of watched) {
      watch.state = rateRatioStep(watch.state, {
        candidateLoss: sampleBinomial(rng, 150, watch.candidate),
        candidateUnits: 150,
        baselineLoss: sampleBinomial(rng, 2850, watch.baseline),
        baselineUnits: 2850,
      });
    }
    const logE = logMeanE(watched.map(({ state }) => rateRatioEvidence(state).logE));
    if (logE >= Math.log(20)) return minute;
  }
  return Infinity;
}

describe('exceedance of frozen p90 and p99', () => {
  test('a healthy candidate is left alone', () => {
    const alarms = shareOf('healthy', 1000, (rng) =>
      Number.isFinite(minutesToEvidence(rng, { slow: 1, factor: 1 })),
    );
    expect(alarms).toBeLessThanOrEqual(atMost(0.05, 1000));
  });

  test.each([
    { name: '+10 %', slow: 1, factor: 1.1, minutes: 13 },
    { name: '+20 %', slow: 1, factor: 1.2, minutes: 4 },
    { name: 'x5 on 2 % of requests', slow: 0.02, factor: 5, minutes: 12.5 },
  ])('$name is found in about $minutes min', ({ name, slow, factor, minutes }) => {
    const median = medianOf(name, 400, (rng) => minutesToEvidence(rng, { slow, factor }));
    expect(median).toBeLessThanOrEqual(1.3 * minutes + 1);
    const found = shareOf(`found ${name}`, 300, (rng) =>
      Number.isFinite(minutesToEvidence(rng, { slow, factor })),
    );
    expect(found).toBeGreaterThan(0.93);
  });
});
