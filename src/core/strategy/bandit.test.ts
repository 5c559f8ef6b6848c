import { describe, expect, test } from 'vitest';
import {
  evenStretches,
  judgedRollout,
  outcomeSample,
  situationOf,
  spread,
  yesNo,
} from '../../../test/outcome-samples.ts';
import { banditSpec, decidedOn } from '../../../test/outcome-specs.ts';
import type { OutcomeCase } from '../../../test/outcome-specs.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import { banditResult } from './bandit-result.ts';
import { BANDIT_ALGORITHMS, isContextual } from './outcome-spec.ts';
import type { BanditAlgorithm } from './outcome-spec.ts';
import type { StrategySpec } from './spec.ts';

const HOUR_MS = 3_600_000;

type Over = Partial<StrategySpec<'bandit'>>;

/** Hours in which each arm had 1,000 units with these rewards. */
const hours = evenStretches('reward', HOUR_MS);

type Given = Pick<OutcomeCase<'bandit'>, 'spec' | 'outcome' | 'over' | 'verdicts'>;

const decided = ({ spec, ...given }: Given) => decidedOn({ ...given, spec: banditSpec(spec) });

// S6: shares follow what arms earn.
describe('what is done', () => {
  test.for<OutcomeCase<'bandit'>>([
    { what: 'nothing came back', does: { type: 'hold', reason: { code: 'starved' } } },
    {
      what: 'burn-in is not over',
      outcome: hours(1, 30, 60, 60),
      does: { type: 'hold', reason: { code: 'starved' } },
    },
    { what: 'the shares follow', outcome: hours(1, 100, 110, 120), does: { type: 'reweigh' } },
    {
      what: 'feedback of the last hour is not complete yet',
      outcome: { ...hours(1, 100, 110, 120), maturityMs: HOUR_MS },
      does: { type: 'hold', reason: { code: 'starved' } },
    },
    {
      what: 'one is known to be the best',
      outcome: hours(30, 100, 110, 130),
      does: { type: 'promote', arm: 'candidate-2' },
    },
    {
      what: 'the best has a guardrail that has yet to pass',
      outcome: hours(30, 100, 110, 130),
      verdicts: 'unsure',
      does: { type: 'hold', reason: { code: 'unsure' } },
    },
    {
      what: 'the baseline is the best',
      outcome: hours(30, 130, 110, 100),
      does: { type: 'revert', cause: { by: 'strategy', who: 'bandit' } },
    },
    {
      what: 'without a stop rule it goes on for ever',
      spec: { stop: null },
      outcome: hours(30, 100, 110, 130),
      does: { type: 'reweigh', weights: [500, 500, 9_000] },
    },
    {
      what: 'lower is better',
      spec: { stop: null, reward: { name: 'reward', kind: 'proportion', better: 'lower' } },
      outcome: hours(30, 100, 110, 130),
      does: { type: 'reweigh', weights: [9_000, 500, 500] },
    },
    {
      what: 'who is out stays out, and its share is shared by the others',
      spec: { stop: null },
      outcome: hours(30, 100, 110, 130),
      over: { dropped: ['candidate-2'] },
      does: { type: 'reweigh', weights: [500, 9_500, 0] },
    },
    {
      what: 'shares that are right already do not move',
      spec: { stop: null },
      outcome: hours(30, 100, 110, 130),
      over: { weights: [bps(520), bps(490), bps(8_990)] },
      does: { type: 'hold', reason: { code: 'unsure' } },
    },
  ])('$what', ({ does, ...given }) => {
    expect(decided(given)).toMatchObject(does);
  });
});

test.each(BANDIT_ALGORITHMS.filter((algorithm) => !isContextual({ algorithm })))(
  '%s: most to the best, the floor to all, the whole in all',
  (algorithm) => {
    const spec: Over = { algorithm, stop: null };
    const step = decided({ spec, outcome: hours(20, 100, 110, 140) });
    if (step.type !== 'reweigh') throw new Error(`it decided ${step.type}`);
    expect(step.weights.reduce((sum, one) => sum + one, 0)).toBe(WHOLE_BPS);
    expect(Math.min(...step.weights)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...step.weights)).toBe(step.weights[2]);
    expect(decided({ spec, outcome: hours(20, 100, 110, 140) })).toEqual(step);
  },
);

test('rewards of any size go by their means and variances', () => {
  const outcome = outcomeSample(
    'reward',
    Array.from({ length: 5 }, () => [spread(500, -3, 20), spread(500, 1, 20)]),
    { widthMs: HOUR_MS },
  );
  const reward = { name: 'reward', kind: 'mean', better: 'higher' } as const;
  const spec: Over = { candidates: 1, reward, algorithm: 'thompson-gaussian', stop: null };
  expect(decided({ spec, outcome })).toMatchObject({ type: 'reweigh', weights: [500, 9_500] });
});

describe('the past', () => {
  /** Ten hours in which the first candidate is best, then ten in which the second is. */
  const turned = outcomeSample(
    'reward',
    Array.from({ length: 20 }, (_, hour) =>
      (hour < 10 ? [100, 160, 100] : [100, 100, 150]).map((hits) => yesNo(1_000, hits)),
    ),
    { widthMs: HOUR_MS },
  );
  const largest = (memory: StrategySpec<'bandit'>['memory'], algorithm?: BanditAlgorithm) => {
    const step = decided({
      spec: { memory, stop: null, ...(algorithm === undefined ? {} : { algorithm }) },
      outcome: turned,
    });
    if (step.type !== 'reweigh') throw new Error(`it decided ${step.type}`);
    return step.weights.indexOf(bps(Math.max(...step.weights)));
  };

  test.each([
    { memory: { kind: 'all' }, arm: 1 },
    { memory: { kind: 'discount', gamma: 0.7 }, arm: 2 },
    { memory: { kind: 'window', updates: 5 }, arm: 2 },
  ] as const)('by $memory.kind the best is arm $arm', ({ memory, arm }) => {
    expect(largest(memory)).toBe(arm);
    expect(largest(memory, 'epsilon-greedy')).toBe(arm);
  });

  test('a trend of the world is no effect: arms are compared hour by hour', () => {
    // The second arm gets more while everything improves: pooled, it would look twice as good.
    const outcome = outcomeSample(
      'reward',
      Array.from({ length: 10 }, (_, hour) => {
        const rate = 0.05 + 0.02 * hour;
        const units = 200 + 400 * hour;
        return [yesNo(4_400 - units, (4_400 - units) * rate), yesNo(units, units * rate)];
      }),
      { widthMs: HOUR_MS },
    );
    const spec = banditSpec({ candidates: 1 });
    const rollout = judgedRollout(spec);
    const result = banditResult({ ...situationOf(rollout, [outcome]), spec });
    const [baseline, candidate] = result?.arms ?? [];
    expect(candidate?.mean).toBeCloseTo(baseline?.mean ?? 0, 9);
    expect(candidate?.chance).toBeCloseTo(0.5, 1);
  });
});

test('allocation and regret over time', () => {
  const spec = banditSpec();
  const rollout = judgedRollout(spec);
  const result = banditResult({ ...situationOf(rollout, [hours(3, 100, 110, 120)]), spec });
  expect(result?.batches).toHaveLength(3);
  expect(result?.batches[2]).toMatchObject({
    units: [1_000, 1_000, 1_000],
    rewards: [100, 110, 120],
  });
  // Equal shares lose 0.01 a unit on average against the best arm: 90 in 9,000 units.
  expect(result?.batches[2]?.regret).toBeCloseTo(90, 6);
  expect(result?.batches[2]?.regretOfEqual).toBeCloseTo(90, 6);
});
