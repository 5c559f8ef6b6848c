import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prng } from '../../src/core/lib/prng.ts';
import { REQUESTS, failedByRequests, failedBySeries } from './counts.ts';
import { HELD_OUT_FAMILIES, NINE_FAMILIES } from './families.ts';
import { FRESH_SEEDS } from './kayenta.ts';
import { SAME, failures } from './sameness.ts';
import { KAYENTA, KAYENTA_DEFAULT, OURS, scoreOf } from './score.ts';
import { POINTS_MIN, judgeSeries } from './series-judge.ts';

const mean = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;

describe('the 180 scenarios on seeds that nothing was chosen on', () => {
  const seeds = FRESH_SEEDS.slice(0, 5);
  const scores = (judge: typeof OURS) => seeds.map((seed) => scoreOf(judge, NINE_FAMILIES, seed));

  test('the series judge: 97 % and more, at most 2 % false alarms', () => {
    const ours = scores(OURS);
    expect(mean(ours.map(({ balanced }) => balanced))).toBeGreaterThan(0.97);
    expect(mean(ours.map(({ falsePositive }) => falsePositive))).toBeLessThanOrEqual(0.02);
  });

  test('Kayenta mode: as published for Kayenta, 0.54 with no false alarm and recall 0.32', () => {
    const kayenta = scores(KAYENTA);
    expect(mean(kayenta.map(({ accuracy }) => accuracy))).toBeCloseTo(0.544, 1);
    expect(mean(kayenta.map(({ truePositive }) => truePositive))).toBeCloseTo(0.317, 1);
    expect(mean(kayenta.map(({ falsePositive }) => falsePositive))).toBeLessThan(0.02);
  });

  test('neither sees that the same values come in a row', () => {
    const gathered = HELD_OUT_FAMILIES.filter(({ name }) => name.includes('in runs'));
    for (const judge of [OURS, KAYENTA]) {
      expect(scoreOf(judge, gathered, 'fresh/1').truePositive).toBeLessThan(0.2);
    }
  });
});

describe('equal arms', () => {
  test.for([0, 0.7, 0.9])('φ = %d: the series judge fails at most 2 %', (memory) => {
    expect(failures(OURS.fails, { ...SAME, memory }, 400).lower).toBeLessThanOrEqual(0.02);
  });

  test('negative control: Kayenta mode fails one in three at φ = 0.9', () => {
    const course = { ...SAME, memory: 0.9 };
    expect(failures(KAYENTA_DEFAULT.fails, course, 60).value).toBeGreaterThan(0.3);
  });
});

test('the unit a metric is told in changes nothing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...NINE_FAMILIES, ...HELD_OUT_FAMILIES),
      fc.integer(),
      fc.integer({ min: -9, max: 9 }),
      (family, seed, power) => {
        const pairs = family.draw(prng(seed));
        const scaled = (values: readonly number[]) => values.map((x) => x * 10 ** power);
        const inOtherUnits = pairs.map(({ control, experiment }) => ({
          control: scaled(control),
          experiment: scaled(experiment),
        }));
        expect(judgeSeries(inOtherUnits)).toEqual(judgeSeries(pairs));
      },
    ),
  );
});

describe('counted one by one, requests say more than a rate by the minute', () => {
  const bad = REQUESTS.filter(({ ratio }) => ratio === 5);
  const good = REQUESTS.filter(({ ratio }) => ratio === 1);

  test.for(bad)('$name', (requests) => {
    expect(failedByRequests(requests, 200).value).toBeGreaterThanOrEqual(0.99);
    expect(failedBySeries(KAYENTA, requests, 60).value).toBeLessThan(0.7);
  });

  test.for(good)('$name', (requests) => {
    expect(failedByRequests(requests, 200).lower).toBeLessThanOrEqual(0.01);
  });
});

test.for([
  { name: 'too few values', points: POINTS_MIN - 1, at: (i: number) => 1 + i },
  { name: 'mostly zeros', points: 60, at: (i: number) => Number(i % 5 === 0) },
])('$name: no verdict', ({ points, at }) => {
  const control = Array.from({ length: points }, (_, i) => at(i));
  const experiment = control.map((x) => 9 * x);
  expect(judgeSeries([{ control, experiment }])).toEqual({ outcome: 'unsure', by: null });
});
