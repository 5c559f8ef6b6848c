import { describe, expect, test } from 'vitest';
import { advise, rank } from './advise.ts';
import { FACTORS, circumstancesOf } from './factor.ts';
import type { Answers, Circumstances, Factor } from './factor.ts';
import { effectOn } from './rule.ts';
import { RULES } from './rules.ts';
import { ADVISED } from './trade-off.ts';
import type { Advised } from './trade-off.ts';

const factors = Object.keys(FACTORS) as readonly Factor[];

/** Every combination there can be: without an outcome nothing is late, with one something is. */
const everyCircumstance = factors
  .reduce<readonly Partial<Circumstances>[]>(
    (some, factor) =>
      some.flatMap((one) => FACTORS[factor].map((is) => ({ ...one, [factor]: is }))),
    [{}],
  )
  .filter(({ outcome, delay }) => (outcome === 'none') === (delay === 'none'))
  .map((one) => one as Circumstances);

const keyOf = (one: Circumstances): string => factors.map((factor) => one[factor]).join(' ');
const ranks = new Map(
  everyCircumstance.map((one) => [keyOf(one), rank(one).map(({ strategy }) => strategy)]),
);
const placeOf = (strategy: Advised, one: Circumstances): number =>
  (ranks.get(keyOf(one)) ?? []).indexOf(strategy);

// S9: something fits, and every rank has its reasons.
describe('every combination of answers', () => {
  test('is ranked whole: each strategy once, what is ruled out last', () => {
    expect(everyCircumstance).toHaveLength(3 * 3 * 3 * 2 * (1 + 3 * 3) * 4 * 2 * 2);
    const wrong = everyCircumstance.filter((one) => {
      const ranking = rank(one);
      const names = new Set(ranking.map(({ strategy }) => strategy));
      const firstOut = ranking.findIndex(({ fit }) => fit === 'ruled_out');
      const lastIn = ranking.findLastIndex(({ fit }) => fit !== 'ruled_out');
      return names.size !== ADVISED.length || (firstOut !== -1 && firstOut < lastIn);
    });
    expect(wrong).toEqual([]);
  });

  test('has something that fits, and says why of everything', () => {
    const wrong = everyCircumstance.filter((one) => {
      const [best] = rank(one);
      return best?.fit !== 'fits' || rank(one).some(({ reasons }) => reasons.length === 0);
    });
    expect(wrong).toEqual([]);
  });

  test('adds up: points are those of the reasons, the weightiest first', () => {
    for (const one of everyCircumstance.slice(0, 500)) {
      for (const { points, reasons } of rank(one)) {
        const given = reasons.map((reason) => (reason.type === 'points' ? reason.points : 0));
        expect(points).toBe(given.reduce((sum, each) => sum + each, 0));
        const sizes = reasons.map((reason) =>
          reason.type === 'points' ? Math.abs(reason.points) : 99,
        );
        expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
      }
    }
  });
});

describe('laws: a step along a factor, all else alike, never ranks', () => {
  type Law = {
    readonly factor: Factor;
    readonly from: string;
    readonly to: string;
    readonly never: 'higher' | 'lower';
    readonly strategy: Advised;
  };

  const along = <F extends Factor>(
    factor: F,
    path: readonly Circumstances[F][],
    said: Pick<Law, 'never' | 'strategy'>,
  ): readonly Law[] =>
    path.slice(1).map((to, index) => ({ factor, from: path[index] ?? to, to, ...said }));

  const laws: readonly Law[] = [
    ...along('risk', ['high', 'medium', 'low'], { strategy: 'gradual', never: 'higher' }),
    ...along('risk', ['high', 'medium', 'low'], { strategy: 'shadow', never: 'lower' }),
    ...along('traffic', ['little', 'some', 'much'], { strategy: 'ab-test', never: 'lower' }),
    ...along('traffic', ['little', 'some', 'much'], { strategy: 'bandit', never: 'lower' }),
    ...along('traffic', ['little', 'some', 'much'], { strategy: 'gradual', never: 'higher' }),
    ...along('metrics', ['watched', 'unwatched'], { strategy: 'gradual', never: 'higher' }),
    ...along('outcome', ['labels', 'both'], { strategy: 'ab-test', never: 'lower' }),
    ...along('outcome', ['business', 'both'], { strategy: 'ab-test', never: 'lower' }),
    ...along('outcome', ['labels', 'both'], { strategy: 'bandit', never: 'lower' }),
    ...along('delay', ['soon', 'days', 'late'], { strategy: 'bandit', never: 'higher' }),
    ...along('delay', ['soon', 'days', 'late'], { strategy: 'phased', never: 'lower' }),
    ...along('budget', ['double', 'single'], { strategy: 'blue-green', never: 'higher' }),
    ...along('reversible', ['yes', 'no'], { strategy: 'gradual', never: 'higher' }),
    ...along('reversible', ['yes', 'no'], { strategy: 'shadow', never: 'lower' }),
    ...along('goal', ['release', 'compare'], { strategy: 'ab-test', never: 'lower' }),
    ...along('goal', ['release', 'adapt'], { strategy: 'bandit', never: 'lower' }),
    ...along('change', ['retrain', 'infrastructure'], { strategy: 'blue-green', never: 'lower' }),
  ];

  test.for(laws)('$strategy $never: $factor from $from to $to', (law) => {
    const { factor, from, to, never, strategy } = law;
    const wrong = everyCircumstance
      .filter((one) => one[factor] === from)
      .filter((one) => {
        const moved = placeOf(strategy, { ...one, [factor]: to }) - placeOf(strategy, one);
        return never === 'higher' ? moved < 0 : moved > 0;
      });
    expect(wrong).toEqual([]);
  });
});

