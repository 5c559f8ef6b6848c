import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prng, uniform } from '../lib/prng.ts';
import {
  DEFAULT_BAND_FACTOR,
  DEFAULT_QUANTILE_SPACING,
  distributionBand,
  quantileBand,
} from './empirical-boundary.ts';

const band = { alpha: 0.05, unitsMin: 100, factor: DEFAULT_BAND_FACTOR };
const quantiles = { alpha: 0.05, tunedFor: 100, spacing: DEFAULT_QUANTILE_SPACING };

describe('gold: confseq test/uniform_boundaries_unittest.cpp, t = 1000, α = 0.05', () => {
  test('the uniform band', () => {
    // That test allows 1e-5. The paper's formula at 30 digits, by mpmath: 0.08204778770914847.
    expect(distributionBand(1_000, band)).toBeCloseTo(0.08204769, 5);
    expect(distributionBand(1_000, band)).toBeCloseTo(0.08204778770914847, 14);
  });

  test.each([
    { p: 0.5, bound: 68.62803 },
    { p: 0.9, bound: 43.72119 },
    { p: 0.1, bound: 59.96521 },
  ])('double stitching at $p', ({ p, bound }) => {
    expect(quantileBand(p, 1_000, quantiles)).toBeCloseTo(bound, 5);
  });
});

describe('bands', () => {
  test('say nothing before they begin', () => {
    expect(distributionBand(99, band)).toBe(Infinity);
    expect(distributionBand(100, band)).toBeLessThan(1);
  });

  test('narrow with units and widen with confidence', () => {
    const units = fc.integer({ min: 100, max: 1_000_000 });
    const alphas = fc.double({ min: 1e-6, max: 0.4, noNaN: true });
    fc.assert(
      fc.property(units, alphas, (t, alpha) => {
        const at = (n: number, level: number) => distributionBand(n, { ...band, alpha: level });
        expect(at(2 * t, alpha)).toBeLessThan(at(t, alpha));
        expect(at(t, alpha / 2)).toBeGreaterThan(at(t, alpha));
        const counts = (n: number) => quantileBand(0.2, n, { ...quantiles, alpha }) / n;
        expect(counts(2 * t)).toBeLessThan(counts(t));
      }),
      { numRuns: 30 },
    );
  });

  test('hold a walk of 3,000 uniform values at every look', () => {
    let outside = 0;
    for (let run = 0; run < 60; run += 1) {
      if (leavesBand(`band:${run}`)) outside += 1;
    }
    expect(outside / 60).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 60));
  });
});

/** Whether the counts below nine thresholds ever leave either band. */
function leavesBand(seed: string): boolean {
  const rng = prng(seed);
  const thresholds = Array.from({ length: 9 }, (_, i) => (i + 1) / 10);
  const below = thresholds.map(() => 0);
  for (let t = 1; t <= 3_000; t += 1) {
    const x = uniform(rng);
    for (const [i, threshold] of thresholds.entries()) {
      if (x <= threshold) below[i] = (below[i] ?? 0) + 1;
    }
    if (t < 100 || t % 50 !== 0) continue;
    const width = distributionBand(t, band);
    for (const [i, p] of thresholds.entries()) {
      const excess = (below[i] ?? 0) - p * t;
      if (Math.abs(excess) > width * t || excess > quantileBand(p, t, quantiles)) return true;
    }
  }
  return false;
}
