import { describe, expect, test } from 'vitest';
import {
  evenStretches,
  judgedRollout,
  outcomeSample,
  situationOf,
  spread,
  yesNo,
} from '../../../test/outcome-samples.ts';
import { abTestSpec, decidedOn } from '../../../test/outcome-specs.ts';
import type { OutcomeCase } from '../../../test/outcome-specs.ts';
import type { UnitSums } from '../feedback/outcome.ts';
import { instant } from '../lib/units.ts';
import { outcomesBegan } from '../../../test/outcome-samples.ts';
import { abResult } from './ab-result.ts';
import { evenSplit } from './split.ts';
import type { StrategySpec } from './spec.ts';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** Days on which each arm had 1,000 units with these hits. */
const days = evenStretches('conversion', DAY_MS);

// S4: a result by a rule that was declared before.
describe('when it is over, and what is done then', () => {
  test.for<OutcomeCase<'ab-test'>>([
    { what: 'nothing came back', does: { type: 'hold', reason: { code: 'starved' } } },
    {
      what: 'the sample is not complete',
      outcome: days(2, 100, 160),
      does: { type: 'hold', reason: { code: 'unsure' } },
    },
    {
      what: 'the sample is complete within the first week',
      outcome: days(5, 100, 160),
      does: { type: 'hold', reason: { code: 'soaking' }, etaMs: 2 * DAY_MS },
    },
    {
      what: 'a week later one is better',
      outcome: days(7, 100, 125),
      does: { type: 'promote', arm: 'candidate' },
    },
    {
      what: 'better, and a person is to say so',
      spec: { winner: 'manual' },
      outcome: days(7, 100, 125),
      does: { type: 'ask', cause: { by: 'strategy', who: 'ab-test', arm: 'candidate' } },
    },
    {
      what: 'better, and a guardrail has yet to pass',
      outcome: days(7, 100, 125),
      verdicts: 'unsure',
      does: { type: 'ask', cause: { arm: 'candidate' } },
    },
    {
      what: 'no difference',
      outcome: days(7, 100, 101),
      does: { type: 'revert', cause: { by: 'strategy', who: 'ab-test', arm: null } },
    },
    {
      what: 'no difference, and a person is to say so',
      spec: { winner: 'manual' },
      outcome: days(7, 100, 101),
      does: { type: 'ask', cause: { arm: null } },
    },
    { what: 'worse', outcome: days(7, 125, 100), does: { type: 'revert' } },
    {
      what: 'the best of two',
      spec: { split: evenSplit(2) },
      outcome: days(7, 100, 125, 130),
      does: { type: 'promote', arm: 'candidate-2' },
    },
    {
      what: 'lower is better',
      spec: { primary: { ...abTestSpec().primary, better: 'lower' } },
      outcome: days(7, 125, 100),
      does: { type: 'promote', arm: 'candidate' },
    },
    {
      what: 'over by the calendar with too few',
      spec: { until: instant(outcomesBegan + DAY_MS) },
      outcome: days(1, 100, 112),
      does: { type: 'revert' },
    },
    {
      what: 'units that do not arrive as the shares say: a person is asked',
      outcome: outcomeSample('conversion', [[yesNo(5_000, 500), yesNo(4_000, 900)]], {
        widthMs: WEEK_MS,
      }),
      does: { type: 'ask', cause: { who: 'sample ratio' } },
    },
  ])('$what', ({ spec = {}, outcome, verdicts, does }) => {
    expect(decidedOn({ spec: abTestSpec(spec), outcome, verdicts })).toMatchObject(does);
  });
});

const resultOf = (spec: StrategySpec<'ab-test'>, ...outcomes: ReturnType<typeof days>[]) => {
  const rollout = judgedRollout(spec);
  return abResult({ ...situationOf(rollout, outcomes), spec });
};

