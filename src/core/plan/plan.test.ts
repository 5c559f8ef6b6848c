import { describe, expect, test } from 'vitest';
import { usualSpec as spec } from '../../../test/samples.ts';
import { prng } from '../lib/prng.ts';
import { noThresholds } from '../routing/table.ts';
import { CHECK_DEFAULTS } from '../strategy/presets.ts';
import { plan } from './plan.ts';
import { harmed, lossRates, meaningOf } from './scenario.ts';
import type { Harm } from './scenario.ts';
import { simulatorOf } from './simulate.ts';
import type { Outcome, Setting } from './simulate.ts';
import { stageTime } from './stage-time.ts';
import { ladderOf } from '../strategy/ladder.ts';

const usual = { errorRate: 0.005, nullRate: 0, medianMs: 20, sigma: 0.5 };
const busy: Setting = { spec, unitsPerSecond: 50, dayShape: null, usual };

function play(harm: Harm, rollouts: number, setting: Setting = busy): readonly Outcome[] {
  const simulate = simulatorOf(setting, harm);
  return Array.from({ length: rollouts }, (_, at) =>
    simulate(prng(`${JSON.stringify(harm)}/${at}`)),
  );
}

const part = (outcomes: readonly Outcome[], end: Outcome['end']): number =>
  outcomes.filter((one) => one.end === end).length / outcomes.length;

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Whole rollouts by the hundred take their time on a busy machine. */
const PATIENT = { timeout: 120_000 };

describe('simulated rollouts', PATIENT, () => {
  test.for([
    { name: 'healthy', harm: { kind: 'none' } },
    { name: 'an incident in both arms', harm: { kind: 'incident', factor: 10, spanMs: 300_000 } },
  ] as const)('$name: taken out no more often than alpha says', ({ harm }) => {
    const rollouts = 60;
    const { alphaRevert: alpha } = spec;
    const margin = 3 * Math.sqrt((alpha * (1 - alpha)) / rollouts);
    expect(part(play(harm, rollouts), 'reverted')).toBeLessThanOrEqual(alpha + margin);
  });

  test('five times the errors are always taken out', () => {
    const outcomes = play({ kind: 'errors', factor: 5 }, 30);
    expect(part(outcomes, 'reverted')).toBe(1);
    expect(new Set(outcomes.map(({ by }) => by))).toEqual(new Set(['error_rate']));
  });

  test.for([
    { kind: 'errors', factors: [2, 5, 20] },
    { kind: 'latency', factors: [1.5, 2, 4] },
  ] as const)('more harm to $kind is found sooner', ({ kind, factors }) => {
    const times = factors.map((factor) => middle(play({ kind, factor }, 15).map(({ ms }) => ms)));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(new Set(times).size).toBe(times.length);
  });

  test('the chance of being taken out rises with the harm', () => {
    const parts = [1, 1.5, 2, 5].map((factor) =>
      part(play({ kind: 'errors', factor }, 15), 'reverted'),
    );
    expect(parts).toEqual(parts.toSorted((a, b) => a - b));
    expect(parts.at(-1)).toBe(1);
  });

  test('a harmless candidate harms nobody, an incident in both arms is nobody’s fault', () => {
    const harms: readonly Harm[] = [
      { kind: 'none' },
      { kind: 'incident', factor: 20, spanMs: 60_000 },
    ];
    for (const harm of harms) {
      for (const { harmedRequests } of play(harm, 5)) expect(harmedRequests).toBe(0);
    }
  });

  test('traffic that follows the day, and hours in which nothing is moved, take their time', () => {
    const dayShape = Array.from({ length: 24 }, (_, hour) => (hour < 12 ? 0.1 : 1.9));
    const days = [0, 1, 2, 3, 4, 5, 6];
    const times = [{ days, fromMinute: 0, toMinute: 720 }];
    const quiet = { ...busy, spec: { ...spec, quiet: { times, utcOffsetMinutes: 0 } } };
    const hours = [busy, { ...busy, dayShape }, quiet].map((setting) =>
      Math.max(...play({ kind: 'none' }, 12, setting).map(({ ms }) => ms / 3_600_000)),
    );
    const [always = 0, shaped = 0, still = 0] = hours;
    expect(shaped).toBeGreaterThan(always);
    // Half of the rollouts begin when nothing may move; no more than the horizon is waited.
    expect(still).toBeGreaterThan(3);
  });

  test('wider buckets of a late stage tell the times that narrow ones do', () => {
    // Just below the width from which buckets are put together: the same traffic, one by one.
    const narrow = { ...busy, spec: { ...spec, bucketMs: 9_900 } };
    const [one, other] = [busy, narrow].map((setting) =>
      middle(play({ kind: 'none' }, 20, setting).map(({ ms }) => ms)),
    );
    expect((one ?? 0) / (other ?? 1)).toBeGreaterThan(0.7);
    expect((one ?? 0) / (other ?? 1)).toBeLessThan(1.4);
  });
});

