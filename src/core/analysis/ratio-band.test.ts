import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyBucket as bucket } from '../../../test/any-bucket.ts';
import { prng } from '../lib/prng.ts';
import { rateRatio } from '../stats/rate-ratio.ts';
import type { Bucket } from '../stats/rate-ratio.ts';
import { sampleBinomial, samplePoisson } from '../stats/samplers.ts';
import { bandInterval, emptyBand, extendBand } from './ratio-band.ts';
import type { RatioBand } from './ratio-band.ts';

const ALPHA = 0.05;
/** Two, six and thirteen quarters of a doubling. */
const multiples = [2 ** 0.5, 2 ** 1.5, 2 ** 3.25];
const ladder = Array.from({ length: 49 }, (_, i) => 2 ** (i / 4 - 6));

const bandOf = (buckets: readonly Bucket[]): RatioBand => buckets.reduce(extendBand, emptyBand);

describe('the interval people are shown', () => {
  test('holds the ratios that neither process rejects', () => {
    fc.assert(
      fc.property(fc.array(bucket, { minLength: 1, maxLength: 30 }), (buckets) => {
        const needed = Math.log(2 / ALPHA);
        const logE = (ratio0: number, grid: readonly number[]): number =>
          rateRatio(buckets, { ratio0, grid }).logECumulative;
        const inverses = multiples.map((one) => 1 / one);
        const kept = ladder.filter(
          (ratio) => logE(ratio, multiples) < needed && logE(ratio, inverses) < needed,
        );
        const interval = bandInterval(bandOf(buckets), ALPHA) ?? [0, null];
        // One that is rejected on both sides leaves nothing; the data then fit no ratio at all.
        if (kept.length === 0) return;
        expect(interval[0]).toBeLessThanOrEqual(kept[0] ?? 0);
        expect(interval[1] ?? Infinity).toBeGreaterThanOrEqual(kept.at(-1) ?? 0);
        const within = ladder.filter((one) => one > interval[0] && one < (interval[1] ?? Infinity));
        expect(within).toEqual(kept);
      }),
      { numRuns: 60 },
    );
  });

  test('leaves the true ratio out in at most one rollout of twenty, at any time', () => {
    const rollouts = 400;
    let missed = 0;
    for (let seed = 0; seed < rollouts; seed += 1) {
      const rng = prng(`band/${seed}`);
      let band = emptyBand;
      let isMissed = false;
      for (let i = 0; i < 40; i += 1) {
        const [nc, nb] = [samplePoisson(rng, 50), samplePoisson(rng, 450)];
        band = extendBand(band, {
          candidateUnits: nc,
          candidateLoss: sampleBinomial(rng, nc, 0.04),
          baselineUnits: nb,
          baselineLoss: sampleBinomial(rng, nb, 0.02),
        });
        const [low, high] = bandInterval(band, ALPHA) ?? [0, null];
        isMissed ||= low > 2 || (high !== null && high < 2);
      }
      if (isMissed) missed += 1;
    }
    const margin = 3 * Math.sqrt((ALPHA * (1 - ALPHA)) / rollouts);
    expect(missed / rollouts).toBeLessThanOrEqual(ALPHA + margin);
  });

  test('is unknown before the first loss', () => {
    const quiet = { candidateUnits: 9, candidateLoss: 0, baselineUnits: 9, baselineLoss: 0 };
    expect(bandInterval(bandOf([quiet]), ALPHA)).toBeNull();
  });
});
