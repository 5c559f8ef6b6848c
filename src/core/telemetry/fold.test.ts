import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { windowKeySample } from '../../../test/samples.ts';
import { instant } from '../lib/units.ts';
import { noThresholds, type Thresholds } from '../routing/table.ts';
import { InvariantViolation } from '../lib/invariant.ts';
import { closeBucket, fold, LOSS_QUANTUM, openBucket } from './fold.ts';
import { mergeWindows } from './merge.ts';
import { lossOf, OUTCOMES, type Observation } from './observation.ts';
import { UnitMemory } from './unit-memory.ts';
import type { Window } from './window.ts';

const key = windowKeySample({ rollout: 'r-1', revision: 3, arm: 'candidate', version: 2 });

const thresholdsMs: Thresholds = { slow: 20, tail: 50, late: 100 };

const windowOf = (
  observations: readonly Observation[],
  unitsMax = 1_000,
  thresholds = thresholdsMs,
): Window => {
  const bucket = openBucket(key, thresholds, unitsMax);
  for (const observation of observations) fold(bucket, observation);
  return closeBucket(bucket);
};

const observation = (over: Partial<Observation>): Observation => ({
  unit: 1,
  outcome: 'ok',
  latencyMs: 10,
  fallback: false,
  ...over,
});

const observations = fc.array(
  fc
    .record({
      unit: fc.oneof(fc.nat(8), fc.maxSafeNat()),
      outcome: fc.constantFrom(...OUTCOMES),
      latencyMs: fc.double({ min: 0, max: 300, noNaN: true }),
      fallback: fc.boolean(),
    })
    // A unit is answered alike while it is in a bucket: its first answer stands for all.
    .map((one) => ({ ...one, predicted: { label: String(one.unit % 40), score: null } })),
  { maxLength: 300 },
);

type Vectors = {
  readonly cases: readonly {
    readonly name: string;
    readonly thresholdsMs: Thresholds;
    readonly unitsMax: number;
    readonly observations: readonly Observation[];
    readonly window: Window;
  }[];
};

const vectors = JSON.parse(
  readFileSync(new URL('../../../test/vectors/window/fold.json', import.meta.url), 'utf8'),
) as Vectors;

describe('the same window everywhere', () => {
  test.each(vectors.cases)('$name', ({ thresholdsMs, unitsMax, observations, window }) => {
    expect(windowOf(observations, unitsMax, thresholdsMs)).toEqual(window);
  });
});

describe('what an outcome is a loss in', () => {
  const units = { error: 1, null: 1, slow: 1, tail: 1, late: 1 };
  test.each([
    { outcome: 'ok', latencyMs: 10, sums: { slow: 0, late: 0, error: 0, null: 0 }, units },
    { outcome: 'ok', latencyMs: 20, sums: { slow: 0, tail: 0 }, units },
    { outcome: 'ok', latencyMs: 60, sums: { slow: 1, tail: 1, late: 0 }, units },
    { outcome: 'null_prediction', latencyMs: 10, sums: { null: 1, error: 0 }, units },
    { outcome: 'model_error', latencyMs: 10, sums: { error: 1 }, units: { ...units, null: 0 } },
    {
      outcome: 'timeout',
      latencyMs: 5,
      sums: { error: 1, slow: 1, tail: 1, late: 1 },
      units: { ...units, null: 0 },
    },
    {
      outcome: 'crash',
      latencyMs: 500,
      sums: { error: 1, slow: 0 },
      units: { error: 1, null: 0, slow: 0, tail: 0, late: 0 },
    },
    {
      outcome: 'overload',
      latencyMs: 500,
      sums: { error: 1, slow: 0 },
      units: { error: 1, null: 0, slow: 0, tail: 0, late: 0 },
    },
    {
      outcome: 'client_error',
      latencyMs: 500,
      sums: { error: 0 },
      units: { error: 0, null: 0, slow: 0, tail: 0, late: 0 },
    },
    {
      outcome: 'cancelled',
      latencyMs: 500,
      sums: { error: 0 },
      units: { error: 0, null: 0, slow: 0, tail: 0, late: 0 },
    },
  ] as const)('$outcome after $latencyMs ms', ({ outcome, latencyMs, sums, units }) => {
    const window = windowOf([observation({ outcome, latencyMs })]);
    for (const [name, count] of Object.entries(units)) {
      expect(window.losses).toHaveProperty(`${name}.units`, count);
    }
    for (const [name, sum] of Object.entries(sums)) {
      expect(window.losses).toHaveProperty(`${name}.sum`, sum);
    }
    expect(window.outcomes[outcome]).toBe(1);
  });
});

