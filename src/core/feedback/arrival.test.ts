import { describe, expect, test } from 'vitest';
import { instant } from '../lib/units.ts';
import { compareArrival } from './arrival.ts';
import { noUnits } from './outcome.ts';
import type { ArmOutcome } from './outcome.ts';

type Counts = readonly (readonly [units: number, answered: number])[];

const armOf = (counts: Counts): ArmOutcome => ({
  ...noUnits,
  arm: 'any',
  version: 1,
  provisionalUnits: 0,
  provisional: noUnits,
  epochs: [],
  cohorts: counts.map(([units, answered], n) => ({
    ...noUnits,
    units,
    answered,
    stretch: { start: instant(n * 1_000), widthMs: 1_000 },
  })),
});

describe('how often labels come, arm beside arm', () => {
  const days = <T>(value: T): readonly T[] => Array.from({ length: 10 }, () => value);
  test.for<{
    name: string;
    candidate: Counts;
    baseline: Counts;
    ratio: number;
    isDifferent: boolean;
  }>([
    {
      name: 'alike, at other shares',
      candidate: days([50, 10]),
      baseline: days([950, 190]),
      ratio: 1,
      isDifferent: false,
    },
    {
      name: 'half as often',
      candidate: days([500, 100]),
      baseline: days([500, 200]),
      ratio: 0.5,
      isDifferent: true,
    },
    {
      name: 'half as often, but too few to tell',
      candidate: [[10, 2]],
      baseline: [[10, 4]],
      ratio: 0.5,
      isDifferent: false,
    },
    {
      name: 'alike on each day, though pooled they seem not',
      candidate: [
        [1_000, 500],
        [100, 10],
      ],
      baseline: [
        [100, 50],
        [1_000, 100],
      ],
      ratio: 1,
      isDifferent: false,
    },
  ])('$name', ({ candidate, baseline, ratio, isDifferent }) => {
    const arrival = compareArrival(armOf(candidate), armOf(baseline));
    expect(arrival.ratio).toBeCloseTo(ratio, 9);
    expect(arrival.isDifferent).toBe(isDifferent);
  });

  test('nothing on one side is nothing known', () => {
    const arrival = compareArrival(armOf([[10, 5]]), armOf([]));
    expect(arrival).toMatchObject({ ratio: Number.NaN, isDifferent: false });
  });
});
