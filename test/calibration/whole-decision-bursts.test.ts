/**
 * Pauses of one arm's process make its requests slow together. Judged by requests, nearly every
 * rollout of a healthy candidate would end as a false alarm; judged by slices of time, hardly one.
 */
import { describe, expect, test } from 'vitest';
import { emptyChecks, extendCheck } from '../../src/core/analysis/check-evidence.ts';
import type { CheckEvidence } from '../../src/core/analysis/check-evidence.ts';
import { intakeOf } from '../../src/core/analysis/intake.ts';
import type { Stratum } from '../../src/core/analysis/stratum.ts';
import { countedOf } from '../../src/core/analysis/weighing.ts';
import type { Rollout } from '../../src/core/rollout/rollout.ts';
import { logMeanE } from '../../src/core/stats/e-values.ts';
import {
  oneSampleEvidence,
  oneSampleStart,
  oneSampleStep,
} from '../../src/core/stats/one-sample.ts';
import { promotionLogE, promotionStart, promotionStep } from '../../src/core/stats/promotion.ts';
import {
  rateRatioEvidence,
  rateRatioStart,
  rateRatioStep,
} from '../../src/core/stats/rate-ratio.ts';
import { CHECK_DEFAULTS } from '../../src/core/strategy/presets.ts';
import { startedRollout } from '../histories/run.ts';
import { usualSpec } from '../samples.ts';
import { burstyBuckets } from './bursts.ts';
import type { Bursts } from './bursts.ts';
import { atMost } from './monte-carlo.ts';

const { latency } = CHECK_DEFAULTS;
const { alphaRevert, alphaPromote, horizonMs } = usualSpec;
const NEEDED = Math.log(1 / alphaRevert);

/** A default ladder in time: a third of the length at each share that is compared. */
const ladder =
  (lengthMs: number) =>
  (atMs: number): number =>
    [0.05, 0.25, 0.5][Math.min(2, Math.floor((3 * atMs) / lengthMs))] ?? 0.5;

type World = {
  readonly name: string;
  readonly lengthMs: number;
  readonly bucketMs: number;
  readonly runs: number;
  readonly pauseMs: Bursts['pauseMs'];
  readonly gapMs: number;
};

const MINUTE = { name: 'a minute, 1 s', lengthMs: 60_000, bucketMs: 1_000 } as const;
const HOUR = { name: 'an hour, 10 s', lengthMs: 3_600_000, bucketMs: 10_000 } as const;

const worlds: readonly World[] = [
  { ...MINUTE, runs: 400, pauseMs: [50, 1_000], gapMs: 3_000 },
  { ...MINUTE, runs: 400, pauseMs: [50, 1_000], gapMs: 20_000 },
  { ...MINUTE, runs: 400, pauseMs: [1_000, 1_000], gapMs: 10_000 },
  { ...HOUR, runs: 100, pauseMs: [50, 1_000], gapMs: 3_000 },
  { ...HOUR, runs: 100, pauseMs: [50, 1_000], gapMs: 20_000 },
  { ...HOUR, runs: 100, pauseMs: [1_000, 1_000], gapMs: 10_000 },
];

function* bucketsOf(world: World, seed: number): Generator<Stratum> {
  const { name, lengthMs, bucketMs, pauseMs, gapMs } = world;
  const buckets = burstyBuckets({
    seed: `${name}/${pauseMs.join('-')}/${gapMs}/${seed}`,
    requestsPerSecond: 600,
    bucketMs,
    share: ladder(lengthMs),
    pauseMs,
    gapMs,
    slow: 0.05,
    tail: 0.003,
  });
  for (const bucket of buckets) {
    if (bucket.start >= lengthMs) return;
    yield bucket;
  }
}

const emptyLatency = (bucketMs: number): CheckEvidence => {
  const rollout: Rollout = startedRollout({ ...usualSpec, checks: [latency], bucketMs });
  const [check] = emptyChecks(rollout);
  if (check === undefined) throw new Error('one check has one evidence');
  return check;
};

/** What the product does: the check alone, with all of α. */
function reverted(world: World, seed: number): boolean {
  let evidence = emptyLatency(world.bucketMs);
  for (const bucket of bucketsOf(world, seed)) {
    evidence = extendCheck(evidence, intakeOf([bucket]));
    if (evidence.harmPeak >= evidence.harmNeeded) return true;
  }
  return false;
}