describe('the result', () => {
  test('effect, interval, p-value and power of a finished test', () => {
    const result = resultOf(abTestSpec(), days(7, 100, 125));
    const [finding] = result?.findings ?? [];
    expect(result?.recommendation).toMatchObject({ code: 'ship', arm: 'candidate', isFinal: true });
    expect(finding).toMatchObject({ units: 7_000, finding: 'better', role: 'primary' });
    expect(finding?.effect).toBeCloseTo(0.025, 9);
    // Two proportions, 700 and 875 of 7,000: z = 4.68 with pooled variance.
    expect(finding?.pValue).toBeCloseTo(2.9e-6, 6);
    expect(finding?.interval?.[0]).toBeCloseTo(0.0145, 3);
    expect(result?.powerReached).toBeGreaterThan(0.95);
    expect(result?.effectFound).toBeLessThan(0.02);
  });

  test('the p-values of several arms are corrected by Holm', () => {
    const result = resultOf(abTestSpec({ split: evenSplit(2) }), days(14, 100, 108, 100));
    const [first, second] = result?.findings ?? [];
    expect(first?.adjusted).toBeCloseTo(2 * (first?.pValue ?? 0), 12);
    expect(second?.adjusted).toBe(1);
  });

  test('what comes after the whole weeks is not looked at', () => {
    const week = resultOf(abTestSpec(), days(7, 100, 125));
    const more = resultOf(abTestSpec(), days(9, 100, 125));
    expect(more?.findings[0]?.units).toBe(7_000);
    expect(more?.findings[0]).toEqual(week?.findings[0]);
  });

  test('secondary metrics explain and never decide', () => {
    const spec = abTestSpec({ secondary: [{ name: 'spend', kind: 'mean', better: 'higher' }] });
    const spend = outcomeSample(
      'spend',
      Array.from({ length: 7 }, () => [spread(1_000, 10, 5), spread(1_000, 20, 5)]),
      { widthMs: DAY_MS },
    );
    const result = resultOf(spec, days(7, 100, 101), spend);
    expect(result?.findings[1]).toMatchObject({ metric: 'spend', finding: 'better' });
    expect(result?.recommendation.code).toBe('no-difference');
  });

  test('a ratio counts its units, not its pieces: the delta method', () => {
    // Ten pieces a unit that are all alike: ten times the data would be one tenth of the variance.
    const clustered = (hits: number): UnitSums => ({
      units: 1_000,
      answered: 1_000,
      events: 10_000,
      sum: hits * 10,
      sumSquares: hits * 100,
      eventsSquares: 100_000,
      products: hits * 100,
    });
    const primary = { ...abTestSpec().primary, kind: 'ratio', sd: 0.3 } as const;
    const outcome = outcomeSample(
      'conversion',
      Array.from({ length: 7 }, () => [clustered(100), clustered(125)]),
      { widthMs: DAY_MS },
    );
    const [ratio] = resultOf(abTestSpec({ primary }), outcome)?.findings ?? [];
    const [proportion] = resultOf(abTestSpec(), days(7, 100, 125))?.findings ?? [];
    expect(ratio?.effect).toBeCloseTo(0.025, 9);
    expect(ratio?.pValue).toBeCloseTo(proportion?.pValue ?? 1, 5);
  });
});

