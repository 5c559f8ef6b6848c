/**
 * Contextual bandits in worlds with known truth, by the product's own decision: 50 batches of 1,200
 * units in three segments, the shares as the strategy sets them. Regret is what was missed against
 * the best arm of each segment, by expectation.
 */
import { describe, expect, test } from 'vitest';
import { addUnits, noUnits } from '../../src/core/feedback/outcome.ts';
import type { MetricOutcome, UnitSums } from '../../src/core/feedback/outcome.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { WHOLE_BPS, bps } from '../../src/core/lib/units.ts';
import type { Rollout } from '../../src/core/rollout/rollout.ts';
import { segmentWeightsOf, sharesOf } from '../../src/core/rollout/share.ts';
import type { Segments } from '../../src/core/segment/segments.ts';
import { segmentNames } from '../../src/core/segment/segments.ts';
import { sampleBinomial } from '../../src/core/stats/samplers.ts';
import type { BanditAlgorithm } from '../../src/core/strategy/outcome-spec.ts';
import type { StrategySpec } from '../../src/core/strategy/spec.ts';
import { decideBy } from '../../src/core/strategy/strategies.ts';
import { judgedRollout, outcomeSample, situationOf, yesNo } from '../outcome-samples.ts';
import { meanOf } from './monte-carlo.ts';

const HOUR_MS = 3_600_000;
const UNITS = 400;
const BATCHES = 50;
const RUNS = 20;
const segments: Segments = [{ by: 'region', values: ['eu', 'us'] }];
const names = segmentNames(segments);

/** Rates of the arms, segment by segment. */
type World = readonly (readonly number[])[];

const differing: World = [
  [0.1, 0.14, 0.1],
  [0.1, 0.1, 0.14],
  [0.14, 0.1, 0.1],
];
const alike: World = [
  [0.1, 0.11, 0.13],
  [0.1, 0.11, 0.13],
  [0.1, 0.11, 0.13],
];
/** All segments are different, and one arm is the best in all of them. */
const shifted: World = [
  [0.05, 0.06, 0.08],
  [0.1, 0.11, 0.13],
  [0.2, 0.21, 0.23],
];

const specOf = (algorithm: BanditAlgorithm): StrategySpec<'bandit'> => ({
  kind: 'bandit',
  reward: { name: 'reward', kind: 'proportion', better: 'higher' },
  algorithm,
  epsilon: 0.1,
  memory: { kind: 'all' },
  candidates: 2,
  audience: null,
  updateMs: HOUR_MS,
  floor: bps(200),
  burnIn: { units: 100, responses: 40 },
  stop: null,
});

type Seen = readonly (readonly UnitSums[])[];

function outcomeOf(seen: readonly Seen[]): MetricOutcome {
  const width = { widthMs: HOUR_MS };
  const whole = seen.map((own) =>
    (own[0] ?? []).map((_, at) =>
      own.reduce<UnitSums>((sum, arms) => addUnits(sum, arms[at] ?? noUnits), noUnits),
    ),
  );
  const parts = names.map((segment, index) => {
    const rows = seen.map((own) => own[index] ?? []);
    return { segment, arms: outcomeSample('reward', rows, width).arms };
  });
  return { ...outcomeSample('reward', whole, width), segments: parts };
}

/** Regret of one run, as a part of what equal shares miss. */
function missed(rng: Prng, algorithm: BanditAlgorithm, world: World): number {
  const plain = judgedRollout(specOf(algorithm));
  let rollout: Rollout = { ...plain, spec: { ...plain.spec, segments } };
  const seen: Seen[] = [];
  let [regret, equal] = [0, 0];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const own = segmentWeightsOf(rollout);
    const all = sharesOf(rollout);
    seen.push(
      world.map((rates, segment) => {
        const best = Math.max(...rates);
        return rates.map((rate, at) => {
          const share = (own?.[segment]?.shares ?? all)[at] ?? 0;
          const units = Math.round((UNITS * share) / WHOLE_BPS);
          regret += units * (best - rate);
          equal += (UNITS * (best - rate)) / rates.length;
          return yesNo(units, sampleBinomial(rng, units, rate));
        });
      }),
    );
    const step = decideBy(situationOf(rollout, [outcomeOf(seen)]));
    if (step.type !== 'reweigh') continue;
    const moved = step.segments === undefined ? {} : { segmentWeights: step.segments };
    rollout = { ...rollout, weights: step.weights, ...moved };
  }
  return regret / equal;
}

const partOfEqual = (algorithm: BanditAlgorithm, world: World, name: string): number => {
  const part = meanOf(`contextual:${name}:${algorithm}`, RUNS, (rng) =>
    missed(rng, algorithm, world),
  );
  console.info(`${name}, ${algorithm}: ${part.toFixed(2)} of equal shares`);
  return part;
};

describe.each([{ algorithm: 'linear-thompson' }, { algorithm: 'linear-ucb' }] as const)(
  '$algorithm',
  ({ algorithm }) => {
    test('misses far less where another arm is the best in each segment', () => {
      const plain = partOfEqual('thompson-beta', differing, 'differing');
      const contextual = partOfEqual(algorithm, differing, 'differing');
      // Whoever looks at the whole sees three arms that are alike.
      expect(plain).toBeGreaterThan(0.8);
      expect(contextual).toBeLessThan(0.45 * plain);
    });

    test.each([
      { what: 'segments are alike', world: alike },
      { what: 'segments differ and the best arm does not', world: shifted },
    ])('pays for looking apart, and no more, where $what', ({ what, world }) => {
      const plain = partOfEqual('thompson-beta', world, what);
      const contextual = partOfEqual(algorithm, world, what);
      // Three segments are learnt of one by one: three times the exploration at the most.
      expect(contextual).toBeLessThan(3 * plain);
      expect(contextual).toBeLessThan(0.6);
    });
  },
);
