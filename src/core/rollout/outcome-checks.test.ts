import { describe, expect, test } from 'vitest';
import type { OutcomeCheck } from '../analysis/outcome-check.ts';
import type { Verdict } from '../analysis/verdict.ts';
import { bps } from '../lib/units.ts';
import { CHECK_DEFAULTS, canaryOf } from '../strategy/presets.ts';
import type { StrategySpec } from '../strategy/spec.ts';
import { plainStage } from '../strategy/stage.ts';
import { accuracyCheck as accuracy } from '../../../test/outcome-specs.ts';
import { rolloutSample } from '../../../test/samples.ts';
import { guard, requiredChecks } from './guardrail.ts';
import { outcomeProblem } from './outcome-problems.ts';
import type { Rollout } from './rollout.ts';
import { specProblems } from './spec-problems.ts';

const canary = canaryOf([{ share: bps(500), margin: 2, leastMs: 0 }]);

function rolloutWith(over: Partial<OutcomeCheck>, strategy: StrategySpec = canary): Rollout {
  const rollout = rolloutSample('risk', 'advancing');
  const checks = [CHECK_DEFAULTS.error_rate];
  const outcomeChecks = [{ ...accuracy, ...over }];
  return { ...rollout, spec: { ...rollout.spec, strategy, checks, outcomeChecks } };
}

const saying = (outcome: Verdict['outcome']): Verdict => ({
  check: 'accuracy',
  arm: 'candidate',
  outcome,
  candidate: { units: 0, losses: 0 },
  baseline: { units: 0, losses: 0 },
  ratio: null,
  interval: null,
  evidence: { harm: 0, harmNeeded: 1, safety: 0, safetyNeeded: 1 },
  etaMs: null,
  sentence: 'So it is.',
});

describe('a check on feedback is a guardrail like others', () => {
  test.for([
    { onFail: 'hard', outcome: 'fail', demand: 'revert' },
    { onFail: 'soft', outcome: 'fail', demand: 'ask' },
    { onFail: 'inform', outcome: 'fail', demand: undefined },
    { onFail: 'hard', outcome: 'unsure', demand: undefined },
    { onFail: 'hard', outcome: 'starved', demand: undefined },
  ] as const)('$onFail and $outcome: $demand', ({ onFail, outcome, demand }) => {
    expect(guard(rolloutWith({ onFail }), [saying(outcome)])?.type).toBe(demand);
  });

  test('what a person accepted no longer asks', () => {
    const rollout = { ...rolloutWith({}), accepted: ['accuracy'] };
    expect(guard(rollout, [saying('fail')])).toBeNull();
  });
});

test.for([
  { name: 'it must pass', over: {}, share: 500, outcome: 'starved', required: true },
  { name: 'a report', over: { onFail: 'inform' }, share: 500, outcome: 'fail', required: false },
  {
    name: 'nothing came, and that may be',
    over: { onMissing: 'continue' },
    share: 500,
    outcome: 'starved',
    required: false,
  },
  {
    name: 'something came',
    over: { onMissing: 'continue' },
    share: 500,
    outcome: 'unsure',
    required: true,
  },
  { name: 'users get no answer of it', over: {}, share: 0, outcome: 'starved', required: false },
] as const)('whether a stage waits for it: $name', ({ over, share, outcome, required }) => {
  const rollout = rolloutWith(over);
  const stage = plainStage({ name: 'stage', share: bps(share), margin: 2, leastMs: 0 });
  expect(requiredChecks({ rollout, stage }, [saying(outcome)])).toHaveLength(required ? 1 : 0);
});

describe('a declaration', () => {
  const gradual: StrategySpec<'gradual'> = { kind: 'gradual', watchMs: 1_000 };

  test('that is sound has no problem', () => {
    expect(specProblems(rolloutWith({}).spec)).toEqual([]);
    expect(specProblems(rolloutWith({ limit: 0.9 }, gradual).spec)).toEqual([]);
  });

  test.for([
    { over: { margin: 0 }, path: 'triggers.accuracy.margin' },
    { over: { margin: NaN }, path: 'triggers.accuracy.margin' },
    { over: { limit: Infinity }, path: 'triggers.accuracy.limit' },
    { over: { alpha: 0 }, path: 'triggers.accuracy.alpha' },
    { over: { alpha: 0.6 }, path: 'triggers.accuracy.alpha' },
    { over: { minUnits: 5 }, path: 'triggers.accuracy.minUnits' },
    { over: { minUnits: 200.5 }, path: 'triggers.accuracy.minUnits' },
    { over: { name: 'error_rate' }, path: 'triggers.error_rate.name' },
  ])('with $over is refused at $path', ({ over, path }) => {
    expect(specProblems(rolloutWith(over).spec)).toEqual([
      { path, sentence: expect.stringMatching(/./) },
    ]);
  });

  test('in which nobody serves beside the candidate needs a limit', () => {
    expect(specProblems(rolloutWith({}, gradual).spec)).toEqual([
      { path: 'triggers.accuracy.limit', sentence: expect.stringContaining('needs a limit') },
    ]);
  });

  test('of a metric that nobody declared is refused, so that a slip does not wait for ever', () => {
    const of = { name: 'conversoin', kind: 'proportion', better: 'higher' } as const;
    const { spec } = rolloutWith({ name: 'sales', of });
    const now = rolloutSample('risk', 'advancing').createdAt;
    expect(outcomeProblem(spec, { now, metrics: ['conversion'] })).toMatchObject({
      code: 'ROLLOUT_METRIC_UNKNOWN',
      path: 'triggers.sales.feedback',
    });
    expect(outcomeProblem(rolloutWith({}).spec, { now, metrics: [] })).toBeNull();
  });
});
