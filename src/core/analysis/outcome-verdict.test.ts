import { describe, expect, test } from 'vitest';
import { addUnits, noUnits } from '../feedback/outcome.ts';
import type { ArmOutcome, EpochSums, MetricOutcome, UnitSums } from '../feedback/outcome.ts';
import { bps, instant } from '../lib/units.ts';
import { prng, uniform, uniformInt } from '../lib/prng.ts';
import type { Prng } from '../lib/prng.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { canaryOf } from '../strategy/presets.ts';
import type { StrategySpec } from '../strategy/spec.ts';
import { accuracyCheck as accuracy } from '../../../test/outcome-specs.ts';
import { rolloutSample } from '../../../test/samples.ts';
import { spread, yesNo } from '../../../test/outcome-samples.ts';
import type { OutcomeCheck } from './outcome-check.ts';
import { judgeOutcomes } from './outcome-verdict.ts';
import type { Verdict } from './verdict.ts';

const HOUR_MS = 3_600_000;
const BEGAN = 1_790_000_000_000;

const conversion: OutcomeCheck = {
  ...accuracy,
  name: 'conversion',
  of: { name: 'conversion', kind: 'proportion', better: 'higher' },
};

const canary = canaryOf([{ share: bps(500), margin: 2, leastMs: 0 }]);
const gradual: StrategySpec<'gradual'> = { kind: 'gradual', watchMs: HOUR_MS };

/** What came in one stretch of time, of both arms, under a revision of its own. */
type Came = { readonly candidate: UnitSums; readonly baseline: UnitSums };

function outcomeOf(
  metric: string,
  stretches: readonly Came[],
  { waiting = 0, maturityMs = 0 } = {},
): MetricOutcome {
  const arm = (name: 'candidate' | 'baseline'): ArmOutcome => {
    const own = stretches.map((came) => came[name]);
    return {
      arm: name,
      version: 1,
      ...own.reduce<UnitSums>(addUnits, noUnits),
      provisionalUnits: waiting,
      provisional: noUnits,
      epochs: own.map(epochOf),
      cohorts: own.map((units, hour) => ({ ...units, stretch: stretchOf(hour) })),
    };
  };
  const asOf = instant(BEGAN + stretches.length * HOUR_MS + maturityMs);
  return { metric, asOf, maturityMs, arms: [arm('baseline'), arm('candidate')] };
}

const stretchOf = (hour: number) => ({ start: instant(BEGAN + hour * HOUR_MS), widthMs: HOUR_MS });

const epochOf = ({ events, sum, sumSquares }: UnitSums, hour: number): EpochSums => ({
  revision: hour + 1,
  shareBps: null,
  since: stretchOf(hour).start,
  until: stretchOf(hour + 1).start,
  isMature: true,
  events,
  sum,
  sumSquares,
  mature: { events, sum },
});

function rolloutWith(
  check: OutcomeCheck,
  strategy: StrategySpec = canary,
  over: Partial<Rollout> = {},
): Rollout {
  const rollout = rolloutSample('risk', 'advancing', over);
  return { ...rollout, spec: { ...rollout.spec, strategy, outcomeChecks: [check] } };
}

function judged(check: OutcomeCheck, outcome: MetricOutcome, strategy?: StrategySpec): Verdict {
  const [verdict] = judgeOutcomes(rolloutWith(check, strategy), [outcome]);
  if (verdict === undefined) throw new Error('a declared check says something');
  return verdict;
}

const came = (candidate: UnitSums, baseline: UnitSums): Came => ({ candidate, baseline });
const label = (...stretches: readonly Came[]): MetricOutcome => outcomeOf('label', stretches);

