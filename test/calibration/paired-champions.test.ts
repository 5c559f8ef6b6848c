/**
 * S5: challengers scored on copies of the same requests, by the product's own decision: 28-day
 * windows that overlap by half, looked at every day, with as many labels in all as challengers with
 * shares are given beside them.
 */
import { describe, expect, test } from 'vitest';
import { noUnits } from '../../src/core/feedback/outcome.ts';
import type { UnitSums } from '../../src/core/feedback/outcome.ts';
import { PAIRED_METRIC } from '../../src/core/feedback/pair.ts';
import { uniform } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { WHOLE_BPS, bps } from '../../src/core/lib/units.ts';
import { sampleBinomial, sampleLogNormal } from '../../src/core/stats/samplers.ts';
import { championResult } from '../../src/core/strategy/champion-result.ts';
import type { StrategySpec } from '../../src/core/strategy/spec.ts';
import { judgedRollout, outcomeSample, situationOf, yesNo } from '../outcome-samples.ts';
import { pairedContest } from '../outcome-specs.ts';
import { atMost, medianOf, shareOf } from './monte-carlo.ts';

const DAY_MS = 86_400_000;
const LABELS_PER_DAY = 500;
const SHARE = 1_000;
const ALPHA = 0.05;
/** Part of the requests on which one of the two is right and the other is not, when equal. */
const DISCORDANCE = 0.06;
const RIGHT = 0.9;

const shared: StrategySpec<'champion-challenger'> = {
  kind: 'champion-challenger',
  metric: { name: 'label', kind: 'proportion', better: 'higher' },
  advantageMin: 0,
  split: [bps(SHARE)],
  audience: null,
  windowMs: 28 * DAY_MS,
  alpha: ALPHA,
  unitsMin: 100,
  gate: 'automatic',
};
const paired = pairedContest({ alpha: ALPHA });

/** A world in which the challenger is right this much oftener, from a day on. */
type World = { readonly advantage: number; readonly days: number; readonly driftPerDay?: number };

/** Labels of a day, of the champion and of the challenger. */
type Day = (rng: Prng, day: number) => readonly UnitSums[];

const pairs =
  ({ advantage, driftPerDay = 0 }: World): Day =>
  (rng, day) => {
    const better = advantage + driftPerDay * day;
    const differ = sampleBinomial(rng, LABELS_PER_DAY, DISCORDANCE + Math.abs(better));
    const chance = (1 + better / (DISCORDANCE + Math.abs(better))) / 2;
    const wins = sampleBinomial(rng, differ, chance);
    const sums = { sum: 2 * wins - differ, sumSquares: differ };
    const units = { units: LABELS_PER_DAY, answered: LABELS_PER_DAY, events: LABELS_PER_DAY };
    return [noUnits, { ...noUnits, ...units, ...sums }];
  };

const shares =
  ({ advantage }: World): Day =>
  (rng) => {
    const own = (LABELS_PER_DAY * SHARE) / WHOLE_BPS;
    const others = LABELS_PER_DAY - own;
    return [
      yesNo(others, sampleBinomial(rng, others, RIGHT)),
      yesNo(own, sampleBinomial(rng, own, RIGHT + advantage)),
    ];
  };

/** Days until the challenger takes over; null: it has not by then. */
function daysToSwap(
  rng: Prng,
  spec: StrategySpec<'champion-challenger'>,
  { labels, days }: { readonly labels: Day; readonly days: number },
): number | null {
  const metric = spec.pairing === undefined ? 'label' : PAIRED_METRIC;
  const rollout = judgedRollout(spec);
  const seen: (readonly UnitSums[])[] = [];
  for (let day = 0; day < days; day += 1) {
    seen.push(labels(rng, day));
    const outcomes = [outcomeSample(metric, seen, { widthMs: DAY_MS })];
    if (championResult({ ...situationOf(rollout, outcomes), spec })?.leader !== null) {
      return day + 1;
    }
  }
  return null;
}

const ofNumbers = pairedContest({
  alpha: ALPHA,
  metric: { name: 'label', kind: 'mean', better: 'lower' },
  unitsMin: 1_000,
});

/** How much closer to the truth the challenger was, day by day: mostly a little, seldom much. */
const distances =
  ({ advantage }: World): Day =>
  (rng) => {
    let [sum, sumSquares] = [0, 0];
    for (let label = 0; label < LABELS_PER_DAY; label += 1) {
      const sign = uniform(rng) < 0.5 ? -1 : 1;
      const closer = advantage + sign * sampleLogNormal(rng, 0, 1);
      sum += closer;
      sumSquares += closer ** 2;
    }
    const units = { units: LABELS_PER_DAY, answered: LABELS_PER_DAY, events: LABELS_PER_DAY };
    return [noUnits, { ...noUnits, ...units, sum, sumSquares }];
  };

const swapsPaired = (rng: Prng, world: World): number | null =>
  daysToSwap(rng, paired, { labels: pairs(world), days: world.days });
const swapsShared = (rng: Prng, world: World): number | null =>
  daysToSwap(rng, shared, { labels: shares(world), days: world.days });

describe('within a window, no swap oftener than α', () => {
  test.each([
    { what: 'one that is the same', world: { advantage: 0, days: 28 }, runs: 600 },
    {
      what: 'one that gets worse from day to day',
      world: { advantage: 0, days: 28, driftPerDay: -0.001 },
      runs: 300,
    },
  ])('$what', ({ what, world, runs }) => {
    const swapped = shareOf(`paired:${what}`, runs, (rng) => swapsPaired(rng, world) !== null);
    console.info(`paired, ${what}: ${swapped} swaps in a window`);
    expect(swapped).toBeLessThanOrEqual(atMost(ALPHA, runs));
  });
});

test('a worse one hardly ever takes over: within half a year less often than α', () => {
  const world = { advantage: -0.01, days: 180 };
  const swapped = shareOf('paired:worse', 100, (rng) => swapsPaired(rng, world) !== null);
  console.info(`paired, -1 point: ${swapped} swaps in half a year`);
  expect(swapped).toBeLessThanOrEqual(ALPHA);
});

test('of numbers with heavy tails: the same hardly ever takes over, a better one does', () => {
  const swapsIn = (name: string, runs: number, advantage: number): number =>
    shareOf(name, runs, (rng) => {
      const labels = distances({ advantage, days: 28 });
      return daysToSwap(rng, ofNumbers, { labels, days: 28 }) !== null;
    });
  const [same, better] = [swapsIn('numbers:same', 200, 0), swapsIn('numbers:better', 60, 0.15)];
  console.info(`numbers: ${same} swaps of the same, ${better} of a better one, in a window`);
  expect(same).toBeLessThanOrEqual(atMost(ALPHA, 200));
  expect(better).toBeGreaterThan(0.9);
});

test('a better one takes over on far fewer labels than one with a share', () => {
  const world = { advantage: 0.02, days: 180 };
  const middle = (seed: string, swaps: typeof swapsPaired): number =>
    medianOf(seed, 60, (rng) => swaps(rng, world) ?? world.days);
  const [onCopies, onShares] = [
    middle('paired:better', swapsPaired),
    middle('shared:better', swapsShared),
  ];
  console.info(`+2 points: ${onCopies} days paired, ${onShares} days with a share of 10 %`);
  expect(onCopies).toBeLessThan(15);
  expect(onCopies * 4).toBeLessThan(onShares);
});
