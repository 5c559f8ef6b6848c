/** The check of the prediction distribution as a whole, on ramps and in a world that moves. */
import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/core/analysis/analyse.ts';
import { emptyEvidence, extendEvidence } from '../../src/core/analysis/evidence.ts';
import type { Verdict } from '../../src/core/analysis/verdict.ts';
import { after } from '../../src/core/lib/units.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { sampleBinomial } from '../../src/core/stats/samplers.ts';
import { shiftAboveLogE, shiftStart, shiftStep } from '../../src/core/stats/shift.ts';
import { CHECK_DEFAULTS } from '../../src/core/strategy/presets.ts';
import { nothingSaid } from '../../src/core/telemetry/predictions.ts';
import type { Predictions } from '../../src/core/telemetry/predictions.ts';
import { rolloutSample, windowSample } from '../samples.ts';
import { atMost, shareOf } from './monte-carlo.ts';

const BUCKETS = 60;
const UNITS = 400;
const RUNS = 200;

const plain = rolloutSample('risk', 'advancing');
const rollout = {
  ...plain,
  spec: { ...plain.spec, checks: [CHECK_DEFAULTS.prediction_distribution] },
};
const began = windowSample().start;

function said(rng: Prng, units: number, yes: number): Predictions {
  const named = sampleBinomial(rng, units, yes);
  const classes = [['no', units - named] as const, ['yes', named] as const];
  return { ...nothingSaid, answers: units, classes: classes.filter(([, count]) => count > 0) };
}

/** 5 % of the traffic for a third of the time, then a quarter, then half of it. */
const shareAt = (bucket: number): number =>
  [0.05, 0.25, 0.5][Math.floor((bucket * 3) / BUCKETS)] ?? 0;
/** In mid-rollout twice as many people are risky, whoever answers. */
const worldAt = (bucket: number): number => (bucket < BUCKETS / 2 ? 0.2 : 0.4);

/** Looks after every bucket; ends with what a rollout would have come to. */
function ended(rng: Prng, moved: number): Verdict['outcome'] {
  let evidence = emptyEvidence(rollout);
  let outcome: Verdict['outcome'] = 'unsure';
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const start = after(began, bucket * 10_000);
    const ours = Math.round(UNITS * shareAt(bucket));
    const yes = worldAt(bucket);
    evidence = extendEvidence(evidence, rollout, [
      windowSample({ start, predictions: said(rng, UNITS - ours, yes) }),
      windowSample({
        start,
        arm: 'candidate',
        version: 2,
        predictions: said(rng, ours, yes + moved),
      }),
    ]);
    outcome = analyse(rollout, evidence, after(start, 10_000))[0]?.outcome ?? 'unsure';
    if (outcome === 'fail') return outcome;
  }
  return outcome;
}

const part = (seed: string, moved: number, wanted: Verdict['outcome']): number =>
  shareOf(seed, RUNS, (rng) => ended(rng, moved) === wanted);

describe('over a ramp, in a world that moves', () => {
  test('arms that answer alike never fail by mistake, and pass', () => {
    expect(part('alike', 0, 'fail')).toBeLessThanOrEqual(atMost(0.01, RUNS));
    expect(part('alike', 0, 'pass')).toBeGreaterThan(0.95);
  });

  test('as far apart as is allowed is seldom taken for too far, or for alike', () => {
    expect(part('border', 0.1, 'fail')).toBeLessThanOrEqual(atMost(0.01, RUNS));
    expect(part('border', 0.1, 'pass')).toBeLessThanOrEqual(atMost(0.05, RUNS));
  });

  test('twice as far is found', () => {
    expect(part('far', 0.2, 'fail')).toBeGreaterThan(0.95);
  });
});

describe('sixty users an arm who come again and again', () => {
  /** Whether arms that answer alike are taken for different: everybody keeps his answer. */
  const flagged = (seed: string, visits: number): number =>
    shareOf(seed, RUNS, (rng) => {
      const arm = (): readonly number[] => {
        const yes = sampleBinomial(rng, 60, 0.3);
        return [60 - yes, yes];
      };
      const bucket = { candidate: arm(), baseline: arm() };
      let state = shiftStart(2);
      for (let visit = 0; visit < visits; visit += 1) state = shiftStep(state, bucket);
      return shiftAboveLogE(state, 0.1) >= Math.log(100);
    });

  test('count once, as a rollout counts them', () => {
    expect(flagged('once', 1)).toBeLessThanOrEqual(atMost(0.01, RUNS));
  });

  test('would be taken for a shift if every visit counted', () => {
    expect(flagged('each', 200)).toBeGreaterThan(0.1);
  });
});