describe('a check on feedback', () => {
  test.for([
    {
      name: 'nothing came',
      outcome: label(came(noUnits, noUnits)),
      says: 'starved',
      sentence: 'Nothing complete has come back for label of the candidate.',
    },
    {
      name: 'all of it is too young',
      outcome: outcomeOf('label', [came(noUnits, noUnits)], {
        waiting: 40,
        maturityMs: 86_400_000,
      }),
      says: 'starved',
      sentence: /80 units still wait, which takes 1 d\./,
    },
    {
      name: 'units came, and nothing about them',
      outcome: label(came({ ...noUnits, units: 900 }, { ...noUnits, units: 9_000 })),
      says: 'starved',
      sentence: /Nothing complete has come back/,
    },
    {
      name: 'only the baseline has any',
      outcome: label(came({ ...noUnits, units: 900 }, yesNo(9_000, 8_500))),
      says: 'starved',
      sentence: 'Nothing complete has come back for label of the candidate.',
    },
    {
      name: 'few came',
      outcome: label(came(yesNo(150, 142), yesNo(3_000, 2_850))),
      says: 'unsure',
      sentence: /^Too early to judge label: 150 of the 200 complete units of each arm/,
    },
    {
      name: 'hardly any answer came',
      outcome: label(came({ ...yesNo(0, 0), units: 900 }, { ...yesNo(30, 29), units: 9_000 })),
      says: 'starved',
      sentence: /of the candidate/,
    },
    {
      name: 'both are as good',
      outcome: label(came(yesNo(4_000, 3_800), yesNo(40_000, 38_000))),
      says: 'pass',
      sentence:
        'In label the candidate has 95 % (of 4,000); of the baseline 95 % (of 40,000). Shown not ' +
        'to be worse by 2 points.',
    },
    {
      name: 'the candidate is better',
      outcome: label(came(yesNo(1_000, 980), yesNo(10_000, 9_400))),
      says: 'pass',
      sentence: /Shown not to be worse/,
    },
    {
      name: 'it is worse by far more than is allowed',
      outcome: label(came(yesNo(2_000, 1_740), yesNo(20_000, 19_000))),
      says: 'fail',
      sentence: new RegExp(
        [
          '^In label the candidate has 87 % \\(of 2,000\\);',
          'of the baseline 95 % \\(of 20,000\\)\\.',
          'At the same times it is 8 points worse \\(between [\\d.]+ points and [\\d.]+ points\\);',
          'up to 2 points is allowed\\. Chance alone does that in at most 1 of ',
        ].join(' '),
      ),
    },
    {
      name: 'it is a little worse, but less than is allowed',
      outcome: label(came(yesNo(40_000, 37_600), yesNo(400_000, 380_000))),
      says: 'pass',
      sentence: /Shown not to be worse by 2 points\./,
    },
    {
      name: 'too little for either',
      outcome: label(came(yesNo(400, 380), yesNo(4_000, 3_800))),
      says: 'unsure',
      sentence: /Neither harm nor safety is shown yet; as it comes in it takes about/,
    },
    {
      name: 'labels come for one arm only now and then',
      outcome: label(came({ ...yesNo(300, 200), units: 9_000 }, yesNo(9_000, 8_550))),
      says: 'unsure',
      sentence: /what came cannot be compared/,
    },
    {
      name: 'nobody was ever wrong',
      outcome: label(came(yesNo(2_000, 2_000), yesNo(20_000, 20_000))),
      says: 'pass',
      sentence: /nearly 100 %|100 %/,
    },
  ])('$name: $says', ({ outcome, says, sentence }) => {
    const verdict = judged(accuracy, outcome);
    expect(verdict.outcome).toBe(says);
    expect(verdict.sentence).toMatch(sentence);
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
  });

  test('of a mean of which less is better, more is harm', () => {
    const cost = { ...accuracy, of: { name: 'cost', kind: 'mean', better: 'lower' }, margin: 1 };
    const of = (mean: number) =>
      judged(
        cost as OutcomeCheck,
        outcomeOf('cost', [came(spread(3_000, mean, 8), spread(30_000, 20, 8))]),
      );
    expect(of(23).outcome).toBe('fail');
    expect(of(23).sentence).toContain('it is 3 worse');
    expect(of(17)).toMatchObject({ outcome: 'pass', effect: { candidate: 17, better: 'lower' } });
  });

  test('of a proportion, units that gave nothing count as well', () => {
    const outcome = outcomeOf('conversion', [
      came({ ...yesNo(60, 60), units: 3_000 }, { ...yesNo(3_000, 3_000), units: 30_000 }),
    ]);
    const verdict = judged(conversion, outcome);
    expect(verdict).toMatchObject({ outcome: 'fail', effect: { candidate: 0.02, baseline: 0.1 } });
  });

  test('of a proportion that few reach, nothing is said before some did', () => {
    const outcome = outcomeOf('conversion', [
      came({ ...yesNo(1, 1), units: 400 }, { ...yesNo(20, 20), units: 8_000 }),
    ]);
    const { outcome: says, sentence } = judged(conversion, outcome);
    expect(says).toBe('unsure');
    expect(sentence).toBe(
      'Too early to judge conversion: it came back for 1 of 400 units of the candidate and for ' +
        '20 of 8,000 units of the baseline, too seldom for a mean.',
    );
  });

  test('one for which it is not known how it was at the same time is not pooled over time', () => {
    // The world gets worse while the candidate's share grows: pooled, it would look 9 points worse.
    const drift = [
      came(yesNo(500, 485), yesNo(20_000, 19_400)),
      came(yesNo(5_000, 4_300), yesNo(15_000, 12_900)),
    ];
    for (const [check, outcome] of [
      [accuracy, label(...drift)],
      [conversion, outcomeOf('conversion', drift)],
    ] as const) {
      const verdict = judged(check, outcome);
      expect(verdict.effect?.advantage).toBeCloseTo(0, 10);
      expect(verdict.effect?.candidate).toBeLessThan(0.9);
      expect(verdict.outcome).toBe('pass');
    }
  });

  test('where nobody serves beside it, the limit is all there is', () => {
    const limited = { ...accuracy, limit: 0.9 };
    const alone = (hits: number) =>
      judged(limited, label(came(yesNo(5_000, hits), noUnits)), gradual);
    expect(alone(4_700)).toMatchObject({ outcome: 'pass' });
    expect(alone(4_700).sentence).toContain('Shown to be within the limit of 90 %.');
    expect(alone(4_000)).toMatchObject({ outcome: 'fail' });
    expect(alone(4_000).sentence).toContain('That is beyond the limit of 90 %.');
    expect(alone(4_500)).toMatchObject({ outcome: 'unsure' });
  });

  test('a limit fails what the comparison would let pass', () => {
    const limited = { ...accuracy, limit: 0.9 };
    const outcome = label(came(yesNo(5_000, 4_000), yesNo(50_000, 40_000)));
    expect(judged(accuracy, outcome).outcome).toBe('pass');
    expect(judged(limited, outcome).outcome).toBe('fail');
  });

  test('what came before the arms were what they are now does not count', () => {
    const worse = came(yesNo(4_000, 3_000), yesNo(40_000, 38_000));
    const equal = came(yesNo(4_000, 3_800), yesNo(40_000, 38_000));
    const from = instant(BEGAN + HOUR_MS);
    for (const check of [accuracy, conversion]) {
      const outcome = outcomeOf(check.of.name, [worse, equal]);
      const [all] = judgeOutcomes(rolloutWith(check), [outcome]);
      const since = rolloutWith(check, canary, { evidenceFrom: from });
      const [late] = judgeOutcomes(since, [outcome]);
      expect([all?.outcome, late?.outcome]).toEqual(['fail', 'pass']);
    }
  });

  test('candidates share the chance of error, and one that was taken out is not judged', () => {
    const others = [{ arm: 'candidate-2', version: rolloutSample('risk', 'advancing').candidate }];
    const rollout = rolloutWith(accuracy, canary, { others, dropped: ['candidate'] });
    const verdicts = judgeOutcomes(rollout, [label(came(noUnits, noUnits))]);
    expect(verdicts.map(({ arm }) => arm)).toEqual(['candidate-2']);
    expect(verdicts[0]?.evidence.harmNeeded).toBeCloseTo(Math.log(200), 12);
  });
});

