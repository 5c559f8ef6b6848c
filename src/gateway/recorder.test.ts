import { describe, expect, test } from 'vitest';
import { goodObservation } from '../../test/gateway/rig.ts';
import { plainRoute, rolloutRoute } from '../../test/gateway/tables.ts';
import { createVirtualClock } from '../../test/gateway/virtual-clock.ts';
import { WINDOW_BYTES_PER_REPORT_MAX } from '../protocol/feed/wire.ts';
import { Recorder } from './recorder.ts';

const BUCKET_MS = 10_000;
const START = 1_790_000_000_000;

function recording(windowsMax = 100) {
  const clock = createVirtualClock(START);
  const recorder = new Recorder({ clock, unitsMax: 100, windowsMax });
  const slot = recorder.slot(plainRoute(), 0);
  const observe = (unit = 1): void => recorder.observe(slot, goodObservation(unit));
  return { clock, recorder, slot, observe };
}

describe('buckets', () => {
  test('end with the wall clock, and what comes later is in the next', async () => {
    const { clock, recorder, observe } = recording();
    observe(1);
    await clock.pass(BUCKET_MS - 1);
    observe(2);
    expect(recorder.pending().windows).toEqual([]);
    await clock.pass(1);
    observe(3);
    const { windows, through } = recorder.pending();
    expect(windows).toMatchObject([{ start: START, bucketMs: BUCKET_MS, requests: 2 }]);
    expect(through).toBe(START + BUCKET_MS);
  });

  test('a clock set back neither opens a bucket again nor loses a request', async () => {
    const { clock, recorder, observe } = recording();
    observe();
    await clock.pass(BUCKET_MS);
    recorder.tick();
    clock.jump(-5_000);
    observe();
    await clock.pass(3 * BUCKET_MS);
    const { windows } = recorder.pending();
    expect(windows.map(({ start, requests }) => [start - START, requests])).toEqual([
      [0, 1],
      [BUCKET_MS, 1],
    ]);
  });

  test('one meaning has one bucket, over any number of tables', () => {
    const { recorder, slot } = recording();
    expect(recorder.slot(plainRoute(), 0)).toBe(slot);
    expect(recorder.slot(plainRoute({ revision: 2 }), 0)).not.toBe(slot);
    expect(
      recorder.slot(plainRoute({ thresholdsMs: { slow: 1, tail: 2, late: null } }), 0),
    ).not.toBe(slot);
    expect(recorder.slot(rolloutRoute(100), 1)).not.toBe(recorder.slot(rolloutRoute(100), 0));
  });

  test('a unit is new to an arm of a rollout once, whatever stage it is in', async () => {
    const { clock, recorder } = recording();
    const predicted = { label: 'yes', score: null };
    const answer = (revision: number, arm: number): void => {
      const slot = recorder.slot(rolloutRoute(100, { revision }), arm);
      recorder.observe(slot, { ...goodObservation(7), predicted });
    };
    answer(1, 1);
    answer(2, 1);
    answer(2, 0);
    await clock.pass(BUCKET_MS);
    const { windows } = recorder.pending();
    const seen = windows.map(({ arm, revision, predictions, repeated }) => {
      return [arm, revision, predictions?.answers ?? 0, repeated?.answers ?? 0];
    });
    expect(seen).toEqual([
      ['candidate', 1, 1, 0],
      ['candidate', 2, 0, 1],
      ['baseline', 2, 1, 0],
    ]);
  });

  test('are sent in several reports where they are large, none of them lost', async () => {
    const { clock, recorder, slot } = recording(1_000);
    const texts = Array.from({ length: 32 }, (_, i) => `${i}${'é'.repeat(60)}`);
    for (let bucket = 0; bucket < 500; bucket += 1) {
      for (const [unit, label] of texts.entries()) {
        const features = {
          reference: 'sha256:a',
          features: Array.from({ length: 64 }, () => ({ kind: 'number' as const, cuts: [] })),
          read: () => Array.from({ length: 64 }, () => 0),
        };
        const predicted = {
          label,
          score: { kind: 'value' as const, value: 1.1 ** (unit + (bucket % 7)) },
        };
        recorder.observe(slot, { ...goodObservation(unit), predicted, features });
      }
      await clock.pass(BUCKET_MS);
    }
    const sizes: number[] = [];
    for (let sent = 0; sent < 500;) {
      const { windows } = recorder.pending();
      sent += windows.length;
      sizes.push(Buffer.byteLength(JSON.stringify(windows)));
      recorder.confirm(windows);
    }
    expect(recorder.waiting).toBe(0);
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThan(1.1 * WINDOW_BYTES_PER_REPORT_MAX);
  });

  test('of a route that is gone are still closed and sent', async () => {
    const { clock, recorder, slot, observe } = recording();
    observe();
    recorder.keepOnly(new Set());
    await clock.pass(BUCKET_MS);
    expect(recorder.pending().windows).toHaveLength(1);
    recorder.keepOnly(new Set());
    expect(recorder.slot(plainRoute(), 0)).not.toBe(slot);
  });
});

describe('windows', () => {
  const fill = async (count: number, windowsMax: number) => {
    const all = recording(windowsMax);
    for (let n = 0; n < count; n += 1) {
      all.observe();
      await all.clock.pass(BUCKET_MS);
    }
    return all;
  };

  test('wait until they are confirmed', async () => {
    const { recorder } = await fill(3, 100);
    const { windows } = recorder.pending();
    expect(recorder.pending().windows).toEqual(windows);
    recorder.confirm(windows.slice(0, 2));
    expect(recorder.pending().windows).toEqual(windows.slice(2));
  });

  test('beyond their number the oldest are given up, and counted', async () => {
    const { recorder } = await fill(5, 3);
    const { windows } = recorder.pending();
    expect(windows.map(({ start }) => start - START)).toEqual([2, 3, 4].map((n) => n * BUCKET_MS));
    expect(recorder.dropped).toBe(2);
  });

  test('that do not fit into one report hold back the moment that is through', async () => {
    const { recorder } = await fill(600, 1_000);
    const first = recorder.pending();
    expect(first.windows).toHaveLength(512);
    expect(first.through).toBe(START + 513 * BUCKET_MS);
    recorder.confirm(first.windows);
    const second = recorder.pending();
    expect(second.windows).toHaveLength(88);
    expect(second.through).toBe(START + 600 * BUCKET_MS);
  });
});
