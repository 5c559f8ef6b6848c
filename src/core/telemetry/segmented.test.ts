import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { windowKeySample } from '../../../test/samples.ts';
import type { Thresholds } from '../routing/table.ts';
import { DROP_REASONS } from './copies.ts';
import { closeBucket, fold, foldCopy, openBucket, splitBucket } from './fold.ts';
import { mergeWindows } from './merge.ts';
import { OUTCOMES, type Observation } from './observation.ts';
import type { SegmentFigures, Window } from './window.ts';

const key = windowKeySample({ rollout: 'r-1', revision: 3, arm: 'candidate', version: 2 });
const thresholdsMs: Thresholds = { slow: 20, tail: 50, late: 100 };
const names = ['us', 'eu', 'other'];

type Copied = { readonly segment: number; readonly dropped: (typeof DROP_REASONS)[number] | null };

function windowOf(observations: readonly Observation[], copies: readonly Copied[] = []): Window {
  const bucket = openBucket(key, thresholdsMs, 1_000);
  splitBucket(bucket, names, 1_000);
  for (const observation of observations) fold(bucket, observation);
  for (const { dropped, segment } of copies) foldCopy(bucket, dropped, segment);
  return closeBucket(bucket);
}

const observations = fc.array(
  fc.record({
    unit: fc.nat(8),
    segment: fc.nat(2),
    outcome: fc.constantFrom(...OUTCOMES),
    latencyMs: fc.double({ min: 0, max: 300, noNaN: true }),
    fallback: fc.boolean(),
    compared: fc.record({ rows: fc.nat(3), differing: fc.constant(0) }),
    predicted: fc.record({ label: fc.constantFrom('0', '1'), score: fc.constant(null) }),
  }),
  { maxLength: 30 },
);
const copies = fc.array(
  fc.record({ segment: fc.nat(2), dropped: fc.constantFrom(null, ...DROP_REASONS) }),
  { maxLength: 10 },
);

/** What a window says when nothing else was in it. */
function alone(window: Window, segment: string): SegmentFigures {
  const { predictions: _said, repeated: _again, segments: _parts, ...rest } = window;
  const { endpoint: _e, rollout: _r, revision: _v, arm: _a, version: _n, ...figures } = rest;
  const { start: _s, bucketMs: _b, ...own } = figures;
  return { segment, ...own };
}

describe('the segments of a window', () => {
  test('law: each says what a window of it alone would say', () => {
    fc.assert(
      fc.property(observations, copies, (all, sampled) => {
        const { segments } = windowOf(all, sampled);
        const expected = names.flatMap((segment, index) => {
          const own = all.filter((one) => one.segment === index);
          const seen = sampled.filter((one) => one.segment === index);
          if (own.length + seen.length === 0) return [];
          return [alone(windowOf(own, seen), segment)];
        });
        expect(segments).toEqual(expected.sort((a, b) => (a.segment < b.segment ? -1 : 1)));
      }),
    );
  });

  test('law: they take nothing from the whole', () => {
    fc.assert(
      fc.property(observations, (all) => {
        const { segments = [], ...whole } = windowOf(all);
        const bucket = openBucket(key, thresholdsMs, 1_000);
        for (const observation of all) fold(bucket, observation);
        expect(whole).toEqual(closeBucket(bucket));
        expect(segments.reduce((sum, { requests }) => sum + requests, 0)).toBe(whole.requests);
      }),
    );
  });

  test('law: windows merge in any order, segment by segment', () => {
    fc.assert(
      fc.property(observations, observations, observations, (x, y, z) => {
        const [a, b, c] = [windowOf(x), windowOf(y), windowOf(z)];
        const merged = mergeWindows(mergeWindows(a, b), c);
        expect(mergeWindows(mergeWindows(c, b), a)).toEqual(merged);
        const apart = (all: readonly Observation[], by: number): readonly Observation[] =>
          all.map((one) => ({ ...one, unit: one.unit + by * 10 }));
        const [left, right] = [apart(x, 1), apart(y, 2)];
        const joined = windowOf([...left, ...right]).segments;
        expect(mergeWindows(windowOf(left), windowOf(right)).segments).toEqual(joined);
      }),
    );
  });

  test('are not there where none is declared', () => {
    const bucket = openBucket(key, thresholdsMs, 1_000);
    const observation = { unit: 1, outcome: 'ok', latencyMs: 1, fallback: false } as const;
    fold(bucket, { ...observation, segment: 1 });
    foldCopy(bucket, null, 1);
    expect(closeBucket(bucket)).not.toHaveProperty('segments');
  });
});