describe('what was predicted', () => {
  const yes = { label: 'yes', score: null };
  const no = { label: 'no', score: null };

  test('counts once a unit, whatever it is answered later in the bucket', () => {
    const window = windowOf([
      observation({ unit: 1, predicted: yes }),
      observation({ unit: 1, predicted: no }),
      observation({ unit: 2, predicted: no }),
      observation({ unit: 3, predicted: { label: null, score: null } }),
    ]);
    expect(window.predictions).toMatchObject({
      answers: 2,
      classes: [
        ['no', 1],
        ['yes', 1],
      ],
    });
    expect(window).not.toHaveProperty('repeated');
  });

  test('where units are remembered, those that were answered before count apart', () => {
    const known = new UnitMemory();
    const bucketOf = (units: readonly number[]): Window => {
      const bucket = openBucket(key, thresholdsMs, 100);
      bucket.known = known;
      for (const unit of units) fold(bucket, observation({ unit, predicted: yes }));
      return closeBucket(bucket);
    };
    expect(bucketOf([1, 2, 2]).predictions?.answers).toBe(2);
    const later = bucketOf([2, 3, 1]);
    expect([later.predictions?.answers, later.repeated?.answers]).toEqual([1, 2]);
  });

  test('what was asked counts with it, of units that are new', () => {
    const kinds = { reference: 'sha256:a', features: [{ kind: 'number', cuts: [1] }] } as const;
    const asked = (bin: number) => ({ features: { ...kinds, read: () => [bin] } });
    const bucket = openBucket(key, thresholdsMs, 100);
    bucket.known = new UnitMemory();
    bucket.known.isNew(9);
    const rows = [
      { unit: 1, ...asked(0) },
      { unit: 1, ...asked(2) },
      { unit: 2, ...asked(2) },
      { unit: 3, ...asked(1), outcome: 'model_error' },
      { unit: 9, ...asked(1) },
    ] as const;
    for (const row of rows) fold(bucket, observation(row));
    const window = closeBucket(bucket);
    expect(window.features).toEqual({ reference: 'sha256:a', rows: 2, counts: [[1, 0, 1]] });
    expect(mergeWindows(window, window).features).toMatchObject({ rows: 4, counts: [[2, 0, 2]] });
  });

  test('nothing that is counted leaves no trace', () => {
    expect(Object.keys(windowOf([observation({})]))).not.toContain('predictions');
  });
});

test('a threshold that is null counts nobody', () => {
  const { losses } = windowOf([observation({ latencyMs: 1e6 })], 10, noThresholds);
  expect(losses.slow).toEqual({ units: 0, sum: 0 });
});

test.each([Number.NaN, -5, Number.POSITIVE_INFINITY])(
  'a latency of %d harms no sum',
  (latencyMs) => {
    const window = windowOf([observation({ latencyMs }), observation({ latencyMs: 4 })]);
    expect(window.requests).toBe(2);
    expect(Number.isFinite(window.latencySumMs)).toBe(true);
  },
);

