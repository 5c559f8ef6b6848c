import { describe, expect, test } from 'vitest';
import { instant } from '../lib/units.ts';
import type { MetricDeclaration } from './declaration.ts';
import { isMature, cohortWidthMs, stretchAt, unitWidthMs } from './maturity.ts';
import { noUnits } from './outcome.ts';
import { outcomesFrom, type EventSums } from './outcomes.ts';
import type { UnitTotals } from './unit-totals.ts';

const DAY_MS = 86_400_000;
const day = (n: number) => ({ start: instant(n * DAY_MS), widthMs: DAY_MS });
const arms = [
  { arm: 'baseline', version: 1 },
  { arm: 'candidate', version: 2 },
];
const declared: readonly MetricDeclaration[] = [
  {
    endpoint: 'risk',
    metric: 'sales',
    maturityMs: 2 * DAY_MS,
    positive: null,
    declaredAt: instant(0),
    declaredBy: 'ada',
  },
];

const totals = (n: number, arm: string, over: Partial<UnitTotals>): UnitTotals => ({
  ...noUnits,
  rollout: 'r-1',
  arm,
  metric: 'sales',
  stretch: day(n),
  ...over,
});

const events = (n: number, over: Partial<EventSums>): EventSums => ({
  arm: 'candidate',
  revision: 3,
  metric: 'sales',
  stretch: day(n),
  shareBps: null,
  events: 1,
  sum: 2,
  squares: 4,
  ...over,
});

describe('by segment', () => {
  const rows = [
    totals(0, 'candidate', { metric: '', units: 10 }),
    totals(0, 'candidate', { metric: '', units: 7, segment: 'eu' }),
    totals(0, 'candidate', { metric: '', units: 3, segment: 'other' }),
    totals(0, 'candidate', { answered: 2, events: 2, sum: 6, sumSquares: 18 }),
    totals(0, 'candidate', { answered: 1, events: 1, sum: 3, sumSquares: 9, segment: 'eu' }),
    totals(0, 'baseline', { metric: '', units: 5, segment: 'us' }),
    totals(0, 'baseline', { metric: '', units: 5 }),
  ];
  const asked = { arms, totals: rows, events: [], declared, now: instant(9 * DAY_MS) };
  const metricOf = (apart?: { readonly segments: string[]; readonly metrics: string[] }) =>
    outcomesFrom(apart === undefined ? asked : { ...asked, apart }).find(
      ({ metric }) => metric === 'sales',
    );

  test('units count in theirs, and once in the whole', () => {
    const outcome = metricOf({ segments: ['us', 'eu', 'sa', 'other'], metrics: ['sales'] });
    expect(outcome?.arms).toMatchObject([{ units: 5 }, { units: 10, sum: 6 }]);
    const told = outcome?.segments?.map(({ segment, arms: [base, candidate] }) => {
      return [segment, base?.units, candidate?.units, candidate?.sum, candidate?.cohorts.length];
    });
    expect(told).toEqual([
      ['us', 5, 0, 0, 0],
      ['eu', 0, 7, 3, 1],
      ['other', 0, 3, 0, 1],
    ]);
  });

  test.each([{ apart: undefined }, { apart: { segments: ['eu'], metrics: ['reward'] } }])(
    'nothing is told where nobody asks: $apart',
    ({ apart }) => {
      expect(metricOf(apart)).not.toHaveProperty('segments');
      expect(metricOf(apart)?.arms).toMatchObject([{ units: 5 }, { units: 10, sum: 6 }]);
    },
  );
});