describe('what the declaration makes of a harm', () => {
  const rates = (harm: Harm) =>
    lossRates(harmed(usual, harm), { ...noThresholds, slow: 50, tail: 80 });

  test.for([
    { harm: { kind: 'none' }, meaning: 'harmless' },
    { harm: { kind: 'errors', factor: 1.5 }, meaning: 'bad' },
    { harm: { kind: 'errors', factor: 5 }, meaning: 'bad' },
    { harm: { kind: 'nulls', rate: 0.004 }, meaning: 'tolerated' },
    { harm: { kind: 'nulls', rate: 0.05 }, meaning: 'bad' },
    { harm: { kind: 'latency', factor: 2 }, meaning: 'bad' },
  ] as const)('$harm.kind $harm.factor is $meaning', ({ harm, meaning }) => {
    expect(meaningOf(spec, rates({ kind: 'none' }), rates(harm))).toBe(meaning);
  });

  test('what lies above the baseline and below the margin is neither', () => {
    const strict = { ...spec, checks: spec.checks.map((one) => ({ ...one, tolerance: 0 })) };
    const harm: Harm = { kind: 'errors', factor: 1.3 };
    expect(meaningOf(strict, rates({ kind: 'none' }), rates(harm))).toBe('between');
  });
});

describe('plan', PATIENT, () => {
  test('the same seed gives the same plan; more rollouts keep those before', () => {
    const request = { ...busy, rollouts: 3, seed: 'a' };
    expect(plan(request)).toEqual(plan(request));
    expect(plan({ ...request, seed: 'b' })).not.toEqual(plan(request));
  });

  test('gives every stage its time, and the healthy rollout their sum', () => {
    const { stages, healthyMs, advice, wrongPromotion } = plan({ ...busy, rollouts: 12, seed: 1 });
    expect(stages.map(({ share }) => share)).toEqual([500, 2_500, 5_000, 10_000]);
    expect(stages.every(({ ms }) => (ms?.median ?? 0) >= 60_000)).toBe(true);
    expect(healthyMs?.median).toBeGreaterThan(240_000);
    // A candidate exactly at the last margin passes with a chance of at most alphaPromote.
    const { alphaPromote: alpha } = spec;
    expect(wrongPromotion).toBeLessThanOrEqual(alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / 12));
    expect(advice).toEqual([]);
  });

  test('warns of a stage that cannot end, and what it proposes would do', () => {
    const calm = { ...busy, unitsPerSecond: 0.02, spec: { ...spec, horizonMs: 86_400_000 } };
    const { advice, falseRollback, undetected } = plan({ ...calm, rollouts: 3, seed: 1 });
    const [first] = advice;
    expect(first?.path).toBe('strategy.stages[0]');
    expect(first?.sentence).toMatch(/^Stage 1 would take \d+ d/);
    expect(first?.proposal).toMatch(/would do\.$/);
    expect(falseRollback).toBe(0);
    expect(undetected).toContain('errors x5');
  });
});

test('what versions answer is not played, and does not hold a healthy rollout for ever', () => {
  const { error_rate, prediction_distribution, feature_importance } = CHECK_DEFAULTS;
  const checks = [error_rate, prediction_distribution, feature_importance];
  const setting = { ...busy, spec: { ...spec, checks } };
  expect(part(play({ kind: 'none' }, 4, setting), 'promoted')).toBe(1);
  const { notJudged } = plan({ ...setting, rollouts: 1, seed: 1 });
  expect(notJudged.join()).toMatch(/prediction_distribution: what .*feature_importance: what/);
});

describe('the time of a stage', () => {
  const ground = { spec, unitsPerSecond: 50, usual: lossRates(usual, noThresholds) };
  const [first] = ladderOf(spec);
  if (first === undefined) throw new Error('the preset has stages');

  test('shrinks with traffic and with the margin', () => {
    const { ms } = stageTime(ground, first);
    expect(stageTime({ ...ground, unitsPerSecond: 5 }, first).ms).toBeGreaterThan(ms);
    expect(stageTime(ground, { ...first, margin: 1.2 }).ms).toBeGreaterThan(ms);
  });

  test('a check that nothing can pass never ends the stage', () => {
    const checks = spec.checks.map((one) => ({ ...one, tolerance: 0 }));
    const perfect = { ...ground, spec: { ...spec, checks }, usual: { ...ground.usual, error: 0 } };
    expect(stageTime(perfect, first)).toEqual({ ms: Infinity, check: 'error_rate' });
  });
});