describe('what it comes to', () => {
  const usual: Answers = {
    goal: 'release',
    risk: 'medium',
    unitsPerSecond: 50,
    monitoring: ['metrics'],
    labelDelayMs: null,
    change: 'retrain',
    budget: 'single',
    reversible: 'yes',
  };

  test.for<{ readonly of: string; readonly said: Partial<Answers>; readonly best: Advised }>([
    { of: 'a monthly retraining', said: {}, best: 'canary' },
    {
      of: 'another runtime, with room for both',
      said: { change: 'infrastructure', budget: 'double', unitsPerSecond: 0.2 },
      best: 'blue-green',
    },
    {
      of: 'new features where mistakes are paid for',
      said: { change: 'features', risk: 'low', reversible: 'no', budget: 'double' },
      best: 'shadow',
    },
    {
      of: 'a fix nobody would miss, hardly asked',
      said: { risk: 'high', unitsPerSecond: 0.1, change: 'infrastructure' },
      best: 'gradual',
    },
    {
      of: 'a credit model whose labels take months',
      said: {
        risk: 'low',
        unitsPerSecond: 0.5,
        monitoring: ['metrics', 'labels'],
        labelDelayMs: 60 * 86_400_000,
        change: 'model',
        reversible: 'no',
      },
      best: 'phased',
    },
    {
      of: 'which model sells more',
      said: { goal: 'compare', monitoring: ['metrics', 'business'], labelDelayMs: 86_400_000 },
      best: 'ab-test',
    },
    {
      of: 'a nightly retraining with labels the next day, without end',
      said: { goal: 'adapt', monitoring: ['metrics', 'labels'], labelDelayMs: 86_400_000 },
      best: 'champion-challenger',
    },
    {
      of: 'headlines that are clicked on or not',
      said: { goal: 'adapt', monitoring: ['business'], labelDelayMs: 60_000, change: 'model' },
      best: 'bandit',
    },
  ])('$of: $best', ({ said, best }) => {
    expect(advise({ ...usual, ...said })[0]?.strategy).toBe(best);
  });

  test.for([
    { unitsPerSecond: 0.999, delayMs: 3_600_000, traffic: 'little', delay: 'soon' },
    { unitsPerSecond: 1, delayMs: 3_600_001, traffic: 'some', delay: 'days' },
    { unitsPerSecond: 19.9, delayMs: 7 * 86_400_000, traffic: 'some', delay: 'days' },
    { unitsPerSecond: 20, delayMs: 7 * 86_400_000 + 1, traffic: 'much', delay: 'late' },
  ])('$unitsPerSecond a second is $traffic, $delayMs ms is $delay', (one) => {
    const { unitsPerSecond, delayMs, traffic, delay } = one;
    const answers: Answers = { ...usual, monitoring: ['labels'], labelDelayMs: delayMs };
    expect(circumstancesOf({ ...answers, unitsPerSecond })).toMatchObject({ traffic, delay });
  });
});

test('no two rules speak of the same strategy for the same reason', () => {
  const said = RULES.flatMap((rule) =>
    ADVISED.filter((strategy) => effectOn(strategy, rule) !== null).map(
      (strategy) => `${rule.factor} ${rule.is} ${strategy}`,
    ),
  );
  expect(said.filter((one, index) => said.indexOf(one) !== index)).toEqual([]);
});

test('every rule does something, and every sentence is one', () => {
  const idle = RULES.filter((rule) =>
    ADVISED.every((strategy) => effectOn(strategy, rule) === null),
  );
  expect(idle).toEqual([]);
  const odd = RULES.filter(({ because }) => !/^[A-Z].*\.$/.test(because));
  expect(odd).toEqual([]);
});