/** The same test on units that are requests (`seen`) or slices (`harm`), without the rest. */
function alarmed(world: World, seed: number, by: 'seen' | 'harm'): boolean {
  const horizonBuckets = horizonMs / world.bucketMs;
  const start = rateRatioStart({ ratio0: latency.ratio, horizonBuckets });
  let [slow, tail] = [start, start];
  for (const bucket of bucketsOf(world, seed)) {
    slow = rateRatioStep(slow, countedOf(bucket, 'slow')[by]);
    tail = rateRatioStep(tail, countedOf(bucket, 'tail')[by]);
    const logEs = [slow, tail].map((one) => rateRatioEvidence(one).logE);
    if (logMeanE([...logEs, 0, 0]) >= NEEDED) return true;
  }
  return false;
}

function share(runs: number, holds: (seed: number) => boolean): number {
  let count = 0;
  for (let seed = 0; seed < runs; seed += 1) if (holds(seed)) count += 1;
  return count / runs;
}

describe('a healthy candidate whose process pauses as often as the baseline’s', () => {
  test.each(worlds)('$name buckets, pauses of $pauseMs ms, gaps of $gapMs ms', (world) => {
    const wrong = share(world.runs, (seed) => reverted(world, seed));
    expect(wrong).toBeLessThanOrEqual(atMost(alphaRevert, world.runs));
  });

  test('an hour in buckets of a second', () => {
    const world = {
      ...HOUR,
      bucketMs: 1_000,
      runs: 150,
      pauseMs: [50, 1_000],
      gapMs: 5_000,
    } as const;
    const wrong = share(world.runs, (seed) => alarmed(world, seed, 'harm'));
    expect(wrong).toBeLessThanOrEqual(atMost(alphaRevert, world.runs));
  });

  test.each(worlds)('negative control by requests: $name, $pauseMs ms, $gapMs ms', (world) => {
    const runs = Math.ceil(world.runs / 5);
    expect(share(runs, (seed) => alarmed(world, seed, 'seen'))).toBeGreaterThan(0.5);
  });
});

describe('a candidate whose process pauses 4.5 times as often, which is the first margin', () => {
  const MARGIN = 4.5;
  /** The part of the time that the baseline pauses. */
  const PAUSED = 0.01;
  const passes = (seed: number, by: 'seen' | 'safety', pauseMs: number): boolean => {
    const state = { ratio: promotionStart({ margin: MARGIN }), rate: below(latency.tolerance) };
    const buckets = burstyBuckets({
      seed: `wrong/${pauseMs}/${seed}`,
      requestsPerSecond: 600,
      bucketMs: 10_000,
      share: () => 0.05,
      pauseMs: [pauseMs, pauseMs],
      gapMs: pauseMs / PAUSED - pauseMs,
      candidateGapMs: pauseMs / (MARGIN * PAUSED) - pauseMs,
      slow: 0.002,
      tail: 0.0001,
    });
    for (const bucket of buckets) {
      if (bucket.start >= 600_000) return false;
      const counted = countedOf(bucket, 'tail')[by];
      state.ratio = promotionStep(state.ratio, counted);
      const alone = { loss: counted.candidateLoss, units: counted.candidateUnits };
      state.rate = oneSampleStep(state.rate, alone);
      const best = Math.max(
        promotionLogE(state.ratio),
        oneSampleEvidence(state.rate).logECumulative,
      );
      if (best >= Math.log(1 / alphaPromote)) return true;
    }
    return false;
  };
  const below = (rate0: number) => oneSampleStart({ rate0, direction: 'safety' });

  test.each([{ pauseMs: 200 }, { pauseMs: 500 }])('$pauseMs ms: passes seldom', ({ pauseMs }) => {
    const wrong = share(400, (seed) => passes(seed, 'safety', pauseMs));
    expect(wrong).toBeLessThanOrEqual(atMost(alphaPromote, 400));
  });

  test('negative control: by requests it passes as often as not', () => {
    expect(share(100, (seed) => passes(seed, 'seen', 500))).toBeGreaterThan(0.3);
  });
});
