import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import {
  confidenceSequence,
  confidenceSequenceLower,
  sequenceLogE,
  logMixtureRatio,
  sequencePValue,
} from './confidence-sequence.ts';
import { sampleNormal } from './samplers.ts';

/** Two arms from sums and sums of squares, as gbstats's tests give them. */
function arms(): readonly {
  readonly mean: number;
  readonly variance: number;
  readonly n: number;
}[] {
  return [
    { sum: 1396.87, squares: 52_377.9767, n: 3000 },
    { sum: 2422.7, squares: 134_698.29, n: 3461 },
  ].map(({ sum, squares, n }) => ({
    mean: sum / n,
    variance: (squares - (sum * sum) / n) / (n - 1),
    n,
  }));
}

describe('gold: growthbook packages/stats/tests/frequentist/test_tests.py', () => {
  const [a, b] = arms();
  const ma = a?.mean ?? 0;
  const mb = b?.mean ?? 0;
  const va = (a?.variance ?? 0) / (a?.n ?? 1);
  const vb = (b?.variance ?? 0) / (b?.n ?? 1);
  const n = (a?.n ?? 0) + (b?.n ?? 0);
  const relative = {
    value: (mb - ma) / ma,
    sd: Math.sqrt(n * (vb / ma ** 2 + (va * mb ** 2) / ma ** 4)),
    n,
  };
  const absolute = { value: mb - ma, sd: Math.sqrt(n * (va + vb)), n };

  test('two-sided, relative, tuned for 1000', () => {
    const found = confidenceSequence(relative, { alpha: 0.05, tunedFor: 1000 });
    expect(relative.value).toBeCloseTo(0.50336, 5);
    expect(found.lower).toBeCloseTo(-0.55844, 5);
    expect(found.upper).toBeCloseTo(1.56516, 5);
    expect(sequencePValue(relative, { alpha: 0.05, tunedFor: 1000 })).toBe(1);
  });

  test('one-sided lower bounds, tuned for 5000', () => {
    const options = { alpha: 0.05, tunedFor: 5000 };
    expect(confidenceSequenceLower(relative, options)).toBeCloseTo(-0.42356454602790883, 14);
    expect(confidenceSequenceLower(absolute, options)).toBeCloseTo(-0.12656844172804982, 14);
  });
});

describe('gold: mixture SPRT, derived (σ = 1, τ² = 0.01)', () => {
  test.each([
    { n: 100, value: 0.2, ratio: 1.9221155 },
    { n: 1000, value: 0.1, ratio: 28.4033447 },
    { n: 1000, value: 0.05, ratio: 0.9393342 },
  ])('n = $n, mean $value', ({ n, value, ratio }) => {
    expect(Math.exp(logMixtureRatio({ value, sd: 1, n }, 0.01))).toBeCloseTo(ratio, 7);
  });
});

describe('confidence sequences', () => {
  test('cover the mean at all looks with probability above 1 - α', () => {
    const rng = prng('sequence');
    let misses = 0;
    for (let run = 0; run < 400; run += 1) {
      let sum = 0;
      let squares = 0;
      let missed = false;
      for (let n = 1; n <= 600; n += 1) {
        const x = sampleNormal(rng, 1, 2);
        sum += x;
        squares += x * x;
        if (n < 50) continue;
        const value = sum / n;
        const sd = Math.sqrt(Math.max(0, squares / n - value * value));
        const { lower, upper } = confidenceSequence(
          { value, sd, n },
          { alpha: 0.05, tunedFor: 200 },
        );
        if (lower > 1 || upper < 1) missed = true;
      }
      if (missed) misses += 1;
    }
    expect(misses / 400).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 400));
  });

  test('no data say nothing, and the p-value agrees with the interval', () => {
    const options = { alpha: 0.05, tunedFor: 500 };
    expect(confidenceSequence({ value: 0, sd: 1, n: 0 }, options).upper).toBe(Infinity);
    const estimate = { value: 0.3, sd: 1, n: 400 };
    const { lower } = confidenceSequence(estimate, options);
    const touching = { ...estimate, value: estimate.value - lower };
    expect(sequencePValue(touching, options)).toBeCloseTo(0.05, 10);
    expect(confidenceSequenceLower(estimate, options)).toBeGreaterThan(lower);
  });

  test('evidence reaches 1/α exactly where the one-sided bound leaves 0', () => {
    const options = { alpha: 0.01, tunedFor: 500 };
    for (const n of [10, 400, 1e6]) {
      const estimate = { value: 0.3, sd: 1, n };
      const touching = { ...estimate, value: 0.3 - confidenceSequenceLower(estimate, options) };
      expect(sequenceLogE(touching, options)).toBeCloseTo(Math.log(100), 9);
    }
    expect(sequenceLogE({ value: 5, sd: 0.1, n: 1e6 }, options)).toBeGreaterThan(1e6);
    for (const none of [
      { value: -1, sd: 1, n: 100 },
      { value: 1, sd: 0, n: 100 },
      { value: 1, sd: 1, n: 0 },
    ]) {
      expect(sequenceLogE(none, options)).toBe(0);
    }
  });
});
