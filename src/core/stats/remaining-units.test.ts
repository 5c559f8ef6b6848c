import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import { effectOf, sampleOf } from './mean-test.ts';
import { factorNeeded, powerAfter } from './remaining-units.ts';
import type { JudgingRule, PowerGoal } from './remaining-units.ts';
import { sizeForMeans } from './sample-size.ts';
import { sampleNormal } from './samplers.ts';

const goal = (rule: JudgingRule, effect = 0.05): PowerGoal => ({
  effect,
  alpha: 0.05,
  comparisons: 1,
  rule,
});

describe('gold: growthbook packages/stats/tests/test_midexperimentpower.py', () => {
  const baseline = sampleOf({ n: 500, sum: 499.99999999999994, squares: 1499.999999999999 });
  const candidate = sampleOf({ n: 500, sum: 525.0000000000008, squares: 1551.2499999999998 });
  const underway = { se: effectOf(candidate, baseline, 'relative').se, units: 1_000 };

  test.each<{ readonly rule: JudgingRule; readonly factor: number }>([
    { rule: { kind: 'fixed' }, factor: 25.45703125 },
    { rule: { kind: 'sequence', tunedFor: 5_000 }, factor: 55.66796875 },
    { rule: { kind: 'posterior', prior: { mean: 0.05, variance: 0.001 } }, factor: 13.9404296875 },
  ])('$rule.kind', ({ rule, factor }) => {
    // Its search ends once the power is within 1e-5 of .8; so must ours be there.
    expect(powerAfter(underway, goal(rule), factor)).toBeCloseTo(0.8, 4);
    expect(factorNeeded(underway, goal(rule), 0.8) / factor).toBeCloseTo(1, 4);
    expect(powerAfter(underway, goal(rule), factorNeeded(underway, goal(rule), 0.8))).toBeCloseTo(
      0.8,
      10,
    );
  });
});

describe('what is still needed', () => {
  test('is the planned size less what there is', () => {
    const { total } = sizeForMeans(0.1, { candidate: 1, baseline: 1 }, { alpha: 0.05, power: 0.8 });
    const underway = { se: Math.sqrt(4 / 100), units: 100 };
    const factor = factorNeeded(underway, goal({ kind: 'fixed' }, 0.1), 0.8);
    expect(100 * (1 + factor)).toBeCloseTo(total, 1);
  });

  test('is nothing when there is enough, and without end when nothing is', () => {
    const fixed = goal({ kind: 'fixed' });
    expect(factorNeeded({ se: 0.001, units: 1_000 }, fixed, 0.8)).toBe(0);
    expect(factorNeeded({ se: 1e9, units: 1_000 }, fixed, 0.8)).toBe(Infinity);
  });

  test('is more for many comparisons, for looks at any time, and for smaller effects', () => {
    const underway = { se: 0.05, units: 1_000 };
    const needed = (over: Partial<PowerGoal>) =>
      factorNeeded(underway, { ...goal({ kind: 'fixed' }), ...over }, 0.8);
    expect(needed({ comparisons: 5 })).toBeGreaterThan(needed({}));
    expect(needed({ rule: { kind: 'sequence', tunedFor: 5_000 } })).toBeGreaterThan(needed({}));
    expect(needed({ effect: -0.02 })).toBeGreaterThan(needed({}));
  });

  test('the power is what draws show', () => {
    const rng = prng('power');
    const underway = { se: 0.1, units: 1_000 };
    const fixed = goal({ kind: 'fixed' }, 0.15);
    const sd = 0.1 / Math.sqrt(3);
    let found = 0;
    for (let run = 0; run < 2_000; run += 1) {
      if (Math.abs(sampleNormal(rng, 0.15, sd)) > 1.959964 * sd) found += 1;
    }
    expect(Math.abs(found / 2_000 - powerAfter(underway, fixed, 2))).toBeLessThan(0.03);
  });
});
