import { expect, test } from 'vitest';
import { abTestWish } from '../../../test/outcome-specs.ts';
import { bps } from '../lib/units.ts';
import { evenSplit } from './split.ts';
import { planAbTest } from './ab-plan.ts';
import type { AbTestWish } from './ab-plan.ts';

const DAY_MS = 86_400_000;
const wish = (over: Partial<AbTestWish> = {}): AbTestWish =>
  abTestWish({
    primary: {
      name: 'spend',
      kind: 'mean',
      better: 'higher',
      expected: 50,
      sd: 10,
      effectMin: 1,
    },
    winner: 'manual',
    ...over,
  });

test('n = 2 (z_α/2 + z_β)² σ² / δ² per arm', () => {
  // (1.95996 + 0.84162)² = 7.84888
  const { units, unitsInAll } = planAbTest(wish());
  expect(units).toEqual([1_570, 1_570]);
  expect(unitsInAll).toBe(3_140);
});

test.each([
  { what: 'a small candidate costs units', split: [bps(1_000)], unitsInAll: 8_721 },
  { what: 'two candidates share α and the baseline', split: evenSplit(2), unitsInAll: 5_703 },
])('$what', ({ split, unitsInAll }) => {
  const plan = planAbTest(wish({ split }));
  expect(plan.unitsInAll).toBe(unitsInAll);
  expect(plan.alphaEach).toBe(0.05 / split.length);
});

test.each([
  // Inflation by `keaven/gsDesign` for five O'Brien–Fleming looks: 1.028; spending bounds 1.026.
  { stopping: { kind: 'looks', looks: 5 }, least: 1.02, most: 1.03 },
  { stopping: { kind: 'anytime' }, least: 1.8, most: 2.1 },
] as const)('$stopping.kind needs more units', ({ stopping, least, most }) => {
  const times = planAbTest(wish({ stopping })).unitsInAll / planAbTest(wish()).unitsInAll;
  expect(times).toBeGreaterThan(least);
  expect(times).toBeLessThan(most);
});

test('a rate is sized for the side that needs more', () => {
  const primary = {
    name: 'conversion',
    kind: 'proportion',
    better: 'higher',
    expected: 0.2,
    sd: null,
    effectMin: 0.05,
  } as const;
  // evanmiller.org: 1,030 per variation at 20 % ± 5 points; pooled null variance a little more.
  const [first = 0] = planAbTest(wish({ primary })).units;
  expect(Math.abs(first / 1_030 - 1)).toBeLessThan(0.07);
});

test.each([
  { unitsPerDay: null, expectedMs: null },
  { unitsPerDay: 3_140, expectedMs: 7 * DAY_MS },
  { unitsPerDay: 300, expectedMs: 14 * DAY_MS },
])('at $unitsPerDay units a day it takes whole cycles', ({ unitsPerDay, expectedMs }) => {
  expect(planAbTest(wish({ unitsPerDay })).expectedMs).toBe(expectedMs);
});
