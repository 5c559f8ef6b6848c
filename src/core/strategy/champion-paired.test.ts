import { describe, expect, test } from 'vitest';
import {
  judgedRollout,
  outcomeSample,
  outcomesBegan,
  situationOf,
  spread,
} from '../../../test/outcome-samples.ts';
import { pairedContest } from '../../../test/outcome-specs.ts';
import { noUnits } from '../feedback/outcome.ts';
import type { MetricOutcome, UnitSums } from '../feedback/outcome.ts';
import { differenceOf, PAIRED_METRIC } from '../feedback/pair.ts';
import { after, bps } from '../lib/units.ts';
import { championResult } from './champion-result.ts';
import type { StrategySpec } from './spec.ts';
import { defaultMirror } from './stage.ts';
import { decideBy, checkStrategy, stagesOfStrategy } from './strategies.ts';

const DAY_MS = 86_400_000;

type Spec = StrategySpec<'champion-challenger'>;

/** Units with one pair each. */
const pairs = (units: number, wins: number, losses: number): UnitSums => ({
  ...noUnits,
  units,
  answered: units,
  events: units,
  sum: wins - losses,
  sumSquares: wins + losses,
});

/** Days on each of which as many pairs came. */
const days = (
  count: number,
  each: UnitSums,
  metric: { readonly maturityMs?: number } = {},
): readonly MetricOutcome[] => [
  outcomeSample(
    PAIRED_METRIC,
    Array.from({ length: count }, () => [noUnits, each]),
    {
      widthMs: DAY_MS,
    },
  ),
  ...('maturityMs' in metric
    ? [{ ...outcomeSample('label', [[noUnits, noUnits]], { widthMs: DAY_MS }), ...metric }]
    : []),
];

test.for([
  { user: 'a', copy: 'b', truth: 'b', difference: 1 },
  { user: 'a', copy: 'b', truth: 'a', difference: -1 },
  { user: 'a', copy: 'b', truth: 'c', difference: 0 },
  { user: 'a', copy: 'a', truth: 'a', difference: 0 },
  { user: 'a', copy: 'a', truth: 'b', difference: 0 },
  { user: 5, copy: 8, truth: '9', difference: 3 },
  { user: 5, copy: 8, truth: '4.5', difference: -3 },
  { user: 5, copy: 8, truth: 'nine', difference: null },
  { user: 5, copy: '8', truth: '8', difference: null },
])('user $user, copy $copy, truth $truth: $difference', ({ difference, truth, ...both }) => {
  expect(differenceOf(both, truth)).toBe(difference);
});

