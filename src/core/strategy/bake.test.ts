import { describe, expect, test } from 'vitest';
import { rolloutSample } from '../../../test/samples.ts';
import type { Verdict } from '../analysis/verdict.ts';
import { bps, instant } from '../lib/units.ts';
import type { Phase, Rollout } from '../rollout/rollout.ts';
import { placeOf, sequenceOf } from './ladder.ts';
import { canaryOf, defaultChecks, presetStages } from './presets.ts';
import type { Advance, StrategySpec } from './spec.ts';
import { checkStrategy, decideBy, explainBy, stagesOfStrategy } from './strategies.ts';

const MINUTE_MS = 60_000;
const BAKE_MS = 30 * MINUTE_MS;
const now = instant(1_800_000_000_000);

const canary: StrategySpec<'canary'> = {
  ...canaryOf(presetStages('default', MINUTE_MS)),
  bakeMs: BAKE_MS,
};
const general = { name: 'general', audience: null, share: bps(10_000), margin: 2, leastMs: 0 };
const phased: StrategySpec<'phased'> = {
  kind: 'phased',
  phases: [{ ...general, name: 'alpha', audience: 'tier == power' }, general],
  advance: 'evidence',
  bakeMs: BAKE_MS,
};

test.for([canary, phased])('$kind: one stage more, all of the traffic of everybody', (spec) => {
  const { bakeMs: _bakeMs, ...plain } = spec;
  const [bake, ...others] = stagesOfStrategy(spec).toReversed();
  expect(others.toReversed()).toEqual(stagesOfStrategy(plain as StrategySpec));
  expect(bake).toMatchObject({ name: 'bake', share: 10_000, audience: null, leastMs: BAKE_MS });
  expect(checkStrategy(spec)).toEqual([]);
});

test.for([
  { bakeMs: 31 * 86_400_000, path: ['bake'] },
  { bakeMs: 30 * 86_400_000, path: [] },
  { bakeMs: -1, path: ['bake'] },
])('a bake of $bakeMs ms: $path', ({ bakeMs, path }) => {
  expect(checkStrategy({ ...canary, bakeMs }).map((one) => one.path)).toEqual(path);
});

const verdict = (outcome: Verdict['outcome']): Verdict => ({
  check: 'error_rate',
  arm: 'candidate',
  outcome,
  candidate: { units: 1, losses: 0 },
  baseline: { units: 1, losses: 0 },
  ratio: null,
  interval: null,
  evidence: { harm: 0, harmNeeded: 5, safety: 0, safetyNeeded: 3 },
  etaMs: null,
  sentence: 'Said.',
});

function baking(spec: StrategySpec, bakedMs: number): Rollout {
  const last = stagesOfStrategy(spec).length - 1;
  const over = { stage: last, stageSince: instant(now - bakedMs) };
  const plain = rolloutSample('risk', 'advancing' satisfies Phase, over);
  return { ...plain, spec: { ...plain.spec, strategy: spec, checks: defaultChecks(null) } };
}

const decided = (spec: StrategySpec, bakedMs: number, outcome: Verdict['outcome'] = 'unsure') =>
  decideBy({
    ...placeOf(baking(spec, bakedMs)),
    verdicts: [verdict(outcome)],
    outcomes: [],
    shares: [],
    now,
  });

describe.for([canary, phased])('$kind, in its bake', (spec) => {
  test('waits for its time, and for no evidence', () => {
    expect(decided(spec, MINUTE_MS)).toMatchObject({
      type: 'hold',
      reason: { code: 'soaking' },
      etaMs: 29 * MINUTE_MS,
    });
  });

  test('is done when nothing failed', () => {
    expect(decided(spec, BAKE_MS)).toEqual({
      type: 'done',
      reason: 'It baked for 30 min, and no guardrail failed.',
    });
  });

  test('silence is no success', () => {
    expect(decided(spec, BAKE_MS, 'starved')).toMatchObject({ reason: { code: 'starved' } });
  });

  test.for<{ readonly advance: Advance; readonly type: string }>([
    { advance: 'manual', type: 'hold' },
    { advance: 'schedule', type: 'done' },
  ])('with $advance it ends with $type', ({ advance, type }) => {
    expect(decided({ ...spec, advance }, BAKE_MS)).toMatchObject({ type });
  });

  test('says what it does', () => {
    const told = explainBy(placeOf(baking(spec, 0)));
    expect(told.join(' ')).toContain('For 30 min it is held against what the baseline did before');
    expect(sequenceOf(baking(spec, 0).spec)).toHaveLength(1);
  });
});