describe('outcomes of a rollout', () => {
  const [outcome, ...others] = outcomesFrom({
    arms,
    totals: [
      totals(0, 'candidate', { metric: '', units: 10 }),
      totals(0, 'candidate', { answered: 2, events: 3, sum: 6, sumSquares: 18 }),
      totals(1, 'candidate', { metric: '', units: 5 }),
      totals(1, 'candidate', { answered: 1, events: 1, sum: 2, sumSquares: 4 }),
      totals(0, 'baseline', { metric: '', units: 90 }),
      totals(0, 'nobody', { metric: '', units: 7 }),
    ],
    events: [
      events(0, { revision: 3 }),
      events(1, { revision: 4, events: 2, sum: 6, squares: 20 }),
      events(0, { revision: 4 }),
      events(0, { metric: 'label', arm: 'baseline' }),
    ],
    declared,
    now: instant(3.5 * DAY_MS),
  }).toReversed();

  test('units count once their feedback is expected to be complete', () => {
    expect(outcome).toMatchObject({ metric: 'sales', maturityMs: 2 * DAY_MS });
    expect(outcome?.arms.map(({ arm, units }) => [arm, units])).toEqual([
      ['baseline', 90],
      ['candidate', 10],
    ]);
    const candidate = outcome?.arms[1];
    expect(candidate).toMatchObject({ answered: 2, events: 3, sum: 6, sumSquares: 18 });
    expect(candidate).toMatchObject({
      provisionalUnits: 5,
      provisional: { units: 5, answered: 1, sum: 2 },
    });
    expect(candidate?.cohorts).toMatchObject([{ stretch: day(0), units: 10, sum: 6 }]);
  });

  test('an epoch is mature when all of it is', () => {
    expect(outcome?.arms[1]?.epochs).toMatchObject([
      { revision: 3, shareBps: null, isMature: true, events: 1, sum: 2, sumSquares: 4 },
      { revision: 4, shareBps: null, isMature: false, events: 3, sum: 8, sumSquares: 24 },
    ]);
    const spans = outcome?.arms[1]?.epochs.map(({ since, until, mature }) => [
      since,
      until,
      mature,
    ]);
    expect(spans).toEqual([
      [0, DAY_MS, { events: 1, sum: 2 }],
      [0, 2 * DAY_MS, { events: 1, sum: 2 }],
    ]);
  });

  test('every metric of which anything came is there, and the units of all its arms', () => {
    expect(others.map(({ metric }) => metric)).toEqual(['label', '']);
    const units = { units: 15, provisionalUnits: 0, sum: 0 };
    expect(others.map(({ arms }) => arms[1])).toMatchObject([units, units]);
  });

  test('a metric that is declared is there before anything came', () => {
    const before = outcomesFrom({ arms, totals: [], events: [], declared, now: instant(0) });
    expect(before.map(({ metric }) => metric)).toEqual(['', 'sales']);
    expect(before[1]?.arms[1]).toMatchObject({ ...noUnits, provisional: noUnits, epochs: [] });
  });
});

describe('maturity', () => {
  test.for([
    { maturityMs: 0, now: 0, mature: true },
    { maturityMs: 1, now: DAY_MS, mature: false },
    { maturityMs: 1, now: DAY_MS + 1, mature: true },
    { maturityMs: 7 * DAY_MS, now: 8 * DAY_MS - 1, mature: false },
  ])('of $maturityMs ms, at $now: $mature', ({ maturityMs, now, mature }) => {
    expect(isMature(day(0), maturityMs, instant(now))).toBe(mature);
  });

  test.for([
    { maturityMs: 0, widthMs: 3_600_000 },
    { maturityMs: 1, widthMs: 1_000 },
    { maturityMs: 60_000, widthMs: 2_500 },
    { maturityMs: 30 * DAY_MS, widthMs: 3_600_000 },
  ])('of $maturityMs ms is told in cohorts of $widthMs ms', ({ maturityMs, widthMs }) => {
    expect(cohortWidthMs(maturityMs)).toBe(widthMs);
  });

  test('units are told apart by ten minutes, and finer in rollouts of minutes', () => {
    expect(unitWidthMs(10_000)).toBe(600_000);
    expect(unitWidthMs(1_000)).toBe(10_000);
    expect(unitWidthMs(null)).toBe(600_000);
    expect(stretchAt(instant(25_999), 10_000)).toEqual({ start: 20_000, widthMs: 10_000 });
  });
});
