/** The judge people come from, on healthy canaries: what its tolerance costs. */
import { describe, expect, test } from 'vitest';
import type { Prng } from '../../src/core/lib/prng.ts';
import { kayentaClassify } from '../../src/core/stats/kayenta.ts';
import { sampleNormal } from '../../src/core/stats/samplers.ts';
import { shareOf } from './monte-carlo.ts';

/** One value a minute, around 100, autocorrelated. */
function series(rng: Prng, phi: number, level = 100): readonly number[] {
  let state = sampleNormal(rng);
  return Array.from({ length: 60 }, () => {
    state = phi * state + Math.sqrt(1 - phi * phi) * sampleNormal(rng);
    return level + state;
  });
}

const falseAlarms = (phi: number): number =>
  shareOf(
    `aa:${phi}`,
    400,
    (rng) => kayentaClassify(series(rng, phi), series(rng, phi)).label !== 'pass',
  );

describe('Kayenta-like classification of equal arms', () => {
  test('independent minutes: at most the 2 % of its interval', () => {
    expect(falseAlarms(0)).toBeLessThan(0.03);
  });

  test('autocorrelated minutes break it', () => {
    expect(falseAlarms(0.7)).toBeGreaterThan(0.08);
    expect(falseAlarms(0.9)).toBeGreaterThan(0.25);
  });

  test('a harmless shift of 1 % fails: the tolerance is relative to the shift', () => {
    const failed = shareOf('tiny', 200, (rng) => {
      const label = kayentaClassify(series(rng, 0, 101), series(rng, 0)).label;
      return label === 'high';
    });
    expect(failed).toBeGreaterThan(0.9);
  });
});
