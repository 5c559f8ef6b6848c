import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prng } from '../lib/prng.ts';
import type { Prng } from '../lib/prng.ts';
import { totalVariation } from './divergence.ts';
import { sampleIndex } from './samplers.ts';
import {
  shiftAboveLogE,
  shiftBelowLogE,
  shiftBin,
  shiftDistance,
  shiftPairsNeeded,
  shiftStart,
  shiftStep,
} from './shift.ts';
import type { ShiftState } from './shift.ts';

const counts = fc.array(fc.nat(50), { minLength: 4, maxLength: 4 });
const bucket = fc.record({ candidate: counts, baseline: counts });

function drawn(rng: Prng, shares: readonly number[], units: number): readonly number[] {
  const bins = shares.map(() => 0);
  for (let i = 0; i < units; i += 1) {
    const bin = sampleIndex(rng, shares);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}

type World = {
  readonly candidate: readonly number[];
  readonly baseline: readonly number[];
  readonly units: readonly [candidate: number, baseline: number];
};

function played(rng: Prng, { candidate, baseline, units }: World): ShiftState {
  return shiftStep(shiftStart(candidate.length), {
    candidate: drawn(rng, candidate, units[0]),
    baseline: drawn(rng, baseline, units[1]),
  });
}

describe('the distance', () => {
  test('of one bucket is the total variation distance of its counts', () => {
    fc.assert(
      fc.property(bucket, (one) => {
        fc.pre(one.candidate.some((n) => n > 0) && one.baseline.some((n) => n > 0));
        const state = shiftStep(shiftStart(4), one);
        const apart = totalVariation(one.candidate, one.baseline);
        expect(shiftDistance(state)).toBeCloseTo(apart, 12);
      }),
    );
  });

  test('does not see what moves under both arms, at any ramp', () => {
    const morning = { candidate: [10, 90], baseline: [100, 900] };
    const evening = { candidate: [450, 50], baseline: [450, 50] };
    const state = [morning, evening].reduce(shiftStep, shiftStart(2));
    expect(shiftDistance(state)).toBe(0);
    expect(totalVariation(state.candidate, state.baseline)).toBeGreaterThan(0.2);
  });

  test('a bucket with an empty arm says nothing', () => {
    const state = shiftStep(shiftStart(2), { candidate: [0, 0], baseline: [5, 9] });
    expect(state).toEqual(shiftStart(2));
    expect(shiftDistance(state)).toBe(0);
    expect(shiftAboveLogE(state, 0.1)).toBeLessThan(0);
    expect(shiftBelowLogE(state, 0.1)).toBeCloseTo(0, 12);
  });

  test('the bin that moved most is named', () => {
    const state = shiftStep(shiftStart(3), { candidate: [5, 60, 35], baseline: [10, 20, 70] });
    expect(shiftBin(state)).toBe(1);
  });
});

describe('evidence', () => {
  test.each([
    { name: 'classes swapped', candidate: [0.8, 0.2], units: [200, 200], above: true },
    { name: 'a fifth moved', candidate: [0.4, 0.6], units: [2_000, 20_000], above: true },
    { name: 'nothing moved', candidate: [0.2, 0.8], units: [2_000, 20_000], above: false },
    { name: 'a little moved', candidate: [0.23, 0.77], units: [4_000, 20_000], above: false },
  ] as const)('$name', ({ candidate, units, above }) => {
    const rng = prng('shift');
    const state = played(rng, { candidate, baseline: [0.2, 0.8], units });
    const [over, under] = [shiftAboveLogE(state, 0.1), shiftBelowLogE(state, 0.1)];
    expect([over > Math.log(100), under > Math.log(20)]).toEqual([above, !above]);
  });

  test('both directions are never shown at once', () => {
    fc.assert(
      fc.property(fc.array(bucket, { maxLength: 20 }), (all) => {
        const state = all.reduce(shiftStep, shiftStart(4));
        expect(Math.min(shiftAboveLogE(state, 0.1), shiftBelowLogE(state, 0.1))).toBeLessThan(1);
      }),
    );
  });

  // Of 300 rollouts of 60 looks each, 1 % may fail by mistake: 3, and 9 at 3 standard errors.
  test('arms exactly as far apart as allowed are seldom taken for farther apart, or nearer', () => {
    const rng = prng('shift-level');
    let [above, below] = [0, 0];
    for (let run = 0; run < 300; run += 1) {
      let state = shiftStart(3);
      let [high, low] = [0, 0];
      for (let look = 0; look < 60; look += 1) {
        state = shiftStep(state, {
          candidate: drawn(rng, [0.4, 0.3, 0.3], 12),
          baseline: drawn(rng, [0.3, 0.4, 0.3], 40),
        });
        high = Math.max(high, shiftAboveLogE(state, 0.1));
        low = Math.max(low, shiftBelowLogE(state, 0.1));
      }
      above += high >= Math.log(100) ? 1 : 0;
      below += low >= Math.log(20) ? 1 : 0;
    }
    expect(above).toBeLessThanOrEqual(9);
    expect(below).toBeLessThanOrEqual(26);
  });
});

test('the pairs it takes are about those it took', () => {
  const shares = Array.from({ length: 10 }, () => 0.1);
  const rng = prng('shift-pairs');
  const goal = { distance: 0.1, needed: Math.log(20) };
  let state = played(rng, { candidate: shares, baseline: shares, units: [100, 100] });
  const expected = shiftPairsNeeded(state, goal);
  while (shiftBelowLogE(state, 0.1) < goal.needed) {
    state = shiftStep(state, {
      candidate: drawn(rng, shares, 20),
      baseline: drawn(rng, shares, 20),
    });
  }
  expect(state.weight / expected).toBeGreaterThan(0.5);
  expect(state.weight / expected).toBeLessThan(2);
  expect(shiftPairsNeeded(state, { distance: 1e-9, needed: 3 })).toBe(Infinity);
});
