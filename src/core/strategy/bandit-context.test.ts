import { describe, expect, test } from 'vitest';
import { banditSpec } from '../../../test/outcome-specs.ts';
import {
  judgedRollout,
  outcomeSample,
  situationOf,
  spread,
  yesNo,
} from '../../../test/outcome-samples.ts';
import type { MetricOutcome, UnitSums } from '../feedback/outcome.ts';
import { addUnits, noUnits } from '../feedback/outcome.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import { apply } from '../rollout/apply.ts';
import { segmentWeightsOf, sharesOf } from '../rollout/share.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { segmentNames } from '../segment/segments.ts';
import type { Segments } from '../segment/segments.ts';
import { banditResult } from './bandit-result.ts';
import type { StrategySpec } from './spec.ts';
import { decideBy } from './strategies.ts';

const HOUR_MS = 3_600_000;
const byRegion: Segments = [{ by: 'region', values: ['eu', 'us'] }];

type Over = Partial<StrategySpec<'bandit'>>;

const specOf = (over: Over = {}): StrategySpec<'bandit'> =>
  banditSpec({ algorithm: 'linear-thompson', stop: null, ...over });

function rolloutOf(over: Over = {}, segments = byRegion, moved: Partial<Rollout> = {}): Rollout {
  const rollout = judgedRollout(specOf(over), moved);
  return { ...rollout, spec: { ...rollout.spec, segments } };
}

type Rows = Readonly<Record<string, readonly UnitSums[]>>;

/** So many hours in which the arms had these units in each segment. */
function hours(count: number, rows: Rows): MetricOutcome {
  const repeat = (units: readonly UnitSums[]): MetricOutcome =>
    outcomeSample(
      'reward',
      Array.from({ length: count }, () => units),
      { widthMs: HOUR_MS },
    );
  const arms = Object.values(rows)[0]?.length ?? 0;
  const whole = Array.from({ length: arms }, (_, at) =>
    Object.values(rows).reduce<UnitSums>((sum, own) => addUnits(sum, own[at] ?? noUnits), noUnits),
  );
  const segments = Object.entries(rows).map(([segment, units]) => {
    return { segment, arms: repeat(units).arms };
  });
  return { ...repeat(whole), segments };
}

const rates = (units: number, ...hits: readonly number[]) => hits.map((one) => yesNo(units, one));

const stepOf = (rollout: Rollout, outcome: MetricOutcome) =>
  decideBy(situationOf(rollout, [outcome]));

/** The shares that are asked for in each segment. */
function wantedOf(rollout: Rollout, outcome: MetricOutcome): Record<string, readonly number[]> {
  const { spec } = rollout;
  if (spec.strategy.kind !== 'bandit') throw new Error('no bandit');
  const standing = { ...situationOf(rollout, [outcome]), spec: spec.strategy };
  const result = banditResult(standing);
  return Object.fromEntries(
    (result?.segments ?? []).map(({ segment, wanted }) => [segment, wanted ?? []]),
  );
}

const opposite: Rows = {
  eu: rates(500, 50, 90, 50),
  us: rates(500, 50, 50, 90),
  other: rates(500, 90, 50, 50),
};

