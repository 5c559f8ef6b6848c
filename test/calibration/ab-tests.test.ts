/**
 * A/B tests in worlds with known truth, by the product's own decision: units arrive day by day, a
 * look is made every day, and what counts is how the test ends.
 */
import { describe, expect, test } from 'vitest';
import { addUnits, noUnits } from '../../src/core/feedback/outcome.ts';
import type { UnitSums } from '../../src/core/feedback/outcome.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { WHOLE_BPS, bps } from '../../src/core/lib/units.ts';
import { samplePoisson, sampleBinomial, sampleNormal } from '../../src/core/stats/samplers.ts';
import { abResult } from '../../src/core/strategy/ab-result.ts';
import type { Recommendation } from '../../src/core/strategy/ab-recommendation.ts';
import type { Stopping } from '../../src/core/strategy/outcome-spec.ts';
import { evenSplit } from '../../src/core/strategy/split.ts';
import type { StrategySpec } from '../../src/core/strategy/spec.ts';
import { judgedRollout, outcomeSample, situationOf, yesNo } from '../outcome-samples.ts';
import { abTestSpec, abTestWish } from '../outcome-specs.ts';
import { atLeast, atMost, shareOf } from './monte-carlo.ts';

const DAY_MS = 86_400_000;
const ALPHA = 0.05;
const POWER = 0.8;
const { expected: RATE, effectMin: EFFECT } = abTestWish().primary;
const DAYS_MAX = 60;

type World = {
  readonly stopping: Stopping;
  /** Rates of the baseline and each candidate. */
  readonly rates: readonly number[];
  readonly split?: StrategySpec<'ab-test'>['split'];
};

const specOf = ({ stopping, rates, split }: World): StrategySpec<'ab-test'> =>
  abTestSpec({ stopping, split: split ?? evenSplit(rates.length - 1), alpha: ALPHA, power: POWER });

/** How a test ends that is looked at every day. */
function ended(rng: Prng, spec: StrategySpec<'ab-test'>, rates: readonly number[]): Recommendation {
  const rollout = judgedRollout(spec);
  const perDay = (spec.planned?.unitsInAll ?? 0) / 20;
  const shares = [WHOLE_BPS - spec.split.reduce((sum, one) => sum + one, 0), ...spec.split];
  const days: (readonly UnitSums[])[] = [];
  for (let day = 0; day < DAYS_MAX; day += 1) {
    days.push(
      shares.map((share, at) => {
        const units = samplePoisson(rng, (perDay * share) / WHOLE_BPS);
        return yesNo(units, sampleBinomial(rng, units, rates[at] ?? 0));
      }),
    );
    const outcomes = [outcomeSample('conversion', days, { widthMs: DAY_MS })];
    const result = abResult({ ...situationOf(rollout, outcomes), spec });
    if (result?.recommendation.isFinal === true) return result.recommendation;
  }
  throw new Error('a test ends within the time it was planned for');
}

const designs: readonly { readonly stopping: Stopping; readonly runs: number }[] = [
  { stopping: { kind: 'horizon' }, runs: 1_500 },
  { stopping: { kind: 'looks', looks: 4 }, runs: 600 },
  { stopping: { kind: 'anytime' }, runs: 1_500 },
];

const shareThat = (world: World & { readonly runs: number }, code: Recommendation['code'][]) => {
  const spec = specOf(world);
  const seed = `ab:${world.stopping.kind}:${world.rates.join('/')}`;
  return shareOf(seed, world.runs, (rng) => code.includes(ended(rng, spec, world.rates).code));
};

describe.each(designs)('by $stopping.kind', ({ stopping, runs }) => {
  test('arms that are the same differ no oftener than α', () => {
    const found = shareThat({ stopping, runs, rates: [RATE, RATE] }, ['ship', 'harm']);
    console.info(`${stopping.kind}: ${found} of equal arms differ`);
    expect(found).toBeLessThanOrEqual(atMost(ALPHA, runs));
  });

  test('the effect it was planned for is found as often as the power says', () => {
    const found = shareThat({ stopping, runs, rates: [RATE, RATE + EFFECT] }, ['ship']);
    console.info(`${stopping.kind}: ${found} of planned effects are found`);
    expect(found).toBeGreaterThanOrEqual(atLeast(POWER, runs));
  });

  test('three candidates that are the same: none is shipped oftener than α', () => {
    const rates = [RATE, RATE, RATE, RATE];
    const found = shareThat({ stopping, runs: runs / 2, rates }, ['ship', 'harm']);
    expect(found).toBeLessThanOrEqual(atMost(ALPHA, runs / 2));
  });
});

test('a tenth of the traffic for the candidate keeps both promises', () => {
  const world = { stopping: { kind: 'horizon' }, split: [bps(1_000)], runs: 1_000 } as const;
  const equal = shareThat({ ...world, rates: [RATE, RATE] }, ['ship', 'harm']);
  const better = shareThat({ ...world, rates: [RATE, RATE + EFFECT] }, ['ship']);
  expect(equal).toBeLessThanOrEqual(atMost(ALPHA, world.runs));
  expect(better).toBeGreaterThanOrEqual(atLeast(POWER, world.runs));
});

test('a ratio over units with several pieces each is at its level', () => {
  const runs = 1_500;
  const spec = abTestSpec({
    primary: { name: 'r', kind: 'ratio', better: 'higher', expected: 0, sd: 1, effectMin: 0.5 },
    cycleMs: 0,
    leastMs: 0,
  });
  const rollout = judgedRollout(spec);
  const arm = (rng: Prng): UnitSums => {
    let sums = noUnits;
    for (let unit = 0; unit < 120; unit += 1) {
      const events = 1 + samplePoisson(rng, 3);
      // All pieces of a unit share its taste: counted singly they would look like news.
      const sum = events * sampleNormal(rng, 1, 1) + Math.sqrt(events) * sampleNormal(rng, 0, 0.5);
      sums = addUnits(sums, {
        units: 1,
        answered: 1,
        events,
        sum,
        sumSquares: sum ** 2,
        eventsSquares: events ** 2,
        products: events * sum,
      });
    }
    return sums;
  };
  const found = shareOf('ab:ratio', runs, (rng) => {
    const outcomes = [outcomeSample('r', [[arm(rng), arm(rng)]], { widthMs: DAY_MS })];
    const result = abResult({ ...situationOf(rollout, outcomes), spec });
    return (result?.findings[0]?.pValue ?? 1) <= ALPHA;
  });
  // The delta method is exact only for many units: at 120 an arm a little above its level.
  expect(found).toBeLessThanOrEqual(atMost(ALPHA + 0.01, runs));
});

test('negative control: a single-look test that is looked at every day', () => {
  const runs = 500;
  const spec = specOf({ stopping: { kind: 'horizon' }, rates: [RATE, RATE] });
  const peeked = shareOf('ab:peek', runs, (rng) => {
    let [a, b] = [noUnits, noUnits];
    for (let day = 0; day < 21; day += 1) {
      const units = Math.round((spec.planned?.unitsInAll ?? 0) / 40);
      a = addUnits(a, yesNo(units, sampleBinomial(rng, units, RATE)));
      b = addUnits(b, yesNo(units, sampleBinomial(rng, units, RATE)));
      const outcomes = [outcomeSample('conversion', [[a, b]], { widthMs: DAY_MS })];
      const result = abResult({ ...situationOf(judgedRollout(spec), outcomes), spec });
      if ((result?.findings[0]?.pValue ?? 1) <= ALPHA) return true;
    }
    return false;
  });
  expect(peeked).toBeGreaterThan(0.15);
});
