import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { windowKeySample } from '../../../test/samples.ts';
import { instant } from '../lib/units.ts';
import { noThresholds } from '../routing/table.ts';
import { closeBucket, fold, openBucket } from './fold.ts';
import { HealthTally, defaultHealthThresholds, healthOf, worstHealth } from './health.ts';
import type { Health } from './health.ts';
import { OUTCOMES } from './observation.ts';
import type { Observation, Outcome } from './observation.ts';
import type { Window } from './window.ts';

const key = windowKeySample({ start: instant(0) });

function windowOf(observations: readonly Observation[]): Window {
  const bucket = openBucket(key, noThresholds, 1_000);
  for (const observation of observations) fold(bucket, observation);
  return closeBucket(bucket);
}

const ended = (outcome: Outcome, latencyMs: number): Observation => ({
  unit: 1,
  outcome,
  latencyMs,
  fallback: outcome !== 'ok',
});

function figuresOf(...windows: readonly Window[]) {
  const tally = new HealthTally();
  for (const window of windows) tally.add(window);
  return tally.figures();
}

test('figures are those of the requests behind the windows', () => {
  const fast = Array.from({ length: 95 }, (_, at) => ended('ok', at + 1));
  const bad = [
    ended('null_prediction', 1_000),
    ended('model_error', 1_000),
    ended('timeout', 2_000),
    ended('client_error', 1),
    ended('cancelled', 1),
  ];
  const figures = figuresOf(windowOf(fast.slice(0, 40)), windowOf([...fast.slice(40), ...bad]));
  expect(figures).toMatchObject({ requests: 100, fallbacks: 5, successRate: 95 / 98 });
  expect(figures.outcomes).toMatchObject({ ok: 95, timeout: 1, crash: 0, client_error: 1 });
  expect(figures.nullRate).toBe(1 / 98);
  // Timeouts have no latency of their own: 97 attempts were answered.
  expect(figures.meanMs).toBeCloseTo((95 * 48 + 2_000) / 97, 1);
  expect(figures.p50Ms).toBeCloseTo(49, 0);
  expect((figures.p99Ms ?? 0) / 1_000).toBeCloseTo(1, 1);
});

const observation = fc.record({
  unit: fc.nat(50),
  outcome: fc.constantFrom(...OUTCOMES),
  latencyMs: fc.nat(5_000),
  fallback: fc.boolean(),
});

test('figures do not depend on how requests are spread over windows, nor on their order', () => {
  fc.assert(
    fc.property(fc.array(observation), fc.nat(20), (all, at) => {
      const split = figuresOf(windowOf(all.slice(at)), windowOf(all.slice(0, at)));
      const { meanMs, ...rest } = figuresOf(windowOf(all));
      expect(split).toMatchObject(rest);
      expect(split.meanMs ?? -1).toBeCloseTo(meanMs ?? -1, 6);
    }),
    { numRuns: 200 },
  );
});

// M1: figures and thresholds.
describe('health', () => {
  test.for<{
    readonly successRate: number | null;
    readonly meanMs: number | null;
    readonly health: Health;
    readonly why: readonly string[];
  }>([
    { successRate: 1, meanMs: 20, health: 'healthy', why: [] },
    { successRate: 0.95, meanMs: 100, health: 'healthy', why: [] },
    {
      successRate: 0.949,
      meanMs: 100,
      health: 'unhealthy',
      why: ['The success rate is 94.9 %, below 95 %.'],
    },
    {
      successRate: 0.5,
      meanMs: 130,
      health: 'unhealthy',
      why: ['The success rate is 50 %, below 95 %.', 'The mean latency is 130 ms, above 100 ms.'],
    },
    {
      successRate: 0,
      meanMs: null,
      health: 'unhealthy',
      why: ['The success rate is 0 %, below 95 %.'],
    },
    {
      successRate: null,
      meanMs: null,
      health: 'no_data',
      why: ['No request was answered or failed.'],
    },
  ])('$successRate of success at $meanMs ms: $health', ({ successRate, meanMs, health, why }) => {
    expect(healthOf({ successRate, meanMs }, defaultHealthThresholds)).toEqual({ health, why });
  });

  test.for<{ readonly all: readonly Health[]; readonly worst: Health }>([
    { all: [], worst: 'no_data' },
    { all: ['healthy'], worst: 'healthy' },
    { all: ['healthy', 'no_data'], worst: 'no_data' },
    { all: ['no_data', 'unhealthy', 'healthy'], worst: 'unhealthy' },
  ])('the worst of $all is $worst', ({ all, worst }) => {
    expect(worstHealth(all)).toBe(worst);
  });

  test('nothing asked is nothing known', () => {
    expect(figuresOf()).toMatchObject({
      requests: 0,
      successRate: null,
      meanMs: null,
      p99Ms: null,
    });
    const nobody = figuresOf(windowOf([ended('client_error', 1)]));
    expect(healthOf(nobody, defaultHealthThresholds).health).toBe('no_data');
  });
});
