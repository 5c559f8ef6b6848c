import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import vectors from '../../../test/vectors/stats/proportion.json' with { type: 'json' };
import {
  clopperPearson,
  miettinenNurminen,
  missesAllowed,
  scoreStatistic,
  scoreTestZ,
  wilson,
} from './proportion.ts';
import type { Comparison, Proportion } from './proportion.ts';

const pair = ([hits = 0, trials = 0]: readonly number[]): Proportion => ({ hits, trials });

/** Digits printed by the source: the long rows to 12, the short ones to 7. */
const digitsOf = (value: number): number => (String(value).length > 14 ? 12 : 7);

describe(`gold: ${vectors.source}`, () => {
  test.each(vectors.level95)('$hits of $trials', ({ hits, trials, wilson: w, exact }) => {
    const score = wilson({ hits, trials }, 0.05);
    const cp = clopperPearson({ hits, trials }, 0.05);
    const rows = [
      [score.lower, w[0]],
      [score.upper, w[1]],
      [cp.lower, exact[0]],
      [cp.upper, exact[1]],
    ] as const;
    for (const [actual, printed = Number.NaN] of rows) {
      expect(actual).toBeCloseTo(printed, digitsOf(printed));
    }
  });

  test.each(vectors.miettinenNurminen)('Miettinen-Nurminen $comparison $first $second', (row) => {
    const comparison = row.comparison as Comparison;
    const found = miettinenNurminen(pair(row.first), pair(row.second), { comparison, alpha: 0.05 });
    const [lower = Number.NaN, upper = Number.NaN] = row.interval;
    expect(found.lower).toBeCloseTo(lower, row.digits);
    expect(found.upper).toBeCloseTo(upper, row.digits);
  });
});

describe(`gold: ${vectors.missesAllowed.source}`, () => {
  const { trials, at95, at975, goal, fewestTrials } = vectors.missesAllowed;
  test('misses allowed', () => {
    expect(trials.map((n) => missesAllowed(n, goal, 0.05))).toEqual(at95);
    expect(trials.map((n) => missesAllowed(n, goal, 0.025) ?? null)).toEqual(at975);
  });

  test('fewest trials for 0, 1, 2, … misses', () => {
    for (const [misses, n] of fewestTrials.entries()) {
      expect(missesAllowed(n, goal, 0.05)).toBe(misses);
      expect(missesAllowed(n - 1, goal, 0.05) ?? -1).toBe(misses - 1);
    }
  });
});

const data = fc
  .record({
    trials: fc.integer({ min: 1, max: 400 }),
    share: fc.integer({ min: 0, max: 100 }),
  })
  .map(({ trials, share }) => ({ trials, hits: Math.round((share * trials) / 100) }));

describe('laws', () => {
  test('the exact interval contains the estimate and mirrors with successes swapped', () => {
    fc.assert(
      fc.property(data, (d) => {
        const { lower, upper } = clopperPearson(d, 0.05);
        expect(lower).toBeLessThanOrEqual(d.hits / d.trials);
        expect(upper).toBeGreaterThanOrEqual(d.hits / d.trials);
        const mirror = clopperPearson({ hits: d.trials - d.hits, trials: d.trials }, 0.05);
        expect(mirror.lower).toBeCloseTo(1 - upper, 9);
      }),
    );
  });

  test('swapping the arms negates the difference and inverts the ratio', () => {
    fc.assert(
      fc.property(data, data, (a, b) => {
        const ab = miettinenNurminen(a, b, { comparison: 'difference', alpha: 0.1 });
        const ba = miettinenNurminen(b, a, { comparison: 'difference', alpha: 0.1 });
        expect(ab.lower).toBeCloseTo(-ba.upper, 6);
        fc.pre(a.hits > 0 && b.hits > 0);
        const ratio = miettinenNurminen(a, b, { comparison: 'ratio', alpha: 0.1 });
        const inverse = miettinenNurminen(b, a, { comparison: 'ratio', alpha: 0.1 });
        expect(Math.log(ratio.lower)).toBeCloseTo(-Math.log(inverse.upper), 5);
      }),
    );
  });

  test('the statistic is 0 at the estimate and signed around it', () => {
    const a = { hits: 30, trials: 100 };
    const b = { hits: 20, trials: 100 };
    const at = (delta: number) => ({ comparison: 'difference', delta }) as const;
    expect(scoreStatistic(a, b, at(0.1))).toBeCloseTo(0, 12);
    expect(scoreTestZ(a, b, at(0))).toBeGreaterThan(0);
    expect(scoreTestZ(a, b, at(0.2))).toBeLessThan(0);
  });

  test('no successes anywhere leave the ratio open', () => {
    const none = { hits: 0, trials: 10 };
    expect(miettinenNurminen(none, none, { comparison: 'ratio', alpha: 0.05 })).toEqual({
      lower: 0,
      upper: Infinity,
    });
  });
});
