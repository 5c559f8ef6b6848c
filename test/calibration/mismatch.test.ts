/**
 * Sample-ratio mismatch at 1440 looks, and counting requests instead of units as negative control.
 */
import { describe, expect, test } from 'vitest';
import {
  anytimePValue,
  logMismatchEvidence,
  mismatchTest,
} from '../../src/core/stats/ratio-mismatch.ts';
import { sampleBinomial } from '../../src/core/stats/samplers.ts';
import { medianOf, shareOf } from './monte-carlo.ts';

const PER_LOOK = 60;

describe('1440 looks at a true split', () => {
  const runs = 500;
  const alarms = (alpha: number, method: 'sequential' | 'fixed'): number =>
    shareOf(`srm:${method}`, runs, (rng) => {
      let candidate = 0;
      for (let look = 1; look <= 1440; look += 1) {
        candidate += sampleBinomial(rng, PER_LOOK, 0.5);
        const stage = { units: [look * PER_LOOK - candidate, candidate], shares: [1, 1] };
        const p =
          method === 'fixed'
            ? mismatchTest(stage).pValue
            : anytimePValue(logMismatchEvidence(stage));
        if (p <= alpha) return true;
      }
      return false;
    });

  test('the sequential test at 1/1000 is quiet', () => {
    expect(alarms(0.001, 'sequential')).toBeLessThanOrEqual(0.003);
  });

  test('negative control: χ² at 5 % at every look fires in half of the rollouts', () => {
    expect(alarms(0.05, 'fixed')).toBeGreaterThan(0.45);
  });
});

describe('detection', () => {
  test.each([
    { share: 0.52, units: 10_600 },
    { share: 0.55, units: 1700 },
  ])('a split of $share is found after about $units units', ({ share, units }) => {
    const median = medianOf(`found:${share}`, 400, (rng) => {
      let candidate = 0;
      for (let n = 50; n <= 200_000; n += 50) {
        candidate += sampleBinomial(rng, 50, share);
        const logE = logMismatchEvidence({ units: [n - candidate, candidate], shares: [1, 1] });
        if (anytimePValue(logE) <= 0.001) return n;
      }
      return Infinity;
    });
    expect(Math.abs(median / units - 1)).toBeLessThan(0.2);
  });

  test('negative control: ten requests a unit counted singly look like a mismatch', () => {
    const alarms = shareOf('requests', 2000, (rng) => {
      const units = sampleBinomial(rng, 500, 0.5);
      return (
        mismatchTest({ units: [10 * units, 10 * (500 - units)], shares: [1, 1] }).pValue < 0.001
      );
    });
    expect(alarms).toBeGreaterThan(0.2);
  });
});