describe('a candidate that is as good', () => {
  const RUNS = 150;
  const ALPHA = 0.05;
  const strict = { ...accuracy, alpha: ALPHA, margin: 0.0001 };

  /** Part of the runs in which it fails at some look. */
  function alarmRate(seed: string, unitsOf: (units: number, rng: Prng) => UnitSums): number {
    const rng = prng(seed);
    let alarms = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const stretches: Came[] = [];
      let failed = false;
      for (let look = 0; look < 20 && !failed; look += 1) {
        stretches.push(came(unitsOf(40, rng), unitsOf(80, rng)));
        failed = judged(strict, label(...stretches)).outcome === 'fail';
      }
      if (failed) alarms += 1;
    }
    return alarms / RUNS;
  }

  /** Units with up to six predictions each, of which all are right or none. */
  function clustered(units: number, rng: Prng): UnitSums {
    const all = { ...noUnits, units, answered: units };
    for (let unit = 0; unit < units; unit += 1) {
      const pieces = 1 + uniformInt(rng, 6);
      const sum = uniform(rng) < 0.9 ? pieces : 0;
      all.events += pieces;
      all.sum += sum;
      all.sumSquares += sum * sum;
      all.eventsSquares += pieces * pieces;
      all.products += sum * pieces;
    }
    return all;
  }

  test('fails seldom, however often one looks', () => {
    const most = ALPHA + 3 * Math.sqrt((ALPHA * (1 - ALPHA)) / RUNS);
    expect(alarmRate('units', clustered)).toBeLessThan(most);
  });

  test('would fail often if the predictions of a unit were taken for independent', () => {
    const byPiece = (units: number, rng: Prng): UnitSums => {
      const { events, sum } = clustered(units, rng);
      return yesNo(events, sum);
    };
    expect(alarmRate('units', byPiece)).toBeGreaterThan(2 * ALPHA);
  });
});
