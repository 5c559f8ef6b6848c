/**
 * Champion and challengers by the product's own decision: 28-day windows that overlap
 * by half, looked at every day, units first seen that day. Shares of 10 %.
 */
import { expect, test } from 'vitest';
import type { UnitSums } from '../../src/core/feedback/outcome.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { WHOLE_BPS, bps } from '../../src/core/lib/units.ts';
import { sampleBinomial } from '../../src/core/stats/samplers.ts';
import { championResult } from '../../src/core/strategy/champion-result.ts';
import type { StrategySpec } from '../../src/core/strategy/spec.ts';
import { splitSum } from '../../src/core/strategy/split.ts';
import { judgedRollout, outcomeSample, situationOf, yesNo } from '../outcome-samples.ts';
import { atMost, shareOf } from './monte-carlo.ts';

const DAY_MS = 86_400_000;
const UNITS_PER_DAY = 2_000;
const ALPHA = 0.05;
/** A share with which the champion has fifty times as many units. */
const SMALL_BPS = 200;

const specOf = (challengers: number): StrategySpec<'champion-challenger'> => ({
  kind: 'champion-challenger',
  metric: { name: 'label', kind: 'proportion', better: 'higher' },
  advantageMin: 0,
  split: Array.from({ length: challengers }, () => bps(1_000)),
  audience: null,
  windowMs: 28 * DAY_MS,
  alpha: ALPHA,
  unitsMin: 1_000,
  gate: 'automatic',
});

/** Whether some challenger takes over within so many days. */
const swaps = (
  rng: Prng,
  rates: readonly number[],
  course: { readonly days: number; readonly driftPerDay?: number },
): boolean => swapsUnder(rng, specOf(rates.length - 1), { rates, ...course });

type Course = {
  /** Of the champion and the challengers. */
  readonly rates: readonly number[];
  readonly days: number;
  readonly driftPerDay?: number;
  readonly unitsPerDay?: number;
};

function swapsUnder(
  rng: Prng,
  spec: StrategySpec<'champion-challenger'>,
  { rates, days, driftPerDay = 0, unitsPerDay = UNITS_PER_DAY }: Course,
): boolean {
  const rollout = judgedRollout(spec);
  const shares = [WHOLE_BPS - splitSum(spec.split), ...spec.split];
  const seen: (readonly UnitSums[])[] = [];
  for (let day = 0; day < days; day += 1) {
    seen.push(
      rates.map((rate, at) => {
        const units = Math.round((unitsPerDay * (shares[at] ?? 0)) / WHOLE_BPS);
        return yesNo(units, sampleBinomial(rng, units, rate + driftPerDay * day));
      }),
    );
    const outcomes = [outcomeSample('label', seen, { widthMs: DAY_MS })];
    if (championResult({ ...situationOf(rollout, outcomes), spec })?.leader !== null) return true;
  }
  return false;
}

test.each([
  { what: 'one that is the same', rates: [0.9, 0.9] as const, runs: 600 },
  { what: 'three that are the same', rates: [0.9, 0.9, 0.9, 0.9] as const, runs: 400 },
  { what: 'one that is the same, in a world that drifts', rates: [0.8, 0.8] as const, runs: 600 },
])('within a window, $what: no swap oftener than α', ({ what, rates, runs }) => {
  const driftPerDay = what.endsWith('drifts') ? 0.004 : 0;
  const swapped = shareOf(`champion:${what}`, runs, (rng) =>
    swaps(rng, rates, { days: 28, driftPerDay }),
  );
  console.info(`${what}: ${swapped} swaps in a window`);
  expect(swapped).toBeLessThanOrEqual(atMost(ALPHA, runs));
});

test('rare complaints and a small share: no swap oftener than α', () => {
  const metric = { name: 'label', kind: 'proportion', better: 'lower' } as const;
  const spec = { ...specOf(1), split: [bps(SMALL_BPS)], metric };
  const runs = 400;
  const swapped = shareOf('champion:rare', runs, (rng) =>
    swapsUnder(rng, spec, { rates: [0.01, 0.01], days: 28, unitsPerDay: 10_000 }),
  );
  console.info(`rare complaints: ${swapped} swaps in a window`);
  expect(swapped).toBeLessThanOrEqual(atMost(ALPHA, runs));
});

test('a worse one never takes over within half a year', () => {
  expect(shareOf('champion:worse', 100, (rng) => swaps(rng, [0.9, 0.885], { days: 180 }))).toBe(0);
});

test('a better one takes over: +3 points within a window', () => {
  const swapped = shareOf('champion:better', 300, (rng) => swaps(rng, [0.9, 0.93], { days: 28 }));
  console.info(`+3 points: ${swapped} swaps in a window`);
  expect(swapped).toBeGreaterThan(0.9);
});

test('a better one takes over: +2 points within half a year', () => {
  const swapped = shareOf('champion:half', 200, (rng) => swaps(rng, [0.9, 0.92], { days: 180 }));
  console.info(`+2 points: ${swapped} swaps in half a year`);
  expect(swapped).toBeGreaterThan(0.85);
});