describe('laws', () => {
  test('a loss is the sum over units of the unit\u2019s mean', () => {
    fc.assert(
      fc.property(observations, (all) => {
        const means = new Map<number, { losses: number; all: number }>();
        for (const { unit, outcome } of all) {
          if (lossOf[outcome] === null) continue;
          const mean = means.get(unit) ?? { losses: 0, all: 0 };
          means.set(unit, {
            losses: mean.losses + (lossOf[outcome] === 'error' ? 1 : 0),
            all: mean.all + 1,
          });
        }
        const sum = [...means.values()].reduce((sum, mean) => sum + mean.losses / mean.all, 0);
        const { error } = windowOf(all).losses;
        expect(error.units).toBe(means.size);
        expect(Math.abs(error.sum - sum)).toBeLessThanOrEqual(LOSS_QUANTUM * means.size);
      }),
    );
  });

  test('the order of observations does not matter while there is room', () => {
    fc.assert(
      fc.property(observations, (all) => {
        expect(windowOf([...all].reverse())).toEqual(windowOf(all));
      }),
    );
  });

  test('beyond the room, requests of further units are counted as dropped', () => {
    fc.assert(
      fc.property(observations, fc.integer({ min: 0, max: 20 }), (all, unitsMax) => {
        const evidence = all.filter(({ outcome }) => lossOf[outcome] !== null);
        const known = new Set<number>();
        for (const { unit } of evidence) if (known.size < unitsMax) known.add(unit);
        const window = windowOf(all, unitsMax);
        expect(window.losses.error.units).toBe(known.size);
        expect(window.unitsDropped).toBe(evidence.filter(({ unit }) => !known.has(unit)).length);
        expect(window.requests).toBe(all.length);
      }),
    );
  });

  test('closing is only looking: a bucket may be summarised and go on', () => {
    fc.assert(
      fc.property(observations, observations, (first, then) => {
        const bucket = openBucket(key, thresholdsMs, 1_000);
        for (const observation of first) fold(bucket, observation);
        expect(closeBucket(bucket)).toEqual(windowOf(first));
        for (const observation of then) fold(bucket, observation);
        expect(closeBucket(bucket)).toEqual(windowOf([...first, ...then]));
      }),
    );
  });

  test('merging is associative and commutative, and every count adds up', () => {
    const windows = observations.map((all) => windowOf(all));
    fc.assert(
      fc.property(windows, windows, windows, (a, b, c) => {
        const left = mergeWindows(mergeWindows(a, b), c);
        expect(mergeWindows(a, mergeWindows(b, c))).toEqual(left);
        expect(mergeWindows(mergeWindows(c, b), a)).toEqual(left);
        expect(left.requests).toBe(a.requests + b.requests + c.requests);
        const values = Object.values(left.outcomes).reduce((sum, count) => sum + count, 0);
        expect(values).toBe(left.requests);
        const empty = windowOf([]);
        expect(mergeWindows(a, empty)).toEqual(a);
      }),
    );
  });

  test('merging is folding everything in one place when no unit is seen by both', () => {
    fc.assert(
      fc.property(observations, observations, (one, two) => {
        const apart = (all: readonly Observation[], odd: number): readonly Observation[] =>
          all.map((each) => ({ ...each, unit: (each.unit % 2 ** 40) * 2 + odd }));
        const [a, b] = [apart(one, 0), apart(two, 1)];
        expect(mergeWindows(windowOf(a), windowOf(b))).toEqual(windowOf([...a, ...b]));
      }),
    );
  });
});

test('many units, more than the table has room for at first', () => {
  const all = Array.from({ length: 5_000 }, (_, i) => observation({ unit: i * 2 ** 21 + i }));
  const window = windowOf([...all, ...all], 5_000);
  expect(window.losses.error).toEqual({ units: 5_000, sum: 0 });
  expect(window.unitsDropped).toBe(0);
});

test.each([
  { endpoint: 'other' },
  { rollout: null },
  { revision: 4 },
  { arm: 'baseline' },
  { version: 3 },
  { start: instant(0) },
  { bucketMs: 1_000 },
])('windows that differ in %o do not add up', (other) => {
  const window = windowOf([]);
  expect(() => mergeWindows(window, { ...window, ...other })).toThrow(InvariantViolation);
});
