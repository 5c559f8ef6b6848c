/**
 * Calibration and power of the decision core, by seeded simulation: false alarms, wrong promotions,
 * coverage, detection times. Reference figures: an independent implementation in Python, 20 000
 * runs.
 */
import { describe, expect, test } from 'vitest';
import { prng } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { promotionStart } from '../../src/core/stats/promotion.ts';
import {
  rateRatioEvidence,
  rateRatioRejects,
  rateRatioStart,
  rateRatioStep,
} from '../../src/core/stats/rate-ratio.ts';
import type { Bucket, RateRatioState } from '../../src/core/stats/rate-ratio.ts';
import { ratioInterval } from '../../src/core/stats/ratio-interval.ts';
import { sampleBinomial } from '../../src/core/stats/samplers.ts';
import { sampleBucket, sampleBuckets } from '../../src/core/stats/simulated-buckets.ts';
import type { TrafficStretch } from '../../src/core/stats/simulated-buckets.ts';

type Course = readonly TrafficStretch[];
type Outcome = {
  readonly rate: number;
  readonly medianBucket: number;
  readonly meanLosses: number;
};

const stretch = (
  buckets: number,
  arms: readonly [number, number],
  rates: readonly [number, number],
): TrafficStretch => ({
  buckets,
  candidateUnits: arms[0],
  baselineUnits: arms[1],
  baselineRate: rates[0],
  ratio: rates[1],
});

/**
 * One rollout: the bucket at which `stops` first held (Infinity if never), and candidate losses
 * until then.
 */
function rollout(
  start: RateRatioState,
  draw: Iterable<Bucket>,
  stops: (state: RateRatioState) => boolean,
): { readonly bucket: number; readonly losses: number } {
  let state = start;
  let losses = 0;
  let bucket = 0;
  for (const next of draw) {
    state = rateRatioStep(state, next);
    losses += next.candidateLoss;
    bucket += 1;
    if (stops(state)) return { bucket, losses };
  }
  return { bucket: Infinity, losses };
}

function* lazily(rng: Prng, course: Course): Generator<Bucket> {
  for (const part of course)
    for (let i = 0; i < part.buckets; i += 1) yield sampleBucket(rng, part);
}

function measure(
  runs: number,
  one: () => { readonly bucket: number; readonly losses: number },
): Outcome {
  const results = Array.from({ length: runs }, one);
  const stopped = results.filter(({ bucket }) => Number.isFinite(bucket));
  const ordered = results.map(({ bucket }) => bucket).toSorted((a, b) => a - b);
  return {
    rate: stopped.length / runs,
    medianBucket: ordered[Math.floor(runs / 2)] ?? Infinity,
    meanLosses: stopped.reduce((sum, { losses }) => sum + losses, 0) / Math.max(1, stopped.length),
  };
}

const bound = (alpha: number, runs: number): number =>
  alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs);

const S1 = { buckets: 60, arms: [150, 2850], rate: 0.005 } as const;
const S2 = { buckets: 120, arms: [12, 108], rate: 0.01 } as const;
const S3 = { buckets: 30, arms: [600, 59_400], rate: 0.001 } as const;

describe('healthy rollouts, looking every minute', () => {
  test.each([
    { name: 'S1: 50 rps, 5 %, rate 0.5 %', setting: S1, alpha: 0.05 },
    { name: 'S1 at α = 0.01', setting: S1, alpha: 0.01 },
    { name: 'S2: 2 rps, 10 %, rate 1 %', setting: S2, alpha: 0.05 },
    { name: 'S3: 1000 rps, 1 %, rate 0.1 %', setting: S3, alpha: 0.05 },
  ])('$name', ({ name, setting, alpha }) => {
    const rng = prng(name);
    const runs = 20_000;
    const course = [stretch(setting.buckets, setting.arms, [setting.rate, 1])];
    const start = rateRatioStart({ horizonBuckets: setting.buckets });
    const { rate } = measure(runs, () =>
      rollout(start, lazily(rng, course), (state) => rateRatioRejects(state, alpha)),
    );
    expect(rate).toBeLessThanOrEqual(bound(alpha, runs));
    expect(rate).toBeGreaterThan(0);
  });

  test('ramp 1 → 5 → 25 → 50 % with a shared incident in the last quarter', () => {
    const rng = prng('ramp');
    const runs = 20_000;
    const shares = [30, 150, 750, 1500];
    const course = shares.map((c, i) => stretch(15, [c, 3000 - c], [i === 3 ? 0.03 : 0.005, 1]));
    const start = rateRatioStart({ horizonBuckets: 60 });
    const { rate } = measure(runs, () =>
      rollout(start, lazily(rng, course), (state) => rateRatioRejects(state, 0.05)),
    );
    expect(rate).toBeLessThanOrEqual(bound(0.05, runs));
  });
});

