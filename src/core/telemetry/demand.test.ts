import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { after, instant } from '../lib/units.ts';
import { windowSample } from '../../../test/samples.ts';
import { DemandCount, without } from './demand.ts';
import type { Demand, Stretch } from './demand.ts';
import { perLoss } from './window.ts';
import type { Window } from './window.ts';

const HOUR = 3_600_000;
/** Midnight. */
const began = instant(20_000 * 24 * HOUR);

/** An hour's windows: one every ten minutes, `units` in each, of a version. */
const hourOf = (hour: number, units: number, version = 1): readonly Window[] =>
  Array.from({ length: 6 }, (_, i) =>
    windowSample({
      rollout: null,
      version,
      start: after(began, hour * HOUR + i * 600_000),
      bucketMs: 600_000,
      requests: 2 * units,
      losses: perLoss(() => ({ units, sum: version === 1 ? units / 100 : units })),
      latencyMs: [[version === 1 ? 100 : 300, 2 * units]],
    }),
  );

function counted(windows: readonly Window[], hours: number): Demand {
  const count = new DemandCount(1);
  for (const window of windows) count.add(window);
  return count.over([{ from: began, to: after(began, hours * HOUR) }]);
}

describe('what an endpoint is asked', () => {
  test('units over time, and what the version in production does', () => {
    const demand = counted([...hourOf(0, 60), ...hourOf(1, 60, 2)], 2);
    expect(demand).toMatchObject({ units: 720, requests: 1_440, unitsPerSecond: 0.1 });
    expect(demand.errorRate).toBeCloseTo(0.01, 12);
    expect(demand.latencyMs?.p99).toBe(demand.latencyMs?.p50);
    expect(demand.dayShape).toBeNull();
  });

  test('the shape of a day, once every hour of it was seen', () => {
    const windows = Array.from({ length: 24 }, (_, hour) => hourOf(hour, hour < 12 ? 30 : 90));
    const { dayShape, unitsPerSecond } = counted(windows.flat(), 24);
    expect(unitsPerSecond).toBeCloseTo(0.1, 12);
    expect(dayShape).toHaveLength(24);
    expect(dayShape?.[0]).toBeCloseTo(0.5, 12);
    expect(dayShape?.[23]).toBeCloseTo(1.5, 12);
  });

  test('an hour without traffic is an hour seen', () => {
    expect(counted(hourOf(0, 60), 2).unitsPerSecond).toBeCloseTo(0.05, 12);
  });

  test('nothing was counted', () => {
    expect(counted([], 1)).toMatchObject({
      units: 0,
      unitsPerSecond: 0,
      errorRate: null,
      nullRate: null,
      latencyMs: null,
    });
  });
});

test('what is cut out and what is left are the whole, and do not meet', () => {
  const moment = fc.integer({ min: 0, max: 100 });
  const stretch = fc.tuple(moment, moment).map(([a, b]) => ({
    from: instant(Math.min(a, b)),
    to: instant(Math.max(a, b)),
  }));
  fc.assert(
    fc.property(stretch, fc.array(stretch, { maxLength: 6 }), (whole, cuts) => {
      const left = without(whole, cuts);
      const inside = (at: number, all: readonly Stretch[]): boolean =>
        all.some(({ from, to }) => at >= from && at < to);
      for (let at = 0.5; at < 100; at += 1) {
        expect(inside(at, left)).toBe(inside(at, [whole]) && !inside(at, cuts));
      }
    }),
  );
});
