/**
 * An absolute limit beside a baseline: inputs that make every version answer NaN for a while must
 * not take a healthy candidate out, and a candidate that does so alone must go within seconds.
 */
import { expect, test } from 'vitest';
import { emptyChecks, extendCheck } from '../../src/core/analysis/check-evidence.ts';
import type { CheckEvidence } from '../../src/core/analysis/check-evidence.ts';
import { intakeOf } from '../../src/core/analysis/intake.ts';
import type { Stratum } from '../../src/core/analysis/stratum.ts';
import { after, instant } from '../../src/core/lib/units.ts';
import { prng } from '../../src/core/lib/prng.ts';
import {
  oneSampleEvidence,
  oneSampleStart,
  oneSampleStep,
} from '../../src/core/stats/one-sample.ts';
import { sampleBinomial } from '../../src/core/stats/samplers.ts';
import { CHECK_DEFAULTS } from '../../src/core/strategy/presets.ts';
import { perLoss } from '../../src/core/telemetry/window.ts';
import { startedRollout } from '../histories/run.ts';
import { usualSpec } from '../samples.ts';
import { atMost } from './monte-carlo.ts';

const { null_rate } = CHECK_DEFAULTS;
const BUCKETS = 60;
const INCIDENT = { from: 20, to: 50 };

type Rates = (bucket: number) => readonly [candidate: number, baseline: number];

function* rollout(seed: string, rates: Rates): Generator<Stratum> {
  const rng = prng(seed);
  for (let i = 0; i < BUCKETS; i += 1) {
    const [candidate, baseline] = rates(i);
    const losses = (units: number, rate: number) => {
      const nulls = sampleBinomial(rng, units, rate);
      return perLoss((name) => ({ units, sum: name === 'null' ? nulls : 0 }));
    };
    yield {
      start: after(instant(0), i * 10_000),
      bucketMs: 10_000,
      revision: 1,
      before: false,
      candidate: losses(500, candidate),
      baseline: losses(1_500, baseline),
      baselineLatencyMs: [],
      copies: null,
    };
  }
}

function emptyNulls(): CheckEvidence {
  const [check] = emptyChecks(startedRollout({ ...usualSpec, checks: [null_rate] }));
  if (check === undefined) throw new Error('one check has one evidence');
  return check;
}

/** The bucket after which the check fails; Infinity when it never does. */
function failsAfter(seed: string, rates: Rates): number {
  let evidence = emptyNulls();
  let bucket = 0;
  for (const stratum of rollout(seed, rates)) {
    bucket += 1;
    evidence = extendCheck(evidence, intakeOf([stratum]));
    if (evidence.spike !== null || evidence.harmPeak >= evidence.harmNeeded) return bucket;
  }
  return Infinity;
}

const incident: Rates = (bucket) =>
  bucket >= INCIDENT.from && bucket < INCIDENT.to ? [0.04, 0.04] : [0.001, 0.001];

test('four per cent of NaN in both arms for five minutes: at most α is reverted', () => {
  const runs = 1_000;
  let wrong = 0;
  for (let i = 0; i < runs; i += 1) if (failsAfter(`both/${i}`, incident) < Infinity) wrong += 1;
  expect(wrong / runs).toBeLessThanOrEqual(atMost(usualSpec.alphaRevert, runs));
});

test('negative control: the limit alone would revert every one of them', () => {
  const limit = { rate0: null_rate.limit, direction: 'harm', horizonBuckets: 1_440 } as const;
  for (let i = 0; i < 20; i += 1) {
    let state = oneSampleStart(limit);
    let peak = 0;
    for (const { candidate } of rollout(`both/${i}`, incident)) {
      state = oneSampleStep(state, { loss: candidate.null.sum, units: candidate.null.units });
      peak = Math.max(peak, oneSampleEvidence(state).logE);
    }
    expect(peak).toBeGreaterThan(Math.log(1 / usualSpec.alphaRevert));
  }
});

test.each([
  { what: 'from the beginning', from: 0, rates: [0.08, 0], within: 1 },
  { what: 'after good minutes', from: 20, rates: [0.08, 0], within: 1 },
  { what: 'in the middle of an incident', from: 20, rates: [0.12, 0.04], within: 3 },
] as const)('nulls of the candidate, $what, are found in $within buckets', (row) => {
  const { from, rates, within } = row;
  for (let i = 0; i < 50; i += 1) {
    const bucket = failsAfter(`${row.what}/${i}`, (at) => (at < from ? [0, 0] : rates));
    expect(bucket - from).toBeGreaterThan(0);
    expect(bucket - from).toBeLessThanOrEqual(within);
  }
});