// S4: a table by segment, corrected for their number.
describe('by segment', () => {
  const names = ['eu', 'us', 'ap', 'sa', 'af'];
  /** Seven days of which each arm had so many hits in 1,000 units in each segment. */
  const segmented = (hits: readonly (readonly [number, number])[], count = 7) => {
    const whole = days(count, ...([0, 1] as const).map((at) => hits[0]?.[at] ?? 0));
    const segments = hits.map((own, at) => ({
      segment: names[at] ?? '',
      arms: days(count, ...own).arms,
    }));
    return { ...whole, segments };
  };

  test('each has its effect; p-values are corrected by Benjamini and Hochberg', () => {
    const outcome = segmented([
      [100, 125],
      [100, 110],
      [100, 101],
      [100, 100],
    ]);
    const found = resultOf(abTestSpec(), outcome)?.segments ?? [];
    expect(found.map(({ segment, finding }) => [segment, finding])).toEqual([
      ['eu', 'better'],
      ['us', 'none'],
      ['ap', 'none'],
      ['sa', 'none'],
    ]);
    const [eu, us] = found;
    // Of four: the smallest times 4, the next times 4 / 2.
    expect(eu?.adjusted).toBeCloseTo(4 * (eu?.pValue ?? 0), 12);
    expect(us?.adjusted).toBeCloseTo(2 * (us?.pValue ?? 0), 12);
    expect(us?.pValue).toBeLessThan(0.06);
    expect(eu).toMatchObject({ arm: 'candidate', units: 7_000, baselineUnits: 7_000 });
    expect(eu?.effect).toBeCloseTo(0.025, 9);
  });

  test('the opposite in one segment is found, and decides nothing', () => {
    const outcome = segmented([
      [100, 125],
      [125, 100],
    ]);
    const result = resultOf(abTestSpec(), outcome);
    expect(result?.segments?.map(({ finding }) => finding)).toEqual(['better', 'worse']);
    expect(result?.recommendation).toMatchObject({ code: 'ship', arm: 'candidate' });
  });

  test('the units are those that the test itself looks at', () => {
    const result = resultOf(abTestSpec(), segmented([[100, 125]], 9));
    expect(result?.segments?.[0]?.units).toBe(7_000);
    expect(result?.findings[0]?.units).toBe(7_000);
  });

  test.for<{ readonly stopping: StrategySpec<'ab-test'>['stopping']; readonly finding: string }>([
    { stopping: { kind: 'horizon' }, finding: 'open' },
    { stopping: { kind: 'looks', looks: 5 }, finding: 'open' },
    { stopping: { kind: 'anytime' }, finding: 'better' },
  ])('before the end, $stopping: $finding', ({ stopping, finding }) => {
    const primary = { ...abTestSpec().primary, effectMin: 0.006 };
    const result = resultOf(abTestSpec({ stopping, primary }), segmented([[100, 180]], 3));
    expect(result?.segments?.[0]?.finding).toBe(finding);
  });

  test('of too few units nothing is said, and where none is told apart there is no table', () => {
    const few = segmented([[100, 125]]);
    const arms = few.arms.map((arm) => ({ ...arm, cohorts: [] }));
    const result = resultOf(abTestSpec(), { ...few, segments: [{ segment: 'eu', arms }] });
    expect(result?.segments).toMatchObject([{ units: 0, effect: null, finding: 'open' }]);
    expect(resultOf(abTestSpec(), days(7, 100, 125))).not.toHaveProperty('segments');
  });
});

describe('early, by the declared rule', () => {
  test.for<{
    readonly what: string;
    readonly stopping: StrategySpec<'ab-test'>['stopping'];
    readonly hits: readonly [number, number];
    readonly code: string;
  }>([
    { what: 'anytime', stopping: { kind: 'anytime' }, hits: [100, 180], code: 'ship' },
    { what: 'anytime', stopping: { kind: 'anytime' }, hits: [100, 105], code: 'running' },
    { what: 'anytime', stopping: { kind: 'anytime' }, hits: [180, 100], code: 'harm' },
    { what: 'looks', stopping: { kind: 'looks', looks: 5 }, hits: [100, 180], code: 'ship' },
    { what: 'looks', stopping: { kind: 'looks', looks: 5 }, hits: [100, 105], code: 'running' },
    { what: 'looks', stopping: { kind: 'looks', looks: 5 }, hits: [180, 100], code: 'harm' },
    { what: 'horizon', stopping: { kind: 'horizon' }, hits: [100, 180], code: 'running' },
  ])('$what, $hits of 1,000 a day: $code', ({ stopping, hits, code }) => {
    // Six weeks would be needed; two are over.
    const primary = { ...abTestSpec().primary, effectMin: 0.006 };
    const result = resultOf(abTestSpec({ stopping, primary }), days(14, ...hits));
    expect(result?.recommendation.code).toBe(code);
  });

  test('not before the least time', () => {
    const result = resultOf(abTestSpec({ stopping: { kind: 'anytime' } }), days(3, 100, 200));
    expect(result?.recommendation).toMatchObject({ code: 'running', isFinal: false });
  });
});

test.each([
  { what: 'in the first stage everybody counts', over: {}, units: 2_000 },
  {
    what: 'begun anew, a stretch that began before does not',
    over: { evidenceFrom: instant(outcomesBegan + DAY_MS / 2) },
    units: 1_000,
  },
  { what: 'nor in a later stage', over: { stage: 1 }, units: 1_000 },
])('a test that begins within a stretch: $what', ({ over, units }) => {
  const spec = abTestSpec();
  const since = { stageSince: instant(outcomesBegan + DAY_MS / 2) };
  const rollout = judgedRollout(spec, { ...since, ...over });
  const result = abResult({ ...situationOf(rollout, [days(2, 100, 110)]), rollout, spec });
  expect(result?.findings[0]?.units).toBe(units);
});
