import { describe, expect, test } from 'vitest';
import vectors from '../../../test/vectors/stats/planning.json' with { type: 'json' };
import {
  EMPTY_SPIKE_WINDOW,
  hardTrigger,
  lossesToProveSpike,
  spikeWindowStep,
} from './hard-trigger.ts';
import type { HardTriggerVerdict } from './hard-trigger.ts';
import { poissonLogFactor, rateRatio } from './rate-ratio.ts';
import type { Bucket } from './rate-ratio.ts';

function bucket(candidateLoss: number, baselineLoss: number): Bucket {
  return { candidateLoss, candidateUnits: 25, baselineLoss, baselineUnits: 475 };
}

function judge(buckets: readonly Bucket[]): HardTriggerVerdict {
  const window = buckets.reduce((w, b) => spikeWindowStep(w, b), EMPTY_SPIKE_WINDOW);
  return hardTrigger(window, rateRatio(buckets).logE);
}

describe(`gold: ${vectors.source}`, () => {
  test.each(vectors.hardTrigger.rows)('losses to prove at α = $alpha', ({ alpha, losses }) => {
    const computed = vectors.hardTrigger.expected.map((mu) => lossesToProveSpike(mu, alpha));
    expect(computed).toEqual(losses);
  });

  test.each(vectors.hardTrigger.twoArms.rows)('two arms, share $share', ({ share, losses }) => {
    const { alpha, ratio, baselineLosses } = vectors.hardTrigger.twoArms;
    const fewest = baselineLosses.map((baselineLoss) => {
      const units = { candidateUnits: 1e5 * share, baselineUnits: 1e5 * (1 - share), baselineLoss };
      let candidateLoss = 0;
      while (poissonLogFactor({ ...units, candidateLoss }, 1, ratio) < Math.log(1 / alpha)) {
        candidateLoss += 1;
      }
      return candidateLoss;
    });
    expect(fewest).toEqual(losses);
  });
});

const quiet = Array.from({ length: 360 }, (_, i) => bucket(i % 8 === 0 ? 1 : 0, 2));

// R6: five times the baseline, with evidence.
describe('the hard trigger', () => {
  test.each([
    { name: 'nothing', buckets: [], fires: false },
    { name: 'an hour of health', buckets: quiet, fires: false },
    { name: 'four losses out of nowhere', buckets: [bucket(4, 0)], fires: false },
    { name: 'half the requests fail', buckets: [bucket(12, 2)], fires: true },
    { name: 'an hour of health, then half fail', buckets: [...quiet, bucket(12, 2)], fires: true },
    { name: 'both arms fail alike', buckets: [...quiet, bucket(12, 228)], fires: false },
    {
      name: 'a candidate without a baseline',
      buckets: [{ candidateLoss: 20, candidateUnits: 20, baselineLoss: 0, baselineUnits: 0 }],
      fires: false,
    },
  ])('$name: fires $fires', ({ buckets, fires }) => {
    expect(judge(buckets).fires).toBe(fires);
  });

  test('counts since the start of the spike, not since the beginning', () => {
    const verdict = judge([...quiet, bucket(5, 2), bucket(7, 2)]);
    expect(verdict.candidateLoss).toBe(12);
    expect(verdict.buckets).toBe(2);
    expect(verdict.expectedLoss).toBeCloseTo((4 * 25) / 475, 12);
  });

  test('needs all three conditions', () => {
    const window = { score: 9, candidateLoss: 10, expectedLoss: 1, buckets: 3 };
    expect(hardTrigger(window, 7).fires).toBe(true);
    expect(hardTrigger(window, 6.9).fires).toBe(false);
    expect(hardTrigger({ ...window, candidateLoss: 4, expectedLoss: 0 }, 7).fires).toBe(false);
    expect(hardTrigger({ ...window, expectedLoss: 2 }, 7).fires).toBe(false);
  });
});