/** Whoever lost less so far gets more of the next bucket: shares that depend on the past. */
function* adaptively(rng: Prng, rates: readonly [candidate: number, baseline: number]) {
  const [candidate, baseline] = rates;
  let [lost, expected] = [0, 0];
  for (let i = 0; i < 60; i += 1) {
    const candidateUnits = lost <= expected ? 400 : 50;
    const baselineUnits = 1_000 - candidateUnits;
    const bucket = {
      candidateLoss: sampleBinomial(rng, candidateUnits, candidate),
      candidateUnits,
      baselineLoss: sampleBinomial(rng, baselineUnits, baseline),
      baselineUnits,
    };
    lost += bucket.candidateLoss;
    expected += candidateUnits * candidate;
    yield bucket;
  }
}

describe('with shares that depend on the past, P(E ever at least 20) is at most 5 %', () => {
  const rows = [0.001, 0.01, 0.3].flatMap((rate) => [1, 2].map((ratio0) => ({ rate, ratio0 })));
  test.each(rows)('rate $rate, ratio $ratio0', ({ rate, ratio0 }) => {
    const rng = prng(`adaptive:${rate}:${ratio0}`);
    const runs = 4_000;
    const start = rateRatioStart({ ratio0, horizonBuckets: 60 });
    const { rate: found } = measure(runs, () =>
      rollout(start, adaptively(rng, [rate * ratio0, rate]), (state) =>
        rateRatioRejects(state, 0.05),
      ),
    );
    expect(found).toBeLessThanOrEqual(bound(0.05, runs));
  });
});

describe('real harm is found', () => {
  test('a doubling hidden by an incident at the start of a ramp', () => {
    const rng = prng('mirror');
    const shares = [30, 150, 750, 1500];
    const course = shares.map((c, i) => stretch(15, [c, 3000 - c], [i === 0 ? 0.03 : 0.005, 2]));
    const start = rateRatioStart({ horizonBuckets: 60 });
    const { rate } = measure(2000, () =>
      rollout(start, lazily(rng, course), (state) => rateRatioRejects(state, 0.05)),
    );
    expect(rate).toBeGreaterThan(0.99);
  });

  // Cumulative half with the grid of the reference figures.
  const grid = [1.5, 2, 3, 5, 10, 20];
  test.each([
    { name: 'S1', setting: S1, alpha: 0.05, power: 0.995, losses2: 25, losses5: 8.5 },
    { name: 'S2', setting: S2, alpha: 0.05, power: 0.68, losses2: 18, losses5: 6.5 },
    { name: 'S3', setting: S3, alpha: 0.05, power: 0.81, losses2: 20, losses5: 7.7 },
    { name: 'S1', setting: S1, alpha: 0.01, power: 0.98, losses2: 34, losses5: 11 },
    { name: 'S2', setting: S2, alpha: 0.01, power: 0.47, losses2: 23, losses5: 9 },
    { name: 'S3', setting: S3, alpha: 0.01, power: 0.65, losses2: 26, losses5: 10 },
  ])('$name at α = $alpha: power and losses as published', (row) => {
    const { setting, alpha, power, losses2, losses5 } = row;
    const rng = prng(`${row.name}:${alpha}`);
    const start = rateRatioStart({ grid, horizonBuckets: setting.buckets });
    const stops = (state: RateRatioState): boolean =>
      rateRatioEvidence(state).logECumulative >= Math.log(1 / alpha);
    const at = (ratio: number): Outcome => {
      const course = [stretch(setting.buckets, setting.arms, [setting.rate, ratio])];
      return measure(4000, () => rollout(start, lazily(rng, course), stops));
    };
    const doubled = at(2);
    expect(Math.abs(doubled.rate - power)).toBeLessThan(0.03);
    // Fewer losses than published is no fault.
    expect(doubled.meanLosses).toBeLessThan(1.08 * losses2);
    expect(at(5).meanLosses).toBeLessThan(1.08 * losses5);
  });

  test.each([
    { ratio: 2, healthy: 60, minutes: 30 },
    { ratio: 5, healthy: 60, minutes: 4 },
    { ratio: 10, healthy: 60, minutes: 2 },
    { ratio: 2, healthy: 0, minutes: 22 },
    { ratio: 5, healthy: 0, minutes: 3 },
  ])('x$ratio after $healthy healthy minutes: median $minutes min', (row) => {
    const { ratio, healthy, minutes } = row;
    const rng = prng(`delay:${ratio}:${healthy}`);
    const start = rateRatioStart({ horizonBuckets: 120 });
    const course = [
      stretch(healthy, [150, 2850], [0.005, 1]),
      stretch(120, [150, 2850], [0.005, ratio]),
    ];
    const { medianBucket } = measure(2000, () =>
      rollout(start, lazily(rng, course), (state) => rateRatioRejects(state, 0.01)),
    );
    expect(Math.abs(medianBucket - healthy - minutes)).toBeLessThanOrEqual(minutes === 30 ? 2 : 1);
  });
});