// S5: challengers scored on copies of the same requests.
describe('a paired challenger', () => {
  test.for<{
    readonly what: string;
    readonly spec?: Partial<Spec>;
    readonly outcomes: readonly MetricOutcome[];
    readonly does: object;
  }>([
    {
      what: 'nothing came back',
      outcomes: [],
      does: { type: 'hold', reason: { code: 'starved' } },
    },
    {
      what: 'too few labels',
      outcomes: days(1, pairs(99, 9, 1)),
      does: { type: 'hold', reason: { code: 'starved' } },
    },
    {
      what: 'as good',
      outcomes: days(10, pairs(1_000, 50, 48)),
      does: { type: 'hold', reason: { code: 'unsure' } },
    },
    {
      what: 'better: it takes over',
      outcomes: days(2, pairs(1_000, 60, 25)),
      does: { type: 'swap', arm: 'candidate' },
    },
    {
      what: 'better, and a person is asked',
      spec: { gate: 'approval' },
      outcomes: days(2, pairs(1_000, 60, 25)),
      does: { type: 'ask', cause: { by: 'strategy', arm: 'candidate' } },
    },
    {
      what: 'better, but not by as much as was asked for',
      spec: { advantageMin: 0.03 },
      outcomes: days(2, pairs(1_000, 60, 25)),
      does: { type: 'hold', reason: { code: 'unsure' } },
    },
    {
      what: 'better, as far as labels are complete: none are',
      outcomes: days(2, pairs(1_000, 60, 25), { maturityMs: 3 * DAY_MS }),
      does: { type: 'hold', reason: { code: 'starved' } },
    },
  ])('$what', ({ spec = {}, outcomes, does }) => {
    expect(decideBy(situationOf(judgedRollout(pairedContest(spec)), outcomes))).toMatchObject(does);
  });

  test('needs far fewer labels than one with a share of its own', () => {
    const spec = pairedContest();
    const [challenge] =
      championResult({ ...situationOf(judgedRollout(spec), days(1, pairs(1_500, 60, 15))), spec })
        ?.challenges ?? [];
    // Unpaired, the standard error of 3 points at 90 % of 150 against 1,350 units is 2.6 points.
    expect(challenge).toMatchObject({ units: 1_500, advantage: 0.03, isBetter: true });
  });

  test.for([
    { closer: 0.4, leader: 'candidate' },
    { closer: 0.02, leader: null },
    { closer: -0.4, leader: null },
  ])('of numbers: $closer closer to the truth in the mean, $leader', ({ closer, leader }) => {
    const metric = { name: 'label', kind: 'mean', better: 'lower' } as const;
    const spec = pairedContest({ metric, unitsMin: 1_000 });
    const each = spread(1_000, closer, 3);
    const rollout = judgedRollout(spec);
    const result = championResult({ ...situationOf(rollout, days(3, each)), spec });
    expect(result).toMatchObject({ leader, challenges: [{ units: 3_000 }] });
    expect(result?.challenges[0]?.advantage).toBeCloseTo(closer, 9);
  });

  test('has as much to show as there are challengers: errors are shared out', () => {
    const leaderOf = (challengers: number): string | null | undefined => {
      const spec = pairedContest({ split: Array.from({ length: challengers }, () => bps(0)) });
      const each = pairs(1_000, 45, 14);
      const seen = [
        Array.from({ length: challengers + 1 }, (_, at) => (at === 1 ? each : noUnits)),
      ];
      const outcomes = [outcomeSample(PAIRED_METRIC, seen, { widthMs: DAY_MS })];
      return championResult({ ...situationOf(judgedRollout(spec), outcomes), spec })?.leader;
    };
    expect(leaderOf(1)).toBe('candidate');
    expect(leaderOf(15)).toBeNull();
  });

  test('answers copies and gets no share', () => {
    const [stage] = stagesOfStrategy(pairedContest());
    expect(stage).toMatchObject({ share: 0, mirror: { isPaired: true, sample: 10_000 } });
  });

  test('pairs of before a swap say nothing of the contest after it', () => {
    const spec = pairedContest();
    const evidenceFrom = after(outcomesBegan, 2 * DAY_MS);
    const rollout = judgedRollout(spec, { evidenceFrom });
    const outcomes = days(2, pairs(1_000, 60, 25));
    expect(championResult({ ...situationOf(rollout, outcomes), spec })?.leader).toBeNull();
  });
});

test.for<{ readonly what: string; readonly over: Partial<Spec>; readonly path: string }>([
  {
    what: 'a reward: nobody acted upon the copy',
    over: { metric: { name: 'reward', kind: 'proportion', better: 'higher' } },
    path: 'metric.name',
  },
  {
    what: 'a mean of which more is better',
    over: { metric: { name: 'label', kind: 'mean', better: 'higher' } },
    path: 'metric',
  },
  { what: 'an advantage of everything', over: { advantageMin: 1 }, path: 'advantage' },
  {
    what: 'nobody is copied',
    over: { pairing: { ...defaultMirror, sample: bps(0) } },
    path: 'paired.sample',
  },
])('refused: $what', ({ over, path }) => {
  expect(checkStrategy(pairedContest(over)).map((one) => one.path)).toContain(path);
});