// S6: the contextual variant.
describe('shares in each segment', () => {
  test.each([{ algorithm: 'linear-thompson' }, { algorithm: 'linear-ucb' }] as const)(
    '$algorithm: most to who is best there, the floor to all, the whole in all',
    ({ algorithm }) => {
      const rollout = rolloutOf({ algorithm });
      const wanted = wantedOf(rollout, hours(5, opposite));
      expect(Object.keys(wanted)).toEqual(['eu', 'us', 'other']);
      const best = Object.values(wanted).map((shares) => shares.indexOf(Math.max(...shares)));
      expect(best).toEqual([1, 2, 0]);
      for (const shares of Object.values(wanted)) {
        expect(shares.reduce((sum, one) => sum + one, 0)).toBe(WHOLE_BPS);
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(500);
        expect(Math.max(...shares)).toBeGreaterThan(8_000);
      }
    },
  );

  test('the step carries them, and the whole as their mean; the same again moves nothing', () => {
    const rollout = rolloutOf();
    const outcome = hours(5, opposite);
    const step = stepOf(rollout, outcome);
    expect(step).toMatchObject({
      type: 'reweigh',
      segments: Object.values(wantedOf(rollout, outcome)),
      reason: expect.stringMatching(/by segment: eu mostly candidate \(\d/) as string,
    });
    if (step.type !== 'reweigh') throw new Error('it does not move');
    expect(step.weights.reduce((sum, one) => sum + one, 0)).toBe(WHOLE_BPS);
    expect(step.weights.every((share) => Math.abs(share - 3_333) < 600)).toBe(true);
    const moved = apply({ rollout, endpoint: null, now: outcome.asOf }, step)?.after ?? rollout;
    expect(segmentWeightsOf(moved)?.map(({ shares }) => shares)).toEqual(step.segments);
    expect(sharesOf(moved)).toEqual(step.weights);
    expect(segmentWeightsOf({ ...moved, phase: 'reverting' })).toBeNull();
    expect(stepOf(moved, outcome)).toMatchObject({ type: 'hold', reason: { code: 'unsure' } });
  });

  test('a segment nobody was in learns from those it shares a value with', () => {
    const segments: Segments = [...byRegion, { by: 'device', values: ['phone'] }];
    const outcome = hours(20, {
      'eu/phone': rates(500, 50, 90, 50),
      'eu/other': rates(500, 50, 50, 90),
      'us/phone': rates(500, 50, 90, 50),
    });
    const wanted = wantedOf(rolloutOf({}, segments), outcome);
    expect(Object.keys(wanted)).toEqual(segmentNames(segments));
    const unseen = wanted['other/phone'] ?? [];
    expect(unseen.indexOf(Math.max(...unseen))).toBe(1);
    const known = wanted['eu/other'] ?? [];
    expect(known.indexOf(Math.max(...known))).toBe(2);
    // What was seen is believed more than what is guessed.
    expect(Math.max(...known)).toBeGreaterThan(Math.max(...unseen));
  });

  test('combinations may contradict what attributes say by themselves', () => {
    const segments: Segments = [
      { by: 'region', values: ['eu'] },
      { by: 'device', values: ['phone'] },
    ];
    const outcome = hours(40, {
      'eu/phone': rates(500, 50, 80, 50),
      'eu/other': rates(500, 80, 50, 50),
      'other/phone': rates(500, 80, 50, 50),
      'other/other': rates(500, 50, 80, 50),
    });
    const wanted = wantedOf(rolloutOf({}, segments), outcome);
    const best = Object.values(wanted).map((shares) => shares.indexOf(Math.max(...shares)));
    expect(best).toEqual([1, 0, 0, 1]);
  });

  test('an arm that was taken out gets nothing, what it had goes to the baseline', () => {
    const rollout = rolloutOf();
    const outcome = hours(5, opposite);
    const step = stepOf(rollout, outcome);
    if (step.type !== 'reweigh') throw new Error('it does not move');
    const moved = apply({ rollout, endpoint: null, now: outcome.asOf }, step)?.after ?? rollout;
    const cause = { by: 'check', who: 'x', sentence: 'bad', verdict: null } as const;
    const drop = { type: 'drop', arm: 'candidate', cause } as const;
    const dropped = apply({ rollout: moved, endpoint: null, now: outcome.asOf }, drop)?.after;
    const before = moved.segmentWeights ?? [];
    expect(segmentWeightsOf(dropped ?? moved)).toEqual(
      before.map(([base = 0, first = 0, second = 0]) => ({
        shares: [base + first, 0, second],
        ceded: [0, first, 0],
      })),
    );
    const wanted = Object.values(wantedOf(dropped ?? moved, outcome));
    expect(wanted.map((shares) => shares[1])).toEqual([0, 0, 0]);
  });

  test('rewards of any size, where less is better', () => {
    const reward = { name: 'reward', kind: 'mean', better: 'lower' } as const;
    const outcome = hours(5, {
      eu: [spread(500, 100, 20), spread(500, 96, 20)],
      us: [spread(500, 100, 20), spread(500, 104, 20)],
    });
    const wanted = wantedOf(rolloutOf({ reward, candidates: 1 }), outcome);
    expect(wanted['eu']?.[1]).toBeGreaterThan(8_000);
    expect(wanted['us']?.[1]).toBeLessThan(2_000);
  });
});

describe('the result', () => {
  const resultOf = (over: Over, rows: Rows, count = 5) => {
    const spec = specOf(over);
    return banditResult({ ...situationOf(rolloutOf(over), [hours(count, rows)]), spec });
  };

  test('what is missed is missed against the best of each segment', () => {
    const batches = resultOf({}, opposite)?.batches ?? [];
    expect(batches.map(({ units }) => units)).toEqual(
      Array.from({ length: 5 }, () => [1_500, 1_500, 1_500]),
    );
    // 1,000 of 1,500 units of each segment got an arm that is 8 points worse, every hour.
    expect(batches.at(-1)?.regret).toBeGreaterThan(5 * 3 * 1_000 * 0.075);
    expect(batches.at(-1)?.regret).toBeCloseTo(batches.at(-1)?.regretOfEqual ?? 0, 6);
  });

  test.each<{ readonly what: string; readonly rows: Rows; readonly winner: string | null }>([
    {
      what: 'one arm is the best in every segment',
      rows: {
        eu: rates(900, 90, 90, 150),
        us: rates(900, 90, 90, 140),
        other: rates(900, 9, 9, 80),
      },
      winner: 'candidate-2',
    },
    {
      what: 'it is the best wherever anybody is',
      rows: { eu: rates(900, 90, 90, 150) },
      winner: 'candidate-2',
    },
    { what: 'another one in each', rows: opposite, winner: null },
  ])('it ends when $what: $winner', ({ rows, winner }) => {
    const stop = { chance: 0.95, lossMax: 0.002 };
    expect(resultOf({ stop }, rows, 20)?.winner).toBe(winner);
  });

  test('before burn-in nothing moves', () => {
    const result = resultOf({}, { eu: rates(40, 8, 8, 8), us: rates(40, 8, 8, 8) }, 1);
    expect(result).toMatchObject({ isWarm: false, wanted: null });
    expect(result?.segments?.map(({ wanted }) => wanted)).toEqual([null, null, null]);
  });

  test('where nothing is told apart yet, it waits', () => {
    const outcome = hours(5, { eu: rates(500, 50, 90, 50) });
    const { segments: _segments, ...whole } = outcome;
    expect(stepOf(rolloutOf(), whole)).toMatchObject({ type: 'hold', reason: { code: 'starved' } });
  });
});