describe('promotion', () => {
  const promotes = (state: RateRatioState): boolean =>
    rateRatioEvidence(state).logECumulative >= Math.log(20);

  test.each([
    { margin: 2, minutes: 13 },
    { margin: 1.5, minutes: 38 },
  ])('a healthy model clears margin $margin in $minutes min', ({ margin, minutes }) => {
    const rng = prng(`clear:${margin}`);
    const course = [stretch(400, [150, 2850], [0.005, 1])];
    const start = promotionStart({ margin });
    const { medianBucket } = measure(2000, () => rollout(start, lazily(rng, course), promotes));
    expect(Math.abs(medianBucket - minutes)).toBeLessThanOrEqual(0.1 * minutes + 1);
  });

  test.each([{ margin: 1.5 }, { margin: 2 }, { margin: 4 }])(
    'a candidate at margin $margin is promoted with probability at most α',
    ({ margin }) => {
      const rng = prng(`wrong:${margin}`);
      const runs = 10_000;
      const course = [stretch(120, [150, 2850], [0.005, margin])];
      const start = promotionStart({ margin });
      const { rate } = measure(runs, () => rollout(start, lazily(rng, course), promotes));
      expect(rate).toBeLessThanOrEqual(bound(0.05, runs));
    },
  );
});

describe('the interval of the ratio', () => {
  test('misses the true ratio at any of 12 looks with probability at most α', () => {
    const rng = prng('coverage');
    const runs = 1500;
    let misses = 0;
    for (let run = 0; run < runs; run += 1) {
      const ratio = [0.7, 1, 2.2][run % 3] ?? 1;
      const buckets = sampleBuckets(rng, [stretch(60, [300, 1500], [0.01, ratio])]);
      const missed = Array.from({ length: 12 }, (_, look) => (look + 1) * 5).some((end) => {
        const { lower, upper } = ratioInterval(buckets.slice(0, end));
        return ratio < lower || ratio > upper;
      });
      if (missed) misses += 1;
    }
    expect(misses / runs).toBeLessThanOrEqual(bound(0.05, runs));
  });
});

describe('correlated requests of one unit', () => {
  /**
   * 150 candidate and 2850 baseline units a minute, each sending 5 requests that fail or succeed
   * together.
   */
  const REQUESTS = 5;
  const run = (count: 'requests' | 'units', rng: Prng): boolean => {
    let state = rateRatioStart({ horizonBuckets: 60 });
    const weight = count === 'requests' ? REQUESTS : 1;
    for (let minute = 0; minute < 60; minute += 1) {
      state = rateRatioStep(state, {
        candidateLoss: weight * sampleBinomial(rng, 150, 0.005),
        candidateUnits: weight * 150,
        baselineLoss: weight * sampleBinomial(rng, 2850, 0.005),
        baselineUnits: weight * 2850,
      });
      if (rateRatioRejects(state, 0.05)) return true;
    }
    return false;
  };
  const alarmRate = (count: 'requests' | 'units'): number => {
    const rng = prng(`clusters:${count}`);
    const runs = 4000;
    let alarms = 0;
    for (let i = 0; i < runs; i += 1) if (run(count, rng)) alarms += 1;
    return alarms / runs;
  };

  test('counted as units: within α', () => {
    expect(alarmRate('units')).toBeLessThanOrEqual(bound(0.05, 4000));
  });

  test('negative control: counted as requests the guarantee is lost', () => {
    expect(alarmRate('requests')).toBeGreaterThan(0.2);
  });
});
